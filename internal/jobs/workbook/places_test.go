package workbook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// in16 is a text in UTF-16 with a byte order mark.
func in16(text string, bigEndian bool) string {
	var b strings.Builder
	for _, r := range "\uFEFF" + text {
		low, high := byte(r), byte(r>>8)
		if bigEndian {
			low, high = high, low
		}
		b.WriteByte(low)
		b.WriteByte(high)
	}
	return b.String()
}

const oneCell = `<row r="1"><c r="A1" t="inlineStr"><is><t>Köln</t></is></c></row>`

func sheetXML(declaration, rows string) string {
	return declaration + `<worksheet><sheetData>` + rows + `</sheetData></worksheet>`
}

// Parts may stand anywhere, be written in any encoding that XML names, and be
// missing where nothing needs them.
func TestWhereverThePartsAre(t *testing.T) {
	const rel = `<Relationships><Relationship Id="%s" Type="http://x/%s" Target="%s"/></Relationships>`
	workbook := `<workbook xmlns:r="x"><sheets><sheet name="One" r:id="rId1"/></sheets></workbook>`
	link := func(target string) string { return fmt.Sprintf(rel, "rId1", "worksheet", target) }
	main := func(target string) string { return fmt.Sprintf(rel, "rId1", "officeDocument", target) }
	for _, c := range []struct {
		name  string
		parts map[string]string
	}{
		{"the usual places", nil},
		{"in the root", map[string]string{"_rels/.rels": main("workbook.xml"), "workbook.xml": workbook, "_rels/workbook.xml.rels": link("sheet.xml"), "sheet.xml": sheetXML("", oneCell)}},
		{"in another folder, by absolute names", map[string]string{"_rels/.rels": main("/book/b.xml"), "book/b.xml": workbook, "book/_rels/b.xml.rels": link("/data/s.xml"), "data/s.xml": sheetXML("", oneCell)}},
		{"in a folder above", map[string]string{"_rels/.rels": main("a/b/book.xml"), "a/b/book.xml": workbook, "a/b/_rels/book.xml.rels": link("../s.xml"), "a/s.xml": sheetXML("", oneCell)}},
		{"with backslashes and capitals", map[string]string{"xl/_rels/workbook.xml.rels": link(`WorkSheets\Sheet1.xml`)}},
		{"without the list of kinds", map[string]string{"[Content_Types].xml": ""}},
		{"without the list of all parts", map[string]string{"_rels/.rels": ""}},
		{"texts and styles listed and missing", map[string]string{"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://x/styles" Target="styles.xml"/></Relationships>`}},
		{"a sheet in UTF-16", map[string]string{"xl/worksheets/sheet1.xml": in16(sheetXML(`<?xml version="1.0" encoding="UTF-16"?>`, oneCell), false)}},
		{"a sheet in UTF-16, the other way round", map[string]string{"xl/worksheets/sheet1.xml": in16(sheetXML("", oneCell), true)}},
		{"a sheet in UTF-16 without a mark", map[string]string{"xl/worksheets/sheet1.xml": in16(sheetXML("", oneCell), false)[2:]}},
		{"a sheet in Windows-1252", map[string]string{"xl/worksheets/sheet1.xml": strings.Replace(sheetXML(`<?xml version="1.0" encoding="windows-1252"?>`, oneCell), "ö", "\xF6", 1)}},
		{"a sheet with a mark of UTF-8", map[string]string{"xl/worksheets/sheet1.xml": "\uFEFF" + sheetXML(`<?xml version='1.0' encoding='utf-8'?>`, oneCell)}},
		{"all of it in UTF-16", map[string]string{
			"_rels/.rels":                in16(`<?xml version="1.0" encoding="UTF-16"?>`+main("xl/workbook.xml"), false),
			"xl/workbook.xml":            in16(`<?xml version="1.0" encoding="UTF-16"?>`+workbook, false),
			"xl/_rels/workbook.xml.rels": in16(link("worksheets/sheet1.xml"), true),
		}},
		{"another sheet missing", map[string]string{"xl/workbook.xml": `<workbook xmlns:r="x"><sheets><sheet name="Gone" r:id="rId9"/><sheet name="One" r:id="rId1"/></sheets></workbook>`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, err := all(parts(oneCell, c.parts))
			require.NoError(t, err)
			require.Len(t, rows, 1)
			require.Equal(t, []string{"Köln"}, rows[0].Cells)
		})
	}
	b, err := open(parts(oneCell, map[string]string{"xl/workbook.xml": `<workbook xmlns:r="x"><sheets><sheet name="Gone" r:id="rId9"/><sheet name="One" r:id="rId1"/></sheets></workbook>`}))
	require.NoError(t, err)
	require.Equal(t, []string{"Gone"}, b.Missing)
	require.Empty(t, b.Notes)
	b, err = open(parts(oneCell, map[string]string{"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId3" Type="http://x/styles" Target="styles.xml"/></Relationships>`, "xl/styles.xml": "<styleSheet"}))
	require.NoError(t, err)
	require.Len(t, b.Notes, 1)
}

// Rows and cells come out in the order of the sheet, whatever that of the file.
func TestOutOfOrder(t *testing.T) {
	rows, err := all(parts(`<row r="3"><c r="B3"><v>5</v></c><c r="A3"><v>4</v></c></row><row r="7"/><row r="1"><c r="A1"><v>1</v></c></row><row><c><f>A1</f></c><c><v>3</v></c></row>`, nil))
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Equal(t, []int{1, 2, 3}, []int{rows[0].Number, rows[1].Number, rows[2].Number})
	require.Equal(t, [][]string{{"1"}, {"", "3"}, {"4", "5"}}, [][]string{rows[0].Cells, rows[1].Cells, rows[2].Cells})
	require.Equal(t, []int{0}, rows[1].Unsolved)
}

// Whose result counts: not an empty one of a program that does not calculate, nor
// any where all are to be calculated on opening; but an empty text is a result.
func TestFormulas(t *testing.T) {
	for _, c := range []struct {
		name, cell string
		fresh      bool // the result counts
		text       string
	}{
		{"calculated", `<c t="str"><f>A1</f><v>x</v></c>`, true, "x"},
		{"calculated to a number", `<c><f>A1</f><v>0</v></c>`, true, "0"},
		{"calculated to an empty text", `<c t="str"><f>A1</f><v></v></c>`, true, ""},
		{"calculated to an empty text, in short", `<c t="str"><f>A1</f><v/></c>`, true, ""},
		{"calculated to an error", `<c t="e"><f>A1</f><v>#REF!</v></c>`, true, "#REF!"},
		{"an empty value", `<c><f>A1</f><v></v></c>`, false, ""},
		{"an empty value, in short", `<c><f>A1</f><v/></c>`, false, ""},
		{"no value", `<c><f>A1</f></c>`, false, ""},
		{"no value of a text", `<c t="str"><f>A1</f></c>`, false, ""},
		{"shared, no value", `<c><f t="shared" si="0"/></c>`, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, onLoad := range []bool{false, true} {
				main := `<workbook xmlns:r="x"><sheets><sheet name="One" r:id="rId1"/></sheets>` + map[bool]string{true: `<calcPr fullCalcOnLoad="1"/>`}[onLoad] + `</workbook>`
				rows, err := all(parts(`<row r="1">`+c.cell+`<c r="C1"><v>1</v></c></row>`, map[string]string{"xl/workbook.xml": main}))
				require.NoError(t, err)
				require.Equal(t, []string{c.text, "", "1"}, rows[0].Cells)
				require.Equal(t, c.fresh && !onLoad, len(rows[0].Unsolved) == 0)
			}
		})
	}
}

func TestMerges(t *testing.T) {
	b, err := open(parts("", map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><sheetData/><mergeCells count="9"><mergeCell ref="D5:E6"/><mergeCell ref="$A$2:$A$7"/>` +
		`<mergeCell ref="B1"/><mergeCell ref="B3:A1"/><mergeCell ref="A1:A9999999"/><mergeCell/></mergeCells></worksheet>`}))
	require.NoError(t, err)
	areas, err := b.Merges(b.Sheets[0])
	require.NoError(t, err)
	require.Equal(t, []Area{{2, 0, 7, 0}, {5, 3, 6, 4}}, areas)
}

// As Google Sheets exports a table, and as Excel writes one: names of parts,
// prefixes and attributes are those of such files.
func TestShapesOfOtherPrograms(t *testing.T) {
	const texts = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="2" uniqueCount="2"><si><t>` + sim + `</t></si><si><t xml:space="preserve">Köln </t></si></sst>`
	google := map[string]string{
		"xl/workbook.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mx="http://schemas.microsoft.com/office/mac/excel/2008/main">` +
			`<workbookPr/><sheets><sheet state="visible" name="Sheet1" sheetId="1" r:id="rId4"/></sheets><definedNames/><calcPr/></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>` +
			`<Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/sharedStrings.xml": texts,
		"xl/worksheets/sheet1.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr><outlinePr summaryBelow="0" summaryRight="0"/></sheetPr><sheetFormatPr customHeight="1" defaultColWidth="12.63" defaultRowHeight="15.75"/>` +
			`<sheetData><row r="1"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1" s="1" t="s"><v>1</v></c><c r="C1" s="2" t="str"><f t="shared" ref="C1:C2" si="1">IF(B1="Kiel","L100","L200")</f><v>L200</v></c></row></sheetData><drawing r:id="rId1"/></worksheet>`,
	}
	excel := map[string]string{
		"xl/workbook.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x15">` +
			`<fileVersion appName="xl" lastEdited="7" lowestEdited="7" rupBuild="27425"/><workbookPr defaultThemeVersion="166925"/><mc:AlternateContent><mc:Choice Requires="x15"><x15ac:absPath xmlns:x15ac="x" url="C:\"/></mc:Choice></mc:AlternateContent>` +
			`<bookViews><workbookView xWindow="-120"/></bookViews><sheets><sheet name="Tabelle1" sheetId="1" r:id="rId1"/></sheets><calcPr calcId="191029"/></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId4" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>` +
			`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/sharedStrings.xml": texts,
		"xl/worksheets/sheet1.xml": `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n" + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:x14ac="y" mc:Ignorable="x14ac xr" xr:uid="{00000000-0001-0000-0000-000000000000}"><dimension ref="A1:C1"/>` +
			`<sheetViews><sheetView tabSelected="1" workbookViewId="0"><selection activeCell="B2" sqref="B2"/></sheetView></sheetViews><sheetFormatPr baseColWidth="10" defaultRowHeight="15" x14ac:dyDescent="0.25"/><cols><col min="1" max="1" width="22" customWidth="1"/></cols>` +
			`<sheetData><row r="1" spans="1:3" x14ac:dyDescent="0.25"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="str"><f>IF(B1="Kiel","L100","L200")</f><v>L200</v></c></row></sheetData><pageMargins left="0.7"/></worksheet>`,
	}
	for name, files := range map[string]map[string]string{"Google Sheets": google, "Excel": excel} {
		t.Run(name, func(t *testing.T) {
			rows, err := all(parts("", files))
			require.NoError(t, err)
			require.Len(t, rows, 1)
			require.Equal(t, []string{sim, "Köln ", "L200"}, rows[0].Cells)
			require.Empty(t, rows[0].Unsolved)
		})
	}
}

func TestNotAWorkbook(t *testing.T) {
	main := func(target string) map[string]string {
		return map[string]string{"_rels/.rels": `<R><Relationship Type="x/officeDocument" Target="` + target + `"/></R>`}
	}
	for says, files := range map[string]map[string]string{
		"a text document (.docx)": main("word/document.xml"),
		"a presentation (.pptx)":  main("ppt/presentation.xml"),
		"is no workbook but":      {"xl/workbook.xml": "<document/>"},
	} {
		_, err := open(parts("", files))
		requireUnreadable(t, err, says)
	}
	_, err := open(parts("", map[string]string{"xl/Workbook.xml": "<workbook/>"}))
	requireUnreadable(t, err, "two of its parts are called xl/workbook.xml")
}

func TestHiddenColumns(t *testing.T) {
	b, err := open(parts("", map[string]string{"xl/worksheets/sheet1.xml": `<worksheet><cols><col min="1" max="2" width="9" hidden="false"/><col min="3" max="5" hidden="1"/>` +
		`<col min="9" max="16384" hidden="true"/><col hidden="1"/></cols><sheetData/></worksheet>`}))
	require.NoError(t, err)
	columns, err := b.HiddenColumns(b.Sheets[0], 10)
	require.NoError(t, err)
	require.Equal(t, []int{2, 3, 4, 8, 9}, columns)
}
