package input

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestRowFaults(t *testing.T) {
	wrong := sim1[:18] + "8"
	for _, c := range []struct {
		name, header, row string
		options           Options
		code              jobs.Code
		says              string
	}{
		{"good", "iccid,action", sim1 + ",query_status", Options{}, "", ""},
		{"one field, no action", "iccid,action", "x", Options{}, jobs.FieldCount, "has 1 field where"},
		{"too many fields", "iccid,action", sim1 + ",query_status,x", Options{}, jobs.FieldCount, "has 3 fields where the header has 2"},
		{"field count before iccid", "iccid,action", "12,query_status,x", Options{}, jobs.FieldCount, ""},
		{"spare empty fields", "iccid,action", sim1 + ",query_status,,\u00a0,", Options{}, "", ""},
		{"spare empty fields of a command", "iccid,action,group", sim1 + ",set_aa_group,A,,", Options{}, "", ""},
		{"a field behind spare ones", "iccid,action", sim1 + ",query_status,,x", Options{}, jobs.FieldCount, "has 4 fields where the header has 2"},
		{"a read without what is only carried", "iccid,action,site", sim1 + ",query_status", Options{}, "", ""},
		{"a read without group and expect", "iccid,action,group,current_group,expect", sim1 + ",query_status", Options{}, "", ""},
		{"a read by --action without its cell", "iccid,site,action", sim1 + ",Kiel", Options{Action: jobs.QueryStatus}, "", ""},
		{"a command by --action without its cell", "iccid,group,action", sim1 + ",A", Options{Action: jobs.SetAAGroup}, jobs.FieldCount,
			"after 2 of 3 fields, before what set_aa_group reads: action. A spreadsheet left out the empty cells at its end, or it was cut off. Write the cells; for what is meant to be empty or to come from --action end the line with empty fields"},
		{"no action, without its cell", "iccid,site,action", sim1 + ",Kiel", Options{}, jobs.FieldCount, "after 2 of 3 fields, before what bulk reads: action. A"},
		{"an unknown action, short", "iccid,action,site", sim1 + ",fly", Options{}, jobs.FieldCount, "has 2 fields where the header has 3. Look for a missing or an unquoted delimiter"},
		{"a read without its iccid", "action,site,iccid", "query_status,Kiel", Options{}, jobs.FieldCount, "missing or an unquoted delimiter"},
		{"a command without its iccid", "action,group,iccid", "set_aa_group,A", Options{}, jobs.FieldCount, "missing or an unquoted delimiter"},
		{"a command without what is only carried", "iccid,action,group,site,order", sim1 + ",set_aa_group,A", Options{}, "", ""},
		{"a command without its group", "iccid,action,group", sim1 + ",set_aa_group", Options{Group: "B"}, jobs.FieldCount, "reads: group. A spreadsheet left out the empty cells at its end, or it was cut off. Write the cells; for what is meant to be empty or to come from --group end"},
		{"a command without its current group", "iccid,action,group,site,current_group", sim1 + ",set_aa_group,A,x", Options{}, jobs.FieldCount, "after 4 of 5 fields, before what set_aa_group reads: current_group. A spreadsheet left out the empty cells at its end, or it was cut off. Write the cells; for what is meant to be empty end"},
		{"a command without all of that", "iccid,action,group,site,current_group,expect", sim1 + ",set_aa_group", Options{}, jobs.FieldCount, "reads: group, current_group, expect."},
		{"another delimiter in the line", "iccid,group,action", sim1 + ";A", Options{Action: jobs.SetAAGroup}, jobs.FieldCount, "has 1 field where"},
		{"a command without its expect", "iccid,action,group,expect", sim1 + ",set_aa_group,A", Options{}, jobs.FieldCount, "reads: expect."},
		{"iccid before action", "iccid,action", "12,nonsense", Options{}, jobs.ICCIDFormat, "2 digits"},
		{"scientific", "iccid,action", "8.9E+18,query_status", Options{}, jobs.ICCIDScientific, ""},
		{"action missing", "iccid,action", sim1 + ",", Options{}, jobs.ActionMissing, "--action"},
		{"action of spaces", "iccid,action", sim1 + ",\u00a0", Options{}, jobs.ActionMissing, ""},
		{"action given", "iccid,action", sim1 + ",", Options{Action: jobs.QueryStatus}, "", ""},
		{"action unknown", "iccid,action", sim1 + ",frobnicate", Options{Action: jobs.QueryStatus}, jobs.ActionUnknown, `"frobnicate" is no action. Use query_status,`},
		{"action misspelt", "iccid,action", sim1 + ",Query Statsu", Options{}, jobs.ActionUnknown, `"Query Statsu" is no action. Did you mean query_status? Use query_status,`},
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
		{"an error value as group", "iccid,action,group", sim1 + ",set_aa_group,#REF!", Options{Group: "B"}, jobs.CellUnreadable, "The group holds an error value, #REF!. Write the value itself"},
		{"an error value as current group", "iccid,action,group,current_group", sim1 + ",set_aa_group,A,#N/A", Options{}, jobs.CellUnreadable, "The current_group holds"},
		{"an error value as action", "iccid,action", sim1 + ",#NAME?", Options{Action: jobs.QueryStatus}, jobs.CellUnreadable, "The action holds"},
		{"an error value as iccid", "iccid,action", "#NV,query_status", Options{}, jobs.CellUnreadable, "The iccid holds"},
		{"an error value as expect", "iccid,action,expect", sim1 + ",query_status,Err:502", Options{}, jobs.CellUnreadable, "The expect holds"},
		{"a formula as group", "iccid,action,group", sim1 + `,set_aa_group,"=VLOOKUP(A2,Stock!A:B,2,0)"`, Options{Group: "B"}, jobs.CellUnreadable, "a formula, =VLOOKUP(A2,Stock!A:B,2,0), and not its result"},
		{"a formula as iccid", "iccid,action", "=A2,query_status", Options{}, jobs.CellUnreadable, ""},
		{"what a result file says of a formula", "iccid,action,group", sim1 + ",set_aa_group,#FORMULA!", Options{Group: "B"}, jobs.CellUnreadable, "a formula whose result is not in the file"},
		{"what a result file says of a merge", "iccid,action,group", sim1 + ",set_aa_group,#MERGED!", Options{Group: "B"}, jobs.CellUnreadable, "covered by a merged cell"},
		{"an error value in what is only carried", "iccid,action,site", sim1 + ",query_status,#REF!", Options{}, "", ""},
		{"an error value in a read's groups", "iccid,action,group,current_group", sim1 + ",query_status,#REF!,=A1", Options{}, "", ""},
		{"a group that begins with a number sign", "iccid,action,group", sim1 + ",set_aa_group,#12", Options{}, "", ""},
		{"iccid before an error value", "iccid,action,group", "12,set_aa_group,#REF!", Options{}, jobs.ICCIDFormat, ""},
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
	require.Equal(t, map[int]jobs.Code{2: "", 3: jobs.FieldCount, 4: ""}, codes(rows))
	require.Equal(t, []string{sim1, "query_status", ""}, rows[0].Fields, "a read that lacks what is only carried")
	require.Equal(t, []string{sim2, "query_status", "a"}, rows[1].Fields)
	require.Equal(t, []FaultCount{{jobs.FieldCount, jobs.Invalid, 1, []int{3}}}, s.Faults)
	require.Equal(t, map[jobs.Action]int{"": 1, jobs.QueryStatus: 2}, s.ByAction)
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
}

// lookRounded gives numbers of right check digit that end in zeros alone.
func lookRounded(n int) (numbers []string) {
	for body := 894450000000000; len(numbers) < n; body++ {
		if i := jobs.ICCID(strconv.Itoa(body) + "0000"); i.LuhnOK() {
			numbers = append(numbers, string(i))
		}
	}
	return numbers
}

// Numbers of right check digit that end in zeros alone are taken for rounded ones
// where there are at least two and more than one in a thousand rows.
func TestRoundedByNumber(t *testing.T) {
	for _, c := range []struct {
		name           string
		rows, rounding int
		rounded        bool
	}{
		{"one alone", 1, 1, false},
		{"one of a few", 5, 1, false},
		{"two of a few", 5, 2, true},
		{"two of 1,999", 1999, 2, true},
		{"two of 2,000", 2000, 2, false},
		{"two of 15,100", 15_100, 2, false},
		{"sixteen of 15,100", 15_100, 16, true},
		{"all", 3000, 3000, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			b.WriteString("iccid,action\n")
			rounding := lookRounded(c.rounding)
			for n := range c.rows {
				number := madeICCID(n*1000 + 1)
				// They stand far apart, the first in the first row and the last in the last.
				if at := n * (c.rounding - 1) / max(c.rows-1, 1); n == 0 || at > (n-1)*(c.rounding-1)/max(c.rows-1, 1) {
					number = rounding[at]
				}
				b.WriteString(number + ",query_status\n")
			}
			rows, s, _ := read(t, b.String(), Options{})
			want := 0
			if c.rounded {
				want = c.rounding
			}
			require.Equal(t, want, s.Count(jobs.ICCIDRounded))
			require.Equal(t, want, s.Faulty)
			require.Equal(t, c.rows, s.ByAction[jobs.QueryStatus])
			found := 0
			for _, row := range rows {
				if row.Fault != nil {
					found++
				}
			}
			require.Equal(t, want, found)
		})
	}
}

func TestWrongCheckDigitsAreCounted(t *testing.T) {
	wrong := sim1[:18] + "8"
	text := "iccid,action,group\n" + wrong + ",query_status,\n" + wrong + ",query_contract,\n" + wrong + ",set_aa_group,A\n" + sim1 + ",query_status,\n"
	_, s, _ := read(t, text, Options{})
	require.Equal(t, 2, s.WrongCheckDigits)
	_, s, _ = read(t, text, Options{ICCIDCheck: CheckLength})
	require.Equal(t, 3, s.WrongCheckDigits)
}
