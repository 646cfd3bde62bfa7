package input

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"bulk/internal/jobs"
	"bulk/internal/jobs/workbook"
)

// sheets makes a workbook of these sheets, in this order.
type sheetOf struct {
	name   string
	hidden bool
	rows   [][]any
}

func sheets(t testing.TB, all ...sheetOf) string {
	t.Helper()
	f := excelize.NewFile()
	for i, s := range all {
		if i == 0 {
			require.NoError(t, f.SetSheetName("Sheet1", s.name))
		} else {
			_, err := f.NewSheet(s.name)
			require.NoError(t, err)
		}
		fill(t, f, s.name, s.rows...)
	}
	for i, s := range all {
		if !s.hidden {
			f.SetActiveSheet(i)
		}
	}
	for _, s := range all {
		if s.hidden {
			require.NoError(t, f.SetSheetVisible(s.name, false))
		}
	}
	return string(written(t, f))
}

// Where a row of any of several sheets cannot be undone, nobody chooses one for
// the person; reads are done from the first.
func TestSeveralSheets(t *testing.T) {
	header := []any{"iccid", "action", "group"}
	read1, read2 := [][]any{header, {sim1, "query_status"}}, [][]any{header, {sim2, "query_status"}}
	change := [][]any{header, {sim3, "query_status"}, {sim2, "set_aa_group", "A"}}
	bare := [][]any{{"iccid"}, {sim2}}
	titled := [][]any{{"New order"}, {nil}, header, {sim2, "set_aa_group", "A"}}
	for _, c := range []struct {
		name    string
		sheets  []sheetOf
		options Options
		chosen  string // its first ICCID; empty: refused
		says    string // the refusal, or a note
	}{
		{"reads", []sheetOf{{"A", false, read1}, {"B", false, read2}}, Options{}, sim1, `"A" is read and "B" not (--sheet NAME reads another)`},
		{"a change in the second", []sheetOf{{"A", false, read1}, {"B", false, change}}, Options{}, "", `cannot be undone: "A", "B"`},
		{"a change in the first", []sheetOf{{"A", false, change}, {"B", false, read2}}, Options{}, "", `"A", "B"`},
		{"a change by --action", []sheetOf{{"A", false, bare}, {"B", false, bare}}, Options{Action: jobs.SetAAGroup, Group: "A"}, "", `"A", "B"`},
		{"reads by --action", []sheetOf{{"A", false, bare}, {"B", false, bare}}, Options{Action: jobs.QueryStatus}, sim2, `"A" is read`},
		{"an action that cannot be read", []sheetOf{{"A", false, read1}, {"B", false, [][]any{header, {sim2, "#REF!"}}}}, Options{}, "", `"A", "B"`},
		{"below titles", []sheetOf{{"A", false, change}, {"B", false, titled}}, Options{}, "", `"A", "B"`},
		{"without rows", []sheetOf{{"A", false, change}, {"B", false, [][]any{header}}}, Options{}, sim3, `"A" is read and "B" not`},
		{"the first without rows", []sheetOf{{"A", false, [][]any{header}}, {"B", false, change}}, Options{}, sim3, `"B" is read and "A" not`},
		{"hidden", []sheetOf{{"A", true, read1}, {"B", false, change}}, Options{}, sim3, `"B" is read and "A" not`},
		{"both hidden", []sheetOf{{"L", false, [][]any{{"Legend"}}}, {"A", true, read1}, {"B", true, change}}, Options{}, "", `"A", "B"`},
		{"another name for iccid in one", []sheetOf{{"A", false, read1}, {"B", false, [][]any{{"SIM", "action", "group"}, {sim2, "set_aa_group", "A"}}}},
			Options{Columns: map[string]string{"iccid": "SIM"}}, "", `"A", "B"`},
		{"another name for action", []sheetOf{{"A", false, read1}, {"B", false, [][]any{{"iccid", "Do", "group"}, {sim2, "set_aa_group", "A"}}}},
			Options{Action: jobs.QueryStatus, Columns: map[string]string{"action": "Do"}}, "", `"A", "B"`},
		{"named", []sheetOf{{"A", false, read1}, {"B", false, change}}, Options{Sheet: "B"}, sim3, ""},
		{"named in another spelling", []sheetOf{{"A", false, read1}, {"Süd", false, change}}, Options{Sheet: " süd"}, sim3, ""},
		{"one of two that differ in case", []sheetOf{{"North", false, read1}, {"north ", false, read2}}, Options{Sheet: "north "}, sim2, ""},
		{"named and hidden", []sheetOf{{"A", false, read1}, {"B", true, change}}, Options{Sheet: "B"}, sim3, `the sheet "B", which is read, is hidden`},
		{"not there", []sheetOf{{"A", false, read1}}, Options{Sheet: "B"}, "", `no sheet "B"; it has "A"`},
		{"named, without the column", []sheetOf{{"A", false, read1}, {"B", false, [][]any{{"Legend"}}}}, Options{Sheet: "B"}, "", `row 1: the header has no iccid column; it has "Legend"`},
		{"reads, where none may be chosen", []sheetOf{{"A", false, read1}, {"B", false, read2}}, Options{OneSheet: true}, "", `rows: "A", "B"`},
		{"one with rows, where none may be chosen", []sheetOf{{"A", false, read1}, {"B", false, [][]any{header}}}, Options{OneSheet: true}, sim1, `"A" is read`},
		{"for a run's results, written again", []sheetOf{{"A", false, change}, {"B", false, read2}}, Options{Accepted: true}, sim3, `"A" is read`},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := sheets(t, c.sheets...)
			if c.chosen == "" {
				_, err := open(t, content, c.options)
				requireRefusal(t, err, c.says)
				return
			}
			rows, _, f := read(t, content, c.options)
			require.Contains(t, rows[0].Fields, c.chosen)
			require.Contains(t, strings.Join(f.Notes, "|"), c.says)
			require.Equal(t, c.says == "", f.Notes == nil)
		})
	}
}

// A formula that is not calculated may be the action that cannot be undone.
func TestSeveralSheetsAndAFormula(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Sheet1", head, []any{sim1, "query_status"})
	_, err := f.NewSheet("B")
	require.NoError(t, err)
	fill(t, f, "B", head, []any{sim2})
	require.NoError(t, f.SetCellFormula("B", "B2", `IF(1=1,"set_aa_group","")`))
	_, err = open(t, string(written(t, f)), Options{})
	requireRefusal(t, err, `"Sheet1", "B"`)
}

// What a merged cell covers is no value; its first cell is one.
func TestMergedCells(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Sheet1", []any{"site", "iccid", "action", "group", "current_group"},
		[]any{"Kiel", sim1, "set_aa_group", "A", "P"},
		[]any{nil, sim2, "set_aa_group", nil, "P"},
		[]any{nil, sim3, "query_status", nil, nil},
		[]any{"Bonn", sim4, "set_aa_group", "B", nil},
		[]any{"Bonn", madeICCID(1), "set_aa_group", "B", "P"},
	)
	for _, area := range [][2]string{{"A2", "A4"}, {"D2", "D4"}, {"D5", "E5"}} {
		require.NoError(t, f.MergeCell("Sheet1", area[0], area[1]))
	}
	rows, s, file := readBook(t, written(t, f), Options{Group: "X"})
	require.Equal(t, map[int]jobs.Code{2: "", 3: jobs.CellUnreadable, 4: "", 5: jobs.CellUnreadable, 6: ""}, codes(rows))
	require.Equal(t, "Cell D3 (group) is covered by a merged cell, so nothing stands in it. "+jobs.Explain(jobs.CellUnreadable).Cure, rows[1].Fault.Text)
	require.Contains(t, rows[3].Fault.Text, "Cell E5 (current_group)")
	require.Equal(t, []string{"", sim2, "set_aa_group", mergedCell, "P"}, rows[1].Fields, "site is only carried")
	require.Equal(t, map[string]int{"A": 1, "B": 1}, s.Groups)
	require.Equal(t, rows, all(t, file, s), "the second time as well")
}

// Nor is what a program left under it a value. Areas end where they end, and may
// lie side by side.
func TestCovers(t *testing.T) {
	s := &spreadsheet{merges: []workbook.Area{{Top: 2, Left: 1, Bottom: 4, Right: 1}, {Top: 2, Left: 3, Bottom: 2, Right: 4}, {Top: 6, Left: 0, Bottom: 9, Right: 9}}}
	l := &layout{places: [columnCount]int{1, 2, 3, 4, -1}}
	c := s.covering(l)
	for _, step := range []struct {
		row  int
		want string
	}{
		{1, "a b c d e"}, {2, "a b c d #MERGED!"}, {3, "a #MERGED! c d e"}, {4, "a #MERGED! c d e"}, {5, "a b c d e"},
		{7, "a #MERGED! #MERGED! #MERGED! #MERGED!"}, {9, "a #MERGED! #MERGED! #MERGED! #MERGED!"}, {10, "a b c d e"},
	} {
		fields := strings.Fields("a b c d e")
		c.mark(fields, step.row)
		require.Equal(t, step.want, strings.Join(fields, " "), "row %d", step.row)
	}
	none := (*spreadsheet)(nil).covering(l)
	fields := []string{"a"}
	none.mark(fields, 3)
	require.Equal(t, []string{"a"}, fields)
}

// A row of formulas alone, none of them calculated, is no empty row.
func TestRowOfFormulas(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Sheet1", head, []any{sim1, "query_status"})
	require.NoError(t, f.SetCellFormula("Sheet1", "A3", "A2"))
	require.NoError(t, f.SetCellFormula("Sheet1", "D4", "A2"))
	rows, _, _ := readBook(t, written(t, f), Options{})
	require.Equal(t, map[int]jobs.Code{2: "", 3: jobs.CellUnreadable}, codes(rows))
	require.Contains(t, rows[1].Fault.Text, "Cell A3 (iccid) holds a formula whose result is not in the file")
}
