package input

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// Four ICCIDs with right check digits, as in testdata/csv.
const (
	sim1 = "8944500000000700019"
	sim2 = "8944500000000700027"
	sim3 = "8944500000000700035"
	sim4 = "89310840000000012345"
)

func open(t testing.TB, text string, o Options) (*File, error) {
	t.Helper()
	c, err := Take(strings.NewReader(text), t.TempDir())
	require.NoError(t, err)
	return Open(context.Background(), c, o)
}

func openFile(t testing.TB, name string, o Options) (*File, error) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "csv", name))
	require.NoError(t, err)
	return open(t, string(text), o)
}

func all(t testing.TB, f *File, s *Survey) []jobs.Row {
	t.Helper()
	var rows []jobs.Row
	for row, err := range f.Rows(context.Background(), s) {
		require.NoError(t, err)
		rows = append(rows, row)
	}
	return rows
}

// read goes the whole way over a text.
func read(t testing.TB, text string, o Options) ([]jobs.Row, *Survey, *File) {
	t.Helper()
	f, err := open(t, text, o)
	require.NoError(t, err)
	s, err := f.Scan(context.Background())
	require.NoError(t, err)
	return all(t, f, s), s, f
}

func readFile(t testing.TB, name string, o Options) ([]jobs.Row, *Survey, *File) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "testdata", "csv", name))
	require.NoError(t, err)
	return read(t, string(text), o)
}

// codes gives, for each row, its line and the code of its fault.
func codes(rows []jobs.Row) map[int]jobs.Code {
	found := map[int]jobs.Code{}
	for _, row := range rows {
		found[row.Line] = ""
		if row.Fault != nil {
			found[row.Line] = row.Fault.Code
		}
	}
	return found
}

// However a file is written, the same rows come out.
func TestCleanTwins(t *testing.T) {
	names, err := filepath.Glob("../../../testdata/csv/clean*.csv")
	require.NoError(t, err)
	require.Greater(t, len(names), 15)
	want, wantSurvey, _ := readFile(t, "clean.csv", Options{})
	require.Len(t, want, 4)
	require.Equal(t, []string{sim2, "set_aa_group", "0042", "Köln, Nord; 2|b"}, want[1].Fields)
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			rows, s, f := readFile(t, filepath.Base(name), Options{})
			for i := range rows {
				rows[i].Line = want[i].Line
			}
			require.Equal(t, want, rows)
			require.Equal(t, wantSurvey, s)
			require.Len(t, f.Columns(), 4)
			require.Equal(t, strings.Contains(name, "windows1252"), len(f.Notes) == 1)
		})
	}
}

func TestTrueLines(t *testing.T) {
	rows, _, _ := readFile(t, "multiline.csv", Options{})
	require.Equal(t, map[int]jobs.Code{2: "", 7: "", 8: jobs.ICCIDFormat, 10: jobs.ActionUnknown}, codes(rows))
	require.Equal(t, "one\ntwo\n\nthree", rows[0].Fields[2])
	for name, want := range map[string][]int{
		"clean_sep_line.csv": {3, 4, 5, 6}, "clean_blank_lines.csv": {4, 7, 10, 13}, "clean_empty_rows.csv": {2, 4, 6, 8},
		"clean_formula_bare_utf16le.csv": {2, 3, 4, 5}, "clean_crlf.csv": {2, 3, 4, 5},
	} {
		rows, _, _ := readFile(t, name, Options{})
		var lines []int
		for _, row := range rows {
			lines = append(lines, row.Line)
		}
		require.Equal(t, want, lines, name)
	}
}

func TestHeaderAlone(t *testing.T) {
	for _, text := range []string{"iccid,action\n", "iccid,action", "iccid\n\n\n", "\ufefficcid;group\r\n;\r\n"} {
		rows, s, _ := read(t, text, Options{})
		require.Empty(t, rows)
		require.Zero(t, s.Rows)
	}
}

func TestRepeats(t *testing.T) {
	rows, s, _ := readFile(t, "repeats.csv", Options{Ordered: true})
	require.Equal(t, map[int]jobs.Code{
		2: "", 3: jobs.DuplicateRow, 4: jobs.ConflictingRows, 5: "", 6: jobs.ConflictingRows, 7: "", 8: "", 9: jobs.ICCIDFormat, 10: "",
	}, codes(rows))
	require.Equal(t, jobs.Skipped, rows[1].Fault.Outcome)
	require.Contains(t, rows[1].Fault.Text, "line 2 counts")
	require.Equal(t, "This row names group A for the SIM, line 6 names group B. Leave the one row that is right and run the file again.", rows[2].Fault.Text)
	require.Contains(t, rows[4].Fault.Text, "This row names group B for the SIM, line 4 names group A.")
	var same []int
	var ordered []bool
	for _, row := range rows {
		same, ordered = append(same, row.SameReadAs), append(ordered, row.Ordered)
	}
	require.Equal(t, []int{-1, -1, -1, -1, -1, 3, -1, -1, -1}, same)
	require.Equal(t, []bool{true, true, true, true, true, true, true, false, false}, ordered)
	require.Equal(t, 1, s.Irreversible)
	require.Equal(t, map[string]int{"A": 1}, s.Groups)
	require.Equal(t, 1, s.RepeatedReads)
	require.Equal(t, []jobs.Action{jobs.QueryStatus, jobs.QueryContract, jobs.SetAAGroup}, s.Actions)
	require.Equal(t, []FaultCount{
		{jobs.ICCIDFormat, jobs.Invalid, 1, []int{9}},
		{jobs.DuplicateRow, jobs.Skipped, 1, []int{3}},
		{jobs.ConflictingRows, jobs.Invalid, 2, []int{4, 6}},
	}, s.Faults)
}

func TestScanEndsWithTheContext(t *testing.T) {
	f, err := openFile(t, "clean.csv", Options{})
	require.NoError(t, err)
	s, err := f.Scan(context.Background())
	require.NoError(t, err)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = f.Scan(ended)
	require.ErrorIs(t, err, context.Canceled)
	for _, err := range f.Rows(ended, s) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestRowsAtOnce(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("iccid,action\n")
	for n := range 3000 {
		text.WriteString(madeICCID(n%2500) + ",query_status\n")
	}
	f, err := open(t, text.String(), Options{Ordered: true})
	require.NoError(t, err)
	s, err := f.Scan(context.Background())
	require.NoError(t, err)
	require.Equal(t, 500, s.RepeatedReads)
	want := all(t, f, s)
	done := make(chan []jobs.Row)
	for range 4 {
		go func() {
			var rows []jobs.Row
			for row := range f.Rows(context.Background(), s) {
				rows = append(rows, row)
			}
			done <- rows
		}()
	}
	for range 4 {
		require.Equal(t, want, <-done)
	}
	for row := range f.Rows(context.Background(), s) {
		require.Zero(t, row.Seq)
		break
	}
}
