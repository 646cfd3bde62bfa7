package input

import (
	"bytes"
	"context"
	"errors"
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
	return Open(c, o)
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

func TestRefusals(t *testing.T) {
	for _, c := range []struct{ name, says string }{
		{"broken_quote.csv", "line 5: a quote is broken"},
		{"broken_quote_open.csv", "line 3: a quote is broken"},
		{"broken_quotes_cancel_out.csv", "line 3: a quoted field runs on over line 4"},
		{"empty.csv", "the file is empty"},
		{"no_header.csv", "line 1: the file has no header; its first line is data already"},
		{"no_iccid_column.csv", `line 1: the header has no iccid column; it has "sim", "action"`},
		{"iccid_twice.csv", "line 1: the header names iccid twice"},
		{"old_mac.csv", "CR alone"},
		{"utf16_without_mark.csv", "UTF-16 without a byte order mark"},
		{"workbook.csv", "a workbook"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := openFile(t, c.name, Options{})
			if err == nil {
				_, err = f.Scan(context.Background())
			}
			requireRefusal(t, err, c.says)
		})
	}
	for _, c := range []struct {
		name, text string
		options    Options
		says       string
	}{
		{"quote in the header", "ic\"cid,action\n", Options{}, "line 1: a quote is broken"},
		{"quote after a space", "iccid,action,note\n" + sim1 + ", \"query_status\",x\n", Options{}, "line 2: a quote is broken"},
		{"bad delimiter", "iccid\n", Options{Delimiter: 'é'}, "cannot separate fields"},
		{"other delimiter than given", "iccid;action\n", Options{Delimiter: ','}, "no iccid column"},
		{"no action anywhere", "iccid\n" + sim1 + "\n", Options{}, "--action was not given"},
		{"only without results", "iccid,action\n", Options{Only: []jobs.Outcome{jobs.Failed}}, "--only has nothing to choose by"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := open(t, c.text, c.options)
			if err == nil {
				_, err = f.Scan(context.Background())
			}
			requireRefusal(t, err, c.says)
		})
	}
}

func requireRefusal(t *testing.T, err error, says string) {
	t.Helper()
	var refusal *Refusal
	require.True(t, errors.As(err, &refusal), "%v", err)
	require.Contains(t, refusal.Text, says)
	require.NotEmpty(t, refusal.Hint)
}

func TestHeaderAlone(t *testing.T) {
	for _, text := range []string{"iccid,action\n", "iccid,action", "iccid\n\n\n", "\ufefficcid;group\r\n;\r\n"} {
		rows, s, _ := read(t, text, Options{})
		require.Empty(t, rows)
		require.Zero(t, s.Rows)
	}
}

func TestRowFaults(t *testing.T) {
	wrong := sim1[:18] + "8"
	for _, c := range []struct {
		name, header, row string
		options           Options
		code              jobs.Code
		says              string
	}{
		{"good", "iccid,action", sim1 + ",query_status", Options{}, "", ""},
		{"too few fields", "iccid,action,x", sim1 + ",query_status", Options{}, jobs.FieldCount, "The row has 2 fields where the header has 3."},
		{"one field", "iccid,action", "x", Options{}, jobs.FieldCount, "has 1 field where"},
		{"too many fields", "iccid,action", sim1 + ",query_status,", Options{}, jobs.FieldCount, "has 3 fields where the header has 2"},
		{"field count before iccid", "iccid,action", "12,query_status,", Options{}, jobs.FieldCount, ""},
		{"iccid before action", "iccid,action", "12,nonsense", Options{}, jobs.ICCIDFormat, "2 digits"},
		{"scientific", "iccid,action", "8.9E+18,query_status", Options{}, jobs.ICCIDScientific, ""},
		{"action missing", "iccid,action", sim1 + ",", Options{}, jobs.ActionMissing, "--action"},
		{"action of spaces", "iccid,action", sim1 + ",\u00a0", Options{}, jobs.ActionMissing, ""},
		{"action given", "iccid,action", sim1 + ",", Options{Action: jobs.QueryStatus}, "", ""},
		{"action unknown", "iccid,action", sim1 + ",frobnicate", Options{Action: jobs.QueryStatus}, jobs.ActionUnknown, `"frobnicate" is no action. Use query_status,`},
		{"action spelled freely", "iccid,action", sim1 + ", Query Status ", Options{}, "", ""},
		{"group missing", "iccid,action,group", sim1 + ",set_aa_group,", Options{}, jobs.GroupMissing, "--group"},
		{"no group column", "iccid,action", sim1 + ",set_aa_group", Options{}, jobs.GroupMissing, ""},
		{"group given", "iccid,action", sim1 + ",set_aa_group", Options{Group: "A"}, "", ""},
		{"group of spaces", "iccid,action,group", sim1 + ",set_aa_group, ", Options{}, jobs.GroupMissing, ""},
		{"a read needs no group", "iccid,action,group", sim1 + ",query_status,", Options{}, "", ""},
		{"expect", "iccid,action,expect", sim1 + ",query_status,sim_status=active", Options{}, "", ""},
		{"expect wrong", "iccid,action,expect", sim1 + ",query_status,imsi=1", Options{}, jobs.ExpectFormat, "does not read"},
		{"expect for a change", "iccid,action,group,expect", sim1 + ",set_aa_group,A,sim_status=active", Options{}, jobs.ExpectFormat, ""},
		{"expect before check digit", "iccid,action,group,expect", wrong + ",set_aa_group,A,x", Options{}, jobs.ExpectFormat, ""},
		{"check digit, change", "iccid,action,group", wrong + ",set_aa_group,A", Options{}, jobs.ICCIDChecksum, "--iccid-check length"},
		{"check digit, read", "iccid,action", wrong + ",query_status", Options{}, "", ""},
		{"check digit, read, luhn", "iccid,action", wrong + ",query_status", Options{ICCIDCheck: CheckLuhn}, jobs.ICCIDChecksum, ""},
		{"check digit, change, length", "iccid,action,group", wrong + ",set_aa_group,A", Options{ICCIDCheck: CheckLength}, "", ""},
		{"rounded", "iccid,action", "8944500000123450000,query_status", Options{}, jobs.ICCIDRounded, "formatted as text"},
		{"rounded before action", "iccid,action", "8944500000123450000,x", Options{}, jobs.ICCIDRounded, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, s, f := read(t, c.header+"\n"+c.row+"\n", c.options)
			require.Len(t, rows, 1)
			require.Equal(t, map[int]jobs.Code{2: c.code}, codes(rows))
			require.Len(t, rows[0].Fields, len(f.Columns()))
			if c.code == "" {
				require.Zero(t, s.Faulty)
				require.Empty(t, s.Faults)
				return
			}
			require.Contains(t, rows[0].Fault.Text, c.says)
			require.Equal(t, []FaultCount{{c.code, jobs.Invalid, 1, []int{2}}}, s.Faults)
			require.Zero(t, s.Irreversible)
		})
	}
}

func TestFieldCountSpoilsOneRow(t *testing.T) {
	rows, s, _ := readFile(t, "field_count.csv", Options{})
	require.Equal(t, map[int]jobs.Code{2: jobs.FieldCount, 3: jobs.FieldCount, 4: ""}, codes(rows))
	require.Equal(t, []string{sim1, "query_status", ""}, rows[0].Fields)
	require.Equal(t, []string{sim2, "query_status", "a"}, rows[1].Fields)
	require.Equal(t, []FaultCount{{jobs.FieldCount, jobs.Invalid, 2, []int{2, 3}}}, s.Faults)
	require.Equal(t, map[jobs.Action]int{"": 2, jobs.QueryStatus: 1}, s.ByAction)
}

func TestScientific(t *testing.T) {
	rows, s, _ := readFile(t, "scientific.csv", Options{})
	require.Equal(t, map[int]jobs.Code{2: jobs.ICCIDScientific, 3: jobs.ICCIDScientific, 4: jobs.ICCIDScientific, 5: ""}, codes(rows))
	require.Equal(t, "8,94412E+18", rows[1].Fields[0])
	require.Equal(t, 3, s.Count(jobs.ICCIDScientific))
}

func TestRounded(t *testing.T) {
	rows, s, _ := readFile(t, "rounded.csv", Options{})
	require.Equal(t, map[int]jobs.Code{2: "", 3: jobs.ICCIDRounded, 4: jobs.ICCIDRounded}, codes(rows))
	require.Equal(t, "8944500000123450000", rows[1].Fields[0], "the cell stays as it was")
	require.Empty(t, rows[1].ICCID)
	require.Equal(t, []int{3, 4}, s.Faults[0].Lines)

	// With a right check digit one alone may be genuine; two are not.
	var genuine []string
	for _, body := range []string{"894450000000001", "894450000000010", "894450000000012", "894450000000020", "894450000000021", "894450000000022", "894450000000023", "894450000000031", "894450000000040", "894450000000056"} {
		if i := jobs.ICCID(body + "0000"); i.LuhnOK() {
			genuine = append(genuine, string(i))
		}
	}
	require.GreaterOrEqual(t, len(genuine), 1)
	g := genuine[0]
	rows, s, _ = read(t, "iccid,action\n"+sim1+",query_status\n"+g+",query_status\n", Options{})
	require.Equal(t, map[int]jobs.Code{2: "", 3: ""}, codes(rows))
	require.Zero(t, s.Faulty)
	rows, s, _ = read(t, "iccid,action\n"+g+",query_status\n"+sim1+",query_status\n"+g+",query_contract\n12,query_status\n", Options{})
	require.Equal(t, map[int]jobs.Code{2: jobs.ICCIDRounded, 3: "", 4: jobs.ICCIDRounded, 5: jobs.ICCIDFormat}, codes(rows))
	require.Equal(t, []int{2, 4}, s.Faults[1].Lines)
	require.Equal(t, 3, s.Faulty)
}

func TestWrongCheckDigitsAreCounted(t *testing.T) {
	wrong := sim1[:18] + "8"
	text := "iccid,action,group\n" + wrong + ",query_status,\n" + wrong + ",query_contract,\n" + wrong + ",set_aa_group,A\n" + sim1 + ",query_status,\n"
	_, s, _ := read(t, text, Options{})
	require.Equal(t, 2, s.WrongCheckDigits)
	_, s, _ = read(t, text, Options{ICCIDCheck: CheckLength})
	require.Equal(t, 3, s.WrongCheckDigits)
}

func TestRepeats(t *testing.T) {
	rows, s, _ := readFile(t, "repeats.csv", Options{Kin: true})
	require.Equal(t, map[int]jobs.Code{
		2: "", 3: jobs.DuplicateRow, 4: jobs.ConflictingRows, 5: "", 6: jobs.ConflictingRows, 7: "", 8: "", 9: jobs.ICCIDFormat, 10: "",
	}, codes(rows))
	require.Equal(t, jobs.Skipped, rows[1].Fault.Outcome)
	require.Contains(t, rows[1].Fault.Text, "line 2 counts")
	require.Equal(t, "This row names group A for the SIM, line 6 names group B. Leave the one row that is right and run the file again.", rows[2].Fault.Text)
	require.Contains(t, rows[4].Fault.Text, "This row names group B for the SIM, line 4 names group A.")
	var twins []int
	var kin []bool
	for _, row := range rows {
		twins, kin = append(twins, row.Twin), append(kin, row.Kin)
	}
	require.Equal(t, []int{-1, -1, -1, -1, -1, 3, -1, -1, -1}, twins)
	require.Equal(t, []bool{true, true, true, true, true, true, true, false, false}, kin)
	require.Equal(t, 1, s.Irreversible)
	require.Equal(t, map[string]int{"A": 1}, s.Groups)
	require.Equal(t, 1, s.Twins)
	require.Equal(t, []jobs.Action{jobs.QueryStatus, jobs.QueryContract, jobs.SetAAGroup}, s.Actions)
	require.Equal(t, []FaultCount{
		{jobs.ICCIDFormat, jobs.Invalid, 1, []int{9}},
		{jobs.DuplicateRow, jobs.Skipped, 1, []int{3}},
		{jobs.ConflictingRows, jobs.Invalid, 2, []int{4, 6}},
	}, s.Faults)
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    Options
		columns    []string
		fields     []string
	}{
		{"as in the file", "Site, ICCID ,Action\nLyon," + sim1 + ",Query Status\n", Options{}, []string{"Site", " ICCID ", "Action"}, []string{"Lyon", sim1, "query_status"}},
		{"action appended", "iccid,site\n" + sim1 + ",Lyon\n", Options{Action: jobs.QueryStatus}, []string{"iccid", "site", "action"}, []string{sim1, "Lyon", "query_status"}},
		{"group appended", "iccid,site\n" + sim1 + ",Lyon\n", Options{Action: jobs.SetAAGroup, Group: "A"}, []string{"iccid", "site", "action", "group"}, []string{sim1, "Lyon", "set_aa_group", "A"}},
		{"group not needed", "iccid,site\n" + sim1 + ",Lyon\n", Options{Action: jobs.QueryStatus, Group: "A"}, []string{"iccid", "site", "action"}, []string{sim1, "Lyon", "query_status"}},
		{"group filled in", "iccid,action,group\n" + sim1 + ",set_aa_group,\n", Options{Group: "A"}, []string{"iccid", "action", "group"}, []string{sim1, "set_aa_group", "A"}},
		{"a read's group stays", "iccid,action,group\n" + sim1 + ",query_status,\n", Options{Group: "A"}, []string{"iccid", "action", "group"}, []string{sim1, "query_status", ""}},
		{"cleaned", "iccid,action,group\n'" + sim1 + "F,set_aa_group,\"=\"\"007\"\"\"\n", Options{}, []string{"iccid", "action", "group"}, []string{sim1, "set_aa_group", "007"}},
		{"others carried unchanged", "iccid,action,note,note,\n" + sim1 + ",query_status, a ,'b,=\"7\"\n", Options{}, []string{"iccid", "action", "note", "note", ""}, []string{sim1, "query_status", " a ", "'b", `="7"`}},
		{"unusable cells stay", "iccid,action\n12,nonsense\n", Options{}, []string{"iccid", "action"}, []string{"12", "nonsense"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, _, f := read(t, c.text, c.options)
			require.Equal(t, c.columns, f.Columns())
			require.Equal(t, c.fields, rows[0].Fields)
		})
	}
}

func TestColumnsWithResultNames(t *testing.T) {
	rows, _, f := readFile(t, "result_names.csv", Options{})
	require.Equal(t, []string{"iccid", "action", "input_line", "input_outcome_2", "input_imsi", "input_error_code", "input_outcome", "site"}, f.Columns())
	require.Equal(t, []string{sim1, "query_status", "7", "fine", "2040", "E1", "x", "Lyon"}, rows[0].Fields)
	require.Nil(t, rows[0].Prior)
	require.False(t, f.Results())
}

func TestResultFile(t *testing.T) {
	rows, s, f := readFile(t, "results.csv", Options{})
	require.True(t, f.Results())
	require.Equal(t, []string{"iccid", "action", "group", "site", "remark"}, f.Columns())
	require.Equal(t, []string{sim1, "set_aa_group", "0042", "Lyon", "seen"}, rows[0].Fields)
	p := rows[0].Prior
	require.Equal(t, jobs.OK, p.Outcome)
	require.Equal(t, "m2m:ops@api.example", p.Account)
	require.Equal(t, jobs.Data{jobs.SIMStatus: "active"}, p.Data)
	require.Equal(t, []string{"2", "ok", "", "", "", "m2m:ops@api.example", "1001", "1", "200", "2026-03-01T10:00:00Z", "120", "active", "", ""}, p.Fields)
	require.Equal(t, "-x", rows[2].Prior.Data[jobs.SIMStatus], "the apostrophe against formulas is not part of the value")
	require.Equal(t, "'-x", rows[2].Prior.Fields[11])
	require.Equal(t, 4, s.Selected)
	require.Equal(t, 2, s.Irreversible)
}

func TestOnly(t *testing.T) {
	rows, s, f := readFile(t, "results.csv", Options{Only: []jobs.Outcome{jobs.Failed, jobs.NotRun}})
	var copied []bool
	for _, row := range rows {
		copied = append(copied, row.Copied)
		require.Nil(t, row.Fault)
		require.Len(t, row.Fields, len(f.Columns()))
	}
	require.Equal(t, []bool{true, false, false, true}, copied)
	require.Equal(t, 4, s.Rows)
	require.Equal(t, 2, s.Selected)
	require.Equal(t, 1, s.Irreversible)
	require.Equal(t, []jobs.Action{jobs.QueryStatus, jobs.SetAAGroup}, s.Actions)
	require.Equal(t, map[jobs.Action]int{jobs.SetAAGroup: 1, jobs.QueryStatus: 1}, s.ByAction)
}

// A row that is only copied makes no duplicate of another one.
func TestOnlyAndRepeats(t *testing.T) {
	header := "iccid,action,group," + strings.Join(jobs.ResultColumns, ",") + "\n"
	row := func(group, outcome string) string {
		return sim1 + ",set_aa_group," + group + ",2," + outcome + ",,,,,,,,,\n"
	}
	text := header + row("A", "rejected") + row("B", "failed") + row("B", "failed") + row("C", "skipped")
	rows, s, _ := read(t, text, Options{Only: []jobs.Outcome{jobs.Failed}})
	require.Equal(t, map[int]jobs.Code{2: "", 3: "", 4: jobs.DuplicateRow, 5: ""}, codes(rows))
	require.Equal(t, map[string]int{"B": 1}, s.Groups)
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
	f, err := open(t, text.String(), Options{Kin: true})
	require.NoError(t, err)
	s, err := f.Scan(context.Background())
	require.NoError(t, err)
	require.Equal(t, 500, s.Twins)
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
