package workbook

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

const sim = "8944500000000700019"

// parts are those of a small workbook; a test replaces some.
func parts(sheet string, others map[string]string) []byte {
	all := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
			`<sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": `<worksheet><sheetData>` + sheet + `</sheetData></worksheet>`,
	}
	for name, text := range others {
		all[name] = text
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range all {
		if text == "" {
			continue
		}
		w, err := z.Create(name)
		if err != nil {
			panic(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func open(content []byte) (*Book, error) {
	return Open(bytes.NewReader(content), int64(len(content)))
}

// all reads the first sheet.
func all(content []byte) (rows []Row, err error) {
	b, err := open(content)
	if err != nil {
		return nil, err
	}
	for row, err := range b.Rows(b.Sheets[0]) {
		if err != nil {
			return rows, err
		}
		row.Cells, row.Unsolved = slices.Clone(row.Cells), slices.Clone(row.Unsolved)
		rows = append(rows, row)
	}
	return rows, nil
}

func TestCells(t *testing.T) {
	for _, c := range []struct{ name, cell, want string }{
		{"inline text", `<c t="inlineStr"><is><t>` + sim + `</t></is></c>`, sim},
		{"rich text", `<c t="inlineStr"><is><r><rPr><b/></rPr><t>894450</t></r><r><t xml:space="preserve"> 0000</t></r></is></c>`, "894450 0000"},
		{"phonetic hints are no text", `<c t="inlineStr"><is><t>課</t><rPh sb="0" eb="1"><t>カ</t></rPh></is></c>`, "課"},
		{"result of a formula", `<c t="str"><f>A1&amp;"x"</f><v>a&lt;b</v></c>`, "a<b"},
		{"escapes", `<c t="str"><v>&quot;&apos;&gt;&#228;&#xE4;_x0041__x005F_x &nope; &amp;lt;</v></c>`, `"'>ääA_x &nope; &lt;`},
		{"lines", "<c t=\"str\"><v>a\r\nb\rc_x000D_</v></c>", "a\nb\nc\r"},
		{"character data", `<c t="str"><v><![CDATA[a<b & c>]]></v></c>`, "a<b & c>"},
		{"a comment", `<c t="str"><v>a<!-- > -- x -->b</v></c>`, "ab"},
		{"a > in an attribute", `<c cm="a>b" t='str'><v>x</v></c>`, "x"},
		{"a prefix", `<x:c t="str"><x:v>x</x:v></x:c>`, "x"},
		{"true", `<c t="b"><v>1</v></c>`, "TRUE"},
		{"false", `<c t="b"><v>0</v></c>`, "FALSE"},
		{"an error", `<c t="e"><v>#N/A</v></c>`, "#N/A"},
		{"a date in words", `<c t="d"><v>2026-03-01T10:00:00</v></c>`, "2026-03-01T10:00:00"},
		{"no value", `<c s="1"/><c t="n"></c><c><v></v></c>`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := all(parts(`<row r="1">`+c.cell+`</row>`, nil))
			require.NoError(t, err)
			if c.want == "" {
				require.Empty(t, rows)
				return
			}
			require.Equal(t, []string{c.want}, rows[0].Cells)
		})
	}
}

// A number is given with the digits that it has, and one with as many digits as
// an ICCID in a way that nobody takes for one.
func TestNumbers(t *testing.T) {
	for raw, want := range map[string]string{
		"42": "42", "-7": "-7", "0": "0", "1.5": "1.5", "0.1": "0.1", "1.1000000000000001": "1.1", "12.300000000000001": "12.3",
		"1E+2": "100", "1.5E-7": "1.5E-07", "356938035643809": "356938035643809", "3.56938035643809E+14": "356938035643809",
		"1E+14": "100000000000000", "1234567890123456": "1234567890123456", "1.2345678901234560E+15": "1234567890123456",
		"12345678901234567": "12345678901234567", " 42 ": "42", "nonsense": "nonsense", "": "",
		sim:                       "8.9445000000007E+18",
		"8944120000000000000":     "8.94412E+18",
		"8.94412E+18":             "8.94412E+18",
		"8.9441200000000005E+18":  "8.94412E+18",
		"89445000000007000190":    "8.9445000000007E+19",
		"-8944500000000700019":    "-8.9445000000007E+18",
		"8944500000000700019.000": "8.9445000000007E+18",
	} {
		t.Run(raw, func(t *testing.T) {
			rows, err := all(parts(`<row r="1"><c r="A1"><v>`+raw+`</v></c><c r="B1" t="n"><v>1</v></c></row>`, nil))
			require.NoError(t, err)
			require.Equal(t, []string{want, "1"}, rows[0].Cells)
		})
	}
}

func TestPlaces(t *testing.T) {
	rows, err := all(parts(`<row r="3" hidden="1"><c r="C3"><v>1</v></c><c><v>2</v></c></row>`+
		`<row><c><v>3</v></c><c r="AA4"><v>4</v></c></row><row r="9"/><row r="10"><c r="B10" s="4"/></row>`+
		`<row r="12"><c r="B12"><f>A1</f></c></row><row r="13"><c><f>A1</f><v>7</v></c></row>`, nil))
	require.NoError(t, err)
	require.Len(t, rows, 4)
	require.Equal(t, 3, rows[0].Number)
	require.True(t, rows[0].Hidden)
	require.Equal(t, []string{"", "", "1", "2"}, rows[0].Cells)
	require.Equal(t, 4, rows[1].Number)
	require.Len(t, rows[1].Cells, 27)
	require.Equal(t, "4", rows[1].Cells[26])
	require.Equal(t, 12, rows[2].Number)
	require.Empty(t, rows[2].Cells)
	require.Equal(t, []int{1}, rows[2].Unsolved)
	require.Equal(t, []string{"7"}, rows[3].Cells)
	require.Empty(t, rows[3].Unsolved)
}

func TestReference(t *testing.T) {
	for want, column := range map[string]int{"A1": 0, "Z1": 25, "AA1": 26, "AZ1": 51, "BA1": 52, "ZZ1": 701, "AAA1": 702, "XFD1": MaxColumns - 1} {
		require.Equal(t, want, Reference(column, 1))
		require.Equal(t, column, columnOf([]byte(want)))
	}
	require.Equal(t, -1, columnOf([]byte("17")))
}

func bytesOf(t testing.TB, f *excelize.File) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, f.Write(&out))
	require.NoError(t, f.Close())
	return out.Bytes()
}

func TestSharedTexts(t *testing.T) {
	f := excelize.NewFile()
	require.NoError(t, f.SetSheetRow("Sheet1", "A1", &[]any{sim, "a & b", "", " x\ny ", sim, 12, true}))
	_, err := f.NewSheet("Two")
	require.NoError(t, err)
	require.NoError(t, f.SetSheetVisible("Two", false))
	content := bytesOf(t, f)
	rows, err := all(content)
	require.NoError(t, err)
	require.Equal(t, []string{sim, "a & b", "", " x\ny ", sim, "12", "TRUE"}, rows[0].Cells)
	b, err := open(content)
	require.NoError(t, err)
	require.Equal(t, "Two", b.Sheets[1].Name)
	require.Equal(t, []bool{false, true}, []bool{b.Sheets[0].Hidden, b.Sheets[1].Hidden})
}

// FuzzSheet: whatever the markup, reading ends, and what is read is sound.
func FuzzSheet(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>`)
	f.Add(`<row r="3" hidden="1"><c r="C3"><v>8.9E+18</v></c><c><f>a>b</f></c></row>`)
	f.Add(`<row><c t="str"><v>&amp;_x0041_<![CDATA[<]]></v></c></row><!-- x -->`)
	f.Add(`<row><c a='>' t="b"><v>1</v></c></row></sheetData></worksheet>`)
	f.Fuzz(func(t *testing.T, sheet string) {
		rows, err := all(parts(sheet, nil))
		if err != nil {
			requireUnreadable(t, err, "")
		}
		last := 0
		for _, row := range rows {
			require.Greater(t, row.Number, last)
			last = row.Number
			require.LessOrEqual(t, len(row.Cells), MaxColumns)
			require.True(t, len(row.Unsolved) > 0 || row.Cells[len(row.Cells)-1] != "")
		}
	})
}

func BenchmarkRows(b *testing.B) {
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	require.NoError(b, err)
	const n = 20_000
	for i := range n {
		require.NoError(b, w.SetRow(Reference(0, i+1), []any{sim, "query_status", "", "PO-17", "meter", "Rotterdam"}))
	}
	require.NoError(b, w.Flush())
	book, err := open(bytesOf(b, f))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		rows := 0
		for _, err := range book.Rows(book.Sheets[0]) {
			require.NoError(b, err)
			rows++
		}
		require.Equal(b, n, rows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
}
