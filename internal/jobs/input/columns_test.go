package input

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

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
	require.Equal(t, "m2m:ops@api.example", p.Cells.Account)
	require.Equal(t, jobs.Data{SIMStatus: "active"}, p.Cells.Data)
	require.Equal(t, jobs.ResultRow{Line: "2", Outcome: "ok", Account: "m2m:ops@api.example", RequestID: "1001", Attempts: "1", HTTPStatus: "200",
		Started: "2026-03-01T10:00:00Z", Duration: "120", Data: jobs.Data{SIMStatus: "active"}}, p.Cells)
	require.Equal(t, "-x", rows[2].Prior.Cells.SIMStatus, "the apostrophe against formulas is not part of the value")
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
