package jobs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const groups = `code,name,type
0042,Meters NL,live
P1,Factory stock,pending
G-7,Trucks,Live
S1,Parked,suspended
dup1,Twins,pending
dup2,Twins,live
`

func readCatalog(t *testing.T, text string) *Catalog {
	t.Helper()
	c, err := ReadCatalog(strings.NewReader(text), "groups.csv")
	require.NoError(t, err)
	return c
}

func TestReadCatalogTolerates(t *testing.T) {
	for name, text := range map[string]string{
		"byte order mark":      "\ufeffcode,name,type\n0042,Meters NL,live\n",
		"semicolons and CRLF":  "code;name;type\r\n0042;Meters NL;live\r\n",
		"UTF-16":               "\xff\xfec\x00o\x00d\x00e\x00\t\x00n\x00a\x00m\x00e\x00\t\x00t\x00y\x00p\x00e\x00\n\x000\x000\x004\x002\x00\t\x00M\x00e\x00t\x00e\x00r\x00s\x00 \x00N\x00L\x00\t\x00l\x00i\x00v\x00e\x00",
		"order and case":       "Type, CODE ,Comment,Name\nLIVE, 0042 ,x,Meters NL\n",
		"blank and empty rows": "\ncode,name,type\n\n,,\n0042,Meters NL,live\n",
		"the same twice":       "code,name,type\n0042,Meters NL,live\n0042,Meters NL,Live\n",
		"bare formula":         "code,name,type\n=\"0042\",=\"Meters NL\",live\n",
		"spare empty fields":   "code,name,type\n0042,Meters NL,live,,\n",
		"fields left out":      "code,name,type,comment,owner\n0042,Meters NL,live\n",
		"end-of-file of DOS":   "code,name,type\r\n0042,Meters NL,live\r\n\x1a",
		"PowerShell's line":    "#TYPE Selected.PSCustomObject\r\n\"code\",\"name\",\"type\"\r\n\"0042\",\"Meters NL\",\"live\"\r\n",
		"sep line":             "sep=;\ncode;name;type\n0042;Meters NL;live\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := readCatalog(t, text)
			require.Equal(t, 1, c.Len())
			e, found := c.Group("0042")
			require.True(t, found)
			require.Equal(t, CatalogEntry{"0042", "Meters NL", LiveGroup}, e)
			require.Nil(t, c.CheckTarget("0042"))
		})
	}
}

func TestReadCatalogErrors(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"empty", "", "groups.csv: the file is empty"},
		{"no header", "0042,Meters,live\n", `line 1: the header needs code, name and type once each`},
		{"column twice", "code,code,name,type\n", "once each"},
		{"type unknown", "code,name,type\n\nA,a,live\nB,\"b\nb\",alive\n", `line 4: the type of group "B" is "alive"; it must be pending, live or suspended`},
		{"type missing", "code,name,type\nA,a,\n", `line 2: the type of group "A" is ""`},
		{"no code", "code,name,type\nA,\"a\nb\",live\n ,b,live\n", "line 4: the group has no code"},
		{"other data", "code,name,type\nA,a,live\nB,b,live\nA,a,pending\n", `line 4: group "A" is on line 2 already`},
		{"field count", "code,name,type\nA,a,live\n\nB,b\n", "line 4: there are 2 fields where the header has 3"},
		{"one field too many", "code,name,type\nA,a,live,,x\n", "line 2: there are 5 fields where the header has 3"},
		{"its type left out", "code,name,comment,type\nA,a\n", "line 2: there are 2 fields where the header has 4"},
		{"a stray byte", "code,name,type\nA,Köln,live\nB,M\xFCnchen,live\n", "line 3, column 4: the byte FC is not UTF-8"},
		{"NUL bytes", "code,name,type\nA,a,live\n\x00\x00", "line 3, column 1: the file has NUL bytes"},
		{"titles", "Groups,,\ncode,name,type\n", "(line 2 looks like it: delete what stands above)"},
		{"JSON", `[{"code":"A"}]`, "the file is JSON; a catalogue is CSV"},
		{"a web page", "<html><table>", "a web page (HTML)"},
		{"a workbook", "PK\x03\x04\x00", "the file is a workbook or an archive; a catalogue is CSV"},
		{"a PDF", "%PDF-1.7", "the file is a PDF"},
		{"broken quote", "code,name,type\nA,a,live\nB,b\"x,live\n", "line 3: a quote is broken"},
		{"quote never closed", "code,name,type\nA,\"a,live\nB,b,live\n", "line 2: a quote is broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadCatalog(strings.NewReader(c.text), "groups.csv")
			require.ErrorContains(t, err, "reading the catalogue groups.csv")
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestCatalogNotes(t *testing.T) {
	require.Empty(t, readCatalog(t, groups).Notes)
	notes := readCatalog(t, "code,name,type\nA,K\xF6ln,live\nB,M\xFCnchen,live\n").Notes
	require.Len(t, notes, 1)
	require.Contains(t, notes[0], "the catalogue groups.csv: the file is not UTF-8 (from line 2, column 4 on) and is read as Windows-1252")
}

func TestCheckTarget(t *testing.T) {
	catalog := readCatalog(t, groups)
	for _, c := range []struct {
		name, group string
		code        Code
		says        string
	}{
		{"live", "0042", "", ""},
		{"live, other case in the file", "G-7", "", ""},
		{"pending", "P1", GroupNotLive, "Group P1 (Factory stock) is pending"},
		{"suspended", "S1", GroupNotLive, "is suspended"},
		{"a name", "meters  nl", GroupUnknown, "it is the name of group 0042. Write the code."},
		{"a name of two", "Twins", GroupUnknown, "it is the name of group dup1, and of group dup2"},
		{"zeros lost", "42", GroupUnknown, `group "0042" is. If that is meant`},
		{"zeros gained", "000042", GroupUnknown, `group "0042" is`},
		{"case", "g-7", GroupUnknown, `group "G-7" is`},
		{"unknown", "X", GroupUnknown, `Group "X" is not in the catalogue. Use a code`},
	} {
		t.Run(c.name, func(t *testing.T) {
			requireFault(t, catalog.CheckTarget(c.group), c.code, c.says)
		})
	}
}

func TestCheckCurrent(t *testing.T) {
	catalog := readCatalog(t, groups)
	for _, c := range []struct {
		name, group string
		code        Code
		says        string
	}{
		{"not given", "", "", ""},
		{"pending code", "P1", "", ""},
		{"pending name", "factory stock", "", ""},
		{"live code", "0042", SIMNotPending, "The SIM is in group 0042 (Meters NL), which is live"},
		{"live name", "Trucks", SIMNotPending, "G-7 (Trucks)"},
		{"a name of a pending and a live one", "Twins", SIMNotPending, "dup2"},
		{"unknown", "X", GroupUnknown, `The SIM's current group "X" is not in the catalogue`},
		{"zeros lost", "42", GroupUnknown, `group "0042" is`},
	} {
		t.Run(c.name, func(t *testing.T) {
			requireFault(t, catalog.CheckCurrent(c.group), c.code, c.says)
		})
	}
}

func requireFault(t *testing.T, f *Fault, code Code, says string) {
	t.Helper()
	if code == "" {
		require.Nil(t, f)
		return
	}
	require.NotNil(t, f)
	require.Equal(t, Rejected, f.Outcome)
	require.Equal(t, code, f.Code)
	require.Contains(t, f.Text, says)
}
