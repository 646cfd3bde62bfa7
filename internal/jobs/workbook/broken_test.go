package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

func requireUnreadable(t *testing.T, err error, says string) {
	t.Helper()
	var u *Unreadable
	require.True(t, errors.As(err, &u), "%v", err)
	require.Contains(t, u.Text, says)
	require.NotEmpty(t, u.Hint)
	require.NotContains(t, u.Text, "\n")
}

func TestBrokenSheets(t *testing.T) {
	for _, c := range []struct{ name, sheet, says string }{
		{"a text that is not there", `<row r="1"><c t="s"><v>4</v></c></row>`, "cell A1: it refers to a text"},
		{"a row twice", `<row r="2"><c><v>1</v></c></row><row r="3"><c><v>1</v></c></row><row r="2"><c><v>2</v></c></row>`, "row 2 stands in it twice"},
		{"a cell twice", `<row r="2"><c r="B2"><v>1</v></c><c r="B2"><v>2</v></c></row>`, "row 2: cell B2 stands in it twice"},
		{"a row before the first", `<row r="0"/>`, "row 0"},
		{"bytes that are no text", "<row r=\"1\"><c t=\"str\"><v>a\xffb</v></c></row>", "a text in it is not UTF-8"},
		{"a row too many", `<row r="1048577"/>`, "row 1048577"},
		{"a column too many", `<row r="1"><c r="XFE1"><v>1</v></c></row>`, "column 16385"},
		{"an unknown kind", `<row r="1"><c t="zz"><v>1</v></c></row>`, "unknown kind"},
		{"a document type", `<!DOCTYPE x>`, "document type"},
		{"an endless text", `<row r="1"><c t="str"><v>` + strings.Repeat("x", longestText+1), "longer than a megabyte"},
		{"a tag without an end", `<row r="1"><c t="`, "not well formed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := all(parts(c.sheet, nil))
			requireUnreadable(t, err, `sheet "One" of the workbook is broken`)
			requireUnreadable(t, err, c.says)
		})
	}
	for name, sheet := range map[string]string{
		"cut in a row": `<worksheet><sheetData><row r="1"><c><v>1</v></c>`, "cut in a cell": `<worksheet><sheetData><row r="1"><c><v>1`,
		"cut after the rows": `<worksheet><sheetData><row r="1"><c><v>1</v></c></row></sheetData>`, "empty": " ",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := all(parts("", map[string]string{"xl/worksheets/sheet1.xml": sheet}))
			requireUnreadable(t, err, "it ends in the middle")
		})
	}
	_, err := all(parts("", map[string]string{"xl/worksheets/sheet1.xml": `<?xml version="1.0" encoding="EBCDIC-9"?><worksheet/>`}))
	requireUnreadable(t, err, `its XML is written in "EBCDIC-9", which is not known`)
}

// One wrong byte in the compressed rows is noticed, if only by the checksum.
func TestDamagedSheet(t *testing.T) {
	var sheet strings.Builder
	for range 2000 {
		sheet.WriteString(`<row><c t="str"><v>` + sim + `</v></c></row>`)
	}
	content := parts("", map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><sheetData>` + sheet.String() + `</sheetData></worksheet>`})
	b, err := open(content)
	require.NoError(t, err)
	offset, err := b.Sheets[0].part.DataOffset()
	require.NoError(t, err)
	content[offset+int64(b.Sheets[0].part.CompressedSize64)/2] ^= 0x55
	_, err = all(content)
	requireUnreadable(t, err, "is broken")
}

func TestUnreadable(t *testing.T) {
	ole := oleMagic + strings.Repeat("\x00", 70_000)
	for _, c := range []struct {
		name    string
		content []byte
		says    string
	}{
		{"not a zip", []byte(zipMagic + "xx"), "looks like a workbook but is broken"},
		{"an archive", parts("", map[string]string{"xl/workbook.xml": ""}), "an archive"},
		{"a binary workbook", parts("", map[string]string{"_rels/.rels": `<R><Relationship Type="x/officeDocument" Target="/xl/workbook.bin"/></R>`}), ".xlsb"},
		{"OpenDocument", parts("", map[string]string{"xl/workbook.xml": "", "content.xml": "<x/>", "mimetype": "x"}), ".ods"},
		{"Numbers", parts("", map[string]string{"xl/workbook.xml": "", "Index/Document.iwa": "x"}), "Numbers"},
		{"an old workbook", []byte(ole), ".xls"},
		{"a protected workbook", []byte(ole + string(utf16("EncryptedPackage")) + strings.Repeat("\x00", 70_000)), "protected by a password"},
		{"a missing sheet", parts("", map[string]string{"xl/worksheets/sheet1.xml": ""}), `the sheet "One" is missing`},
		{"no list of links", parts("", map[string]string{"xl/_rels/workbook.xml.rels": ""}), "workbook.xml.rels"},
		{"no list of sheets", parts("", map[string]string{"xl/workbook.xml": "<workbook"}), "workbook.xml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.True(t, Recognises(c.content[:MagicSize-2]) || Recognises(c.content))
			_, err := open(c.content)
			requireUnreadable(t, err, c.says)
		})
	}
	require.False(t, Recognises([]byte("iccid,ac")))
	require.False(t, Recognises(nil))
}

// A workbook that excelize has encrypted is a compound file.
func TestEncrypted(t *testing.T) {
	f := excelize.NewFile()
	var out bytes.Buffer
	require.NoError(t, f.Write(&out, excelize.Options{Password: "x"}))
	require.True(t, Recognises(out.Bytes()[:MagicSize]))
	_, err := open(out.Bytes())
	requireUnreadable(t, err, "protected by a password")
}

// One other digit, in a sheet that is not compressed, is noticed by the checksum
// alone; before any of its rows is used.
func TestChangedSheet(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	content := parts(`<row r="1"><c t="str"><v>`+sim+`</v></c></row>`, nil)
	whole, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	require.NoError(t, err)
	for _, part := range whole.File {
		w, err := z.CreateHeader(&zip.FileHeader{Name: part.Name, Method: zip.Store})
		require.NoError(t, err)
		r, err := part.Open()
		require.NoError(t, err)
		_, err = io.Copy(w, r)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	rows, err := all(out.Bytes())
	require.NoError(t, err)
	require.Equal(t, []string{sim}, rows[0].Cells)
	changed := bytes.Replace(out.Bytes(), []byte(sim), []byte(strings.Replace(sim, "7", "1", 1)), 1)
	rows, err = all(changed)
	requireUnreadable(t, err, "is broken: zip: checksum error")
	require.Empty(t, rows)
}
