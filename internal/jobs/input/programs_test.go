package input

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// The same table, as each program writes it. Who calculated gets a row done;
// nobody gets the default for a formula without a result.
func TestWorkbooksOfPrograms(t *testing.T) {
	names, err := filepath.Glob("../../../testdata/workbooks/*.xlsx")
	require.NoError(t, err)
	require.Len(t, names, 7)
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			rows, s, f := readBook(t, content, Options{Group: "L300"})
			require.Equal(t, []string{"iccid", "action", "group", "current_group", "site", "installed"}, f.Columns())
			want := map[int]jobs.Code{2: "", 3: jobs.CellUnreadable, 4: "", 5: jobs.ICCIDScientific}
			groups, formula := map[string]int{"L200": 1}, unsolvedCell
			if filepath.Base(name) == "libreoffice.xlsx" {
				want[3], formula = "", "L100"
				groups["L100"] = 1
				require.Empty(t, f.Notes)
			}
			require.Equal(t, want, codes(rows))
			require.Equal(t, groups, s.Groups)
			require.Equal(t, []string{"8944500102030001010", "query_status", "", "", "Köln, Tor 3"}, rows[0].Fields[:5])
			require.Contains(t, []string{"02.11.2026", "2026-11-02"}, rows[0].Fields[5])
			require.Equal(t, []string{"8944500102030001028", "set_aa_group", formula, "P100", "Kiel"}, rows[1].Fields[:5])
			require.Equal(t, []string{"8944500102030001036", "set_aa_group", "L200", "P100"}, rows[2].Fields[:4])
			require.Contains(t, rows[3].Fields[0], "E+18")
		})
	}
}

// Each file of testdata/cases comes out as it should, in the same way for a
// command that would take a default.
func TestCases(t *testing.T) {
	for _, c := range []struct {
		name  string
		codes map[int]jobs.Code // nil: refused
		says  string
	}{
		{"openpyxl_group_formula.xlsx", map[int]jobs.Code{2: jobs.CellUnreadable, 3: jobs.CellUnreadable, 4: jobs.CellUnreadable}, "formulas have no result"},
		{"group_formula_selfclosed_v.xlsx", map[int]jobs.Code{2: jobs.CellUnreadable, 3: jobs.CellUnreadable, 4: jobs.CellUnreadable}, "formulas have no result"},
		{"merged_group.xlsx", map[int]jobs.Code{2: "", 3: jobs.CellUnreadable, 4: jobs.CellUnreadable, 5: jobs.CellUnreadable, 6: jobs.CellUnreadable, 7: jobs.CellUnreadable}, ""},
		{"two_orders.xlsx", nil, `"Old order", "New order"`},
		{"nul_tail_late.csv", nil, "line 42, column 1: the file has NUL bytes"},
		{"nul_tail_early.csv", nil, "line 7, column 1: the file has NUL bytes"},
		{"one_bad_byte.csv", nil, "line 4, column 35: the byte FC is not UTF-8"},
		{"trailing_delim.csv", map[int]jobs.Code{2: "", 3: ""}, ""},
		{"sst_missing.xlsx", map[int]jobs.Code{2: "", 3: ""}, ""},
		{"styles_missing.xlsx", map[int]jobs.Code{2: "", 3: ""}, "cell formats are missing"},
		{"other_sheet_gone.xlsx", map[int]jobs.Code{2: "", 3: ""}, `"Macro"`},
		{"rows_unordered.xlsx", map[int]jobs.Code{2: "", 3: ""}, ""},
		{"cells_unordered.xlsx", map[int]jobs.Code{2: ""}, ""},
		{"wb_in_root.xlsx", map[int]jobs.Code{2: "", 3: ""}, ""},
		{"wb_other_folder.xlsx", map[int]jobs.Code{2: "", 3: ""}, ""},
		{"utf16_part.xlsx", map[int]jobs.Code{2: "", 3: ""}, ""},
		{"two_header_rows.xlsx", nil, "row 2"},
		{"title_lines.csv", nil, "line 4"},
		{"ps5_type.csv", map[int]jobs.Code{3: "", 4: ""}, ""},
		{"sep_quoted.csv", map[int]jobs.Code{3: ""}, ""},
		{"portal_export.xls", nil, "HTML"},
		{"sheetjs_html.xls", nil, "HTML"},
		{"fleet.json.csv", nil, "JSON"},
		{"bidi.csv", map[int]jobs.Code{2: "", 3: "", 4: ""}, ""},
		{"dos_eof.csv", map[int]jobs.Code{2: ""}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("../../../testdata/cases", c.name))
			require.NoError(t, err)
			o := Options{Group: "L100"}
			if c.codes == nil {
				_, err := open(t, string(content), o)
				requireRefusal(t, err, c.says)
				return
			}
			rows, _, f := read(t, string(content), o)
			require.Equal(t, c.codes, codes(rows))
			require.Equal(t, c.says == "", len(f.Notes) == 0, "%q", f.Notes)
			if c.says != "" {
				require.Contains(t, f.Notes[0], c.says)
			}
		})
	}
	rows, _, _ := readCase(t, "excel_short_rows.csv")
	require.Len(t, rows, 31)
	for _, row := range rows {
		require.Nil(t, row.Fault)
		require.Len(t, row.Fields, 5)
	}
}

func readCase(t *testing.T, name string) ([]jobs.Row, *Survey, *File) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../../testdata/cases", name))
	require.NoError(t, err)
	return read(t, string(content), Options{})
}
