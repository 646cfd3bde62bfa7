package input

import (
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
