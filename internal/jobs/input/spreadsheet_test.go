package input

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"bulk/internal/jobs"
)

// fleet makes a workbook with one sheet; each cell is of the kind of its value.
func fleet(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(t, f, "Sheet1", rows...)
	return written(t, f)
}

func fill(t testing.TB, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		require.NoError(t, err)
		require.NoError(t, f.SetSheetRow(sheet, cell, &row))
	}
}

func written(t testing.TB, f *excelize.File) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, f.Write(&out))
	require.NoError(t, f.Close())
	return out.Bytes()
}

var head = []any{"iccid", "action", "group", "site"}

func readBook(t testing.TB, content []byte, o Options) ([]jobs.Row, *Survey, *File) {
	t.Helper()
	return read(t, string(content), o)
}

func TestWorkbookIsReadAsStored(t *testing.T) {
	content := fleet(t, head,
		[]any{sim1, "query_status", nil, " Köln, \"Nord\"\nRampe 2 "},
		[]any{sim2, "set_aa_group", "0042", "'x"},
		nil,
		[]any{sim3 + "F", "Set AA Group", 42, time.Date(2026, 3, 1, 13, 5, 0, 0, time.UTC)},
		[]any{" " + sim4, "query_contract", nil, true},
	)
	rows, s, f := readBook(t, content, Options{Ordered: true, Delimiter: ';'})
	require.Equal(t, map[int]jobs.Code{2: "", 3: "", 5: "", 6: ""}, codes(rows))
	require.Equal(t, []string{"iccid", "action", "group", "site"}, f.Columns())
	require.Equal(t, []string{sim1, "query_status", "", " Köln, \"Nord\"\nRampe 2 "}, rows[0].Fields)
	require.Equal(t, []string{sim2, "set_aa_group", "0042", "'x"}, rows[1].Fields)
	require.Equal(t, []string{sim3, "set_aa_group", "42", "Mar-26"}, rows[2].Fields)
	require.Equal(t, []string{sim4, "query_contract", "", "TRUE"}, rows[3].Fields)
	require.Equal(t, map[string]int{"0042": 1, "42": 1}, s.Groups)
	require.Empty(t, f.Notes)
	require.False(t, f.Results())
}

// An ICCID that is a number is named as such, with its cell, however the file
// writes the number; never is it used.
func TestNumericICCIDs(t *testing.T) {
	for name, value := range map[string]any{
		"as Excel stores it": 8.944500102030001e18, "rounded to 15 digits": 8.94412e18, "as an integer of 19 digits": int64(8944500000000700019),
		"of 20 digits": uint64(8944500000000700019) * 2,
	} {
		t.Run(name, func(t *testing.T) {
			rows, s, _ := readBook(t, fleet(t, head, []any{sim1, "query_status"}, []any{value, "query_status"}), Options{})
			require.Equal(t, map[int]jobs.Code{2: "", 3: jobs.ICCIDScientific}, codes(rows))
			require.Empty(t, rows[1].ICCID)
			require.Contains(t, rows[1].Fault.Text, "Cell A3 holds a number, "+rows[1].Fields[0]+", which keeps only 15")
			require.Contains(t, rows[1].Fields[0], "E+1", "nobody takes it for an ICCID later")
			require.Equal(t, []FaultCount{{jobs.ICCIDScientific, jobs.Invalid, 1, []int{3}}}, s.Faults)
		})
	}
}

func TestFaultsNameTheCell(t *testing.T) {
	for _, c := range []struct {
		name string
		row  []any
		code jobs.Code
		says string
	}{
		{"a short number", []any{"x", 894450, "query_status"}, jobs.ICCIDFormat, "Cell B2: The iccid has 6 digits"},
		{"nothing", []any{"x", nil, "query_status"}, jobs.ICCIDFormat, "Cell B2: The iccid is empty"},
		{"rounded text", []any{"x", "8944500000123450000", "query_status"}, jobs.ICCIDRounded, "Cell B2: A spreadsheet rounded"},
		{"scientific text", []any{"x", "8,94E+18", "query_status"}, jobs.ICCIDScientific, "Cell B2 holds a number, 8,94E+18"},
		{"check digit", []any{"x", sim1[:18] + "8", "set_aa_group", "A"}, jobs.ICCIDChecksum, "Cell B2: "},
		{"beside the table", []any{"x", sim1, "query_status", "", "", "see Ann"}, jobs.FieldCount, "Cell F2 is to the right"},
		{"no action", []any{"x", sim1}, jobs.ActionMissing, "--action"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, _, _ := readBook(t, fleet(t, []any{"site", "iccid", "action", "group"}, c.row), Options{})
			require.Equal(t, map[int]jobs.Code{2: c.code}, codes(rows))
			require.Contains(t, rows[0].Fault.Text, c.says)
			require.Len(t, rows[0].Fields, 4)
		})
	}
}

// The lines of rows are those that the spreadsheet program shows.
func TestWorkbookRowNumbers(t *testing.T) {
	content := fleet(t, nil, []any{" "}, []any{"iccid", "action", "note\nof ours"},
		[]any{sim1, "query_status", "one\ntwo\n\nthree"}, nil, nil,
		[]any{sim2, "query_status", "a\nb"}, []any{sim3, "query_status"}, []any{nil, nil, "  "}, []any{sim4, "nonsense"})
	rows, s, _ := readBook(t, content, Options{})
	require.Equal(t, map[int]jobs.Code{4: "", 7: "", 8: "", 10: jobs.ActionUnknown}, codes(rows))
	require.Equal(t, "one\ntwo\n\nthree", rows[0].Fields[2])
	require.Equal(t, []int{10}, s.Faults[0].Lines)
}

// A text of several lines that looks like rows is a text, in a workbook.
func TestWorkbookHasNoRunawayQuotes(t *testing.T) {
	rows, _, _ := readBook(t, fleet(t, []any{"iccid", "action", "note"}, []any{sim1, "query_status", "x\n" + sim2 + ",query_status,y"}), Options{})
	require.Equal(t, map[int]jobs.Code{2: ""}, codes(rows))
}

func TestChoiceOfSheet(t *testing.T) {
	good := [][]any{{"Site", "ICCID "}, {"Lyon", sim1}}
	other := [][]any{{"Legend"}, {"L100"}}
	for _, c := range []struct {
		name    string
		sheets  map[string][][]any
		hidden  string
		chosen  string // the site of the first row; empty: refused
		says    string
		refused string
	}{
		{name: "the only one", sheets: map[string][][]any{"A": good}, chosen: "Lyon"},
		{name: "the one with an iccid", sheets: map[string][][]any{"A": other, "B": nil, "C": good}, chosen: "Lyon"},
		{name: "the only one with anything", sheets: map[string][][]any{"A": nil, "B": other}, refused: "no iccid column"},
		{name: "none", sheets: map[string][][]any{"A": other, "B": other}, refused: `no sheet of the workbook has an iccid column: not "A", "B"`},
		{name: "all empty", sheets: map[string][][]any{"A": nil, "B": nil}, refused: "the workbook is empty"},
		{name: "two", sheets: map[string][][]any{"A": good, "B": {{"site", "iccid"}, {"Kiel", sim2}}}, chosen: "Lyon", says: `"A" is read and "B" not`},
		{name: "the one to be seen", sheets: map[string][][]any{"A": good, "B": {{"site", "iccid"}, {"Kiel", sim2}}}, hidden: "A", chosen: "Kiel", says: `"B" is read and "A" not`},
		{name: "hidden but the only one", sheets: map[string][][]any{"A": good, "B": nil}, hidden: "A", chosen: "Lyon", says: `the sheet "A", which is read, is hidden`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := excelize.NewFile()
			require.NoError(t, f.SetSheetName("Sheet1", "A"))
			for _, name := range []string{"A", "B", "C"} {
				if _, ok := c.sheets[name]; ok {
					_, err := f.NewSheet(name)
					require.NoError(t, err)
					fill(t, f, name, c.sheets[name]...)
				}
			}
			if c.hidden != "" {
				at, err := f.GetSheetIndex("B")
				require.NoError(t, err)
				f.SetActiveSheet(at)
				require.NoError(t, f.SetSheetVisible(c.hidden, false))
			}
			content := written(t, f)
			if c.refused != "" {
				_, err := open(t, string(content), Options{Action: jobs.QueryStatus})
				requireRefusal(t, err, c.refused)
				return
			}
			rows, _, file := readBook(t, content, Options{Action: jobs.QueryStatus})
			require.Equal(t, c.chosen, rows[0].Fields[0])
			require.Contains(t, strings.Join(file.Notes, "|"), c.says)
			require.Equal(t, c.says == "", file.Notes == nil)
		})
	}
}

func TestWorkbookNotes(t *testing.T) {
	f := excelize.NewFile()
	fill(t, f, "Sheet1", head, []any{sim1, "query_status"}, []any{sim2, "query_status"}, []any{sim3, "query_status"})
	require.NoError(t, f.SetRowVisible("Sheet1", 3, false))
	require.NoError(t, f.SetCellFormula("Sheet1", "D4", "A1&B1"))
	rows, _, file := readBook(t, written(t, f), Options{})
	require.Len(t, rows, 3)
	require.Len(t, file.Notes, 2)
	require.Contains(t, file.Notes[0], "hidden")
	require.Contains(t, file.Notes[1], "in 1 row; the first is D4")
	require.Empty(t, rows[2].Fields[3], "a column that is only carried")
	require.Nil(t, rows[2].Fault)
}

// A column that is read and that nobody sees is said; one that is only carried is
// not.
func TestHiddenColumns(t *testing.T) {
	for hidden, says := range map[string]string{"C": `read are hidden in it: "group"`, "A:C": `"iccid", "action", "group"`, "D": "", "E:XFD": ""} {
		f := excelize.NewFile()
		fill(t, f, "Sheet1", head, []any{sim1, "set_aa_group", "A", "Kiel"})
		require.NoError(t, f.SetColVisible("Sheet1", hidden, false))
		rows, _, file := readBook(t, written(t, f), Options{})
		require.Nil(t, rows[0].Fault)
		require.Equal(t, says == "", file.Notes == nil, hidden)
		require.Contains(t, strings.Join(file.Notes, "|"), says)
	}
}

func TestWorkbookRefusals(t *testing.T) {
	whole := fleet(t, head, []any{sim1, "query_status"})
	var locked bytes.Buffer
	f := excelize.NewFile()
	require.NoError(t, f.Write(&locked, excelize.Options{Password: "x"}))
	for _, c := range []struct {
		name    string
		content []byte
		says    string
	}{
		{"cut short", whole[:len(whole)/2], "looks like a workbook but is broken"},
		{"with a password", locked.Bytes(), "protected by a password"},
		{"an old one", []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on"), "old format (.xls)"},
		{"data without a header", fleet(t, []any{sim1, "query_status"}), "row 1: the file has no header"},
		{"no action anywhere", fleet(t, []any{"iccid"}, []any{sim1}), "--action was not given"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := open(t, string(c.content), Options{})
			if err == nil {
				_, err = f.Scan(context.Background())
			}
			requireRefusal(t, err, c.says)
		})
	}
}

// What is hashed is the workbook; what it was turned into has no name, and is
// made again where a kept copy is taken up.
func TestWorkbookCopies(t *testing.T) {
	dir := t.TempDir()
	content := fleet(t, head, []any{sim1, "query_status", "", "one\ntwo"}, []any{sim2, "query_status"})
	c, err := Take(bytes.NewReader(content), dir)
	require.NoError(t, err)
	require.EqualValues(t, len(content), c.Size)
	f, err := Open(t.Context(), c, Options{})
	require.NoError(t, err)
	s, err := f.Scan(context.Background())
	require.NoError(t, err)
	want := all(t, f, s)

	kept := filepath.Join(dir, "kept.csv")
	require.NoError(t, c.Keep(kept))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, want, all(t, f, s), "reading goes on although the copy has moved")
	same, err := Open(t.Context(), c, Options{})
	require.NoError(t, err)
	require.Same(t, f.copy.sheet, same.copy.sheet, "it is converted once")

	again, err := Adopt(kept)
	require.NoError(t, err)
	require.Equal(t, c.Digest, again.Digest)
	f2, err := Open(t.Context(), again, Options{})
	require.NoError(t, err)
	s2, err := f2.Scan(context.Background())
	require.NoError(t, err)
	require.Equal(t, want, all(t, f2, s2))

	again.Release()
	_, err = f2.Scan(context.Background())
	require.ErrorIs(t, err, os.ErrClosed)
	require.False(t, errors.As(err, new(*Refusal)))
	require.FileExists(t, kept)
	require.NoError(t, c.Remove())
	left, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// Reading ends with the context, in the midst of a workbook or of a file that is
// looked through for damage.
func TestOpenEndsWithTheContext(t *testing.T) {
	for name, content := range map[string]string{
		"a workbook": string(fleet(t, head, []any{sim1, "query_status"})), "Windows-1252": "iccid,site\n" + sim1 + ",K\xF6ln\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Take(strings.NewReader(content), t.TempDir())
			require.NoError(t, err)
			why := errors.New("ended by a signal")
			ended, cancel := context.WithCancelCause(t.Context())
			cancel(why)
			_, err = Open(ended, c, Options{Action: jobs.QueryStatus})
			require.Equal(t, why, err)
			_, err = Open(t.Context(), c, Options{Action: jobs.QueryStatus})
			require.NoError(t, err)
		})
	}
}
