package redact

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestLeave(t *testing.T) {
	l := Leave([]string{"iccid", "Activation Code", "site", "EID", "input_imsi", "expect", "LPA", "qr_code"})
	require.Equal(t, []string{"iccid", "site"}, l.Columns())
	data := l.Data(jobs.ColumnsOf(jobs.Actions))
	for _, c := range data {
		require.NotContains(t, []string{"qr_code", "activation_code", "imsi", "eid"}, c.String())
	}
	require.Len(t, data, len(jobs.ColumnsOf(jobs.Actions))-4)

	expect, fault := jobs.ParseExpect("eid=8904;imsi=00101;profile_state=ENABLED", jobs.GetEUICCProfile)
	require.Nil(t, fault)
	result := jobs.Result{Outcome: jobs.Drift, Code: jobs.Drifted, Data: jobs.Data{EID: "89049032", IMSI: "234150", ActivationCode: "LPA:1$a$b", ProfileState: "DELETED"},
		Description: "eid is 89049032, expected 8904", UpstreamError: "eid 89049032 is odd"}
	prior := &jobs.Prior{Cells: jobs.ResultRow{Data: result.Data, Description: "eid 89049032"}}
	row, got := l.Row(jobs.Row{Fields: []string{"1", "code", "north", "e", "i", "x", "l", "q"}, Expect: expect, Prior: prior}, result)
	require.Equal(t, []string{"1", "north"}, row.Fields)
	require.Equal(t, jobs.Data{ProfileState: "DELETED"}, got.Data)
	require.Equal(t, "Eid differs; imsi differs; profile_state is DELETED, expected ENABLED.", got.Description)
	require.Equal(t, "eid *** is odd", got.UpstreamError)
	require.Equal(t, jobs.Data{ProfileState: "DELETED"}, row.Prior.Cells.Data)
	require.Equal(t, "eid ***", row.Prior.Cells.Description)
	require.Equal(t, "89049032", prior.Cells.Data.EID, "what was given stays as it is")
	require.Equal(t, "89049032", result.Data.EID)
	require.True(t, row.Expect.Empty())
	short, _ := l.Row(jobs.Row{Fields: []string{"1"}}, jobs.Result{})
	require.Equal(t, []string{"1"}, short.Fields, "a row that is cut short")
}
