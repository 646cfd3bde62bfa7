package runner

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// What earlier legs came to counts for the guards of the next, as if it had been one.
func TestGuardsCountOverLegs(t *testing.T) {
	command := func(outcome jobs.Outcome, code jobs.Code) jobs.Result {
		return jobs.Result{Action: jobs.SetAAGroup, Outcome: outcome, Code: code, Attempts: 1}
	}
	earlier := &legs{refused: refusals{codes: map[jobs.Code]int{}}}
	for _, r := range []jobs.Result{
		command(jobs.OK, ""),
		command(jobs.Unknown, jobs.Timeout),
		command(jobs.Failed, jobs.Throttled),
		{Action: jobs.SetAAGroup, Outcome: jobs.Rejected, Code: jobs.SIMNotPending, HTTPStatus: 200, RequestID: "1"}, // by a live check
		{Action: jobs.QueryStatus, Outcome: jobs.Failed, Code: jobs.SIMUnknown, Attempts: 1},
		{Action: jobs.SetAAGroup, Outcome: jobs.Skipped, Code: jobs.AlreadyDone}, // sent nothing
		{Action: jobs.SetAAGroup, Outcome: jobs.NotRun, Attempts: 1},
	} {
		earlier.count(&r)
	}
	require.Equal(t, 5, earlier.done)
	require.Equal(t, 2, earlier.failed, "on the way, or unknown")
	require.Equal(t, 4, earlier.refused.asked)
	require.Equal(t, 1, earlier.refused.refused)
	earlier.canaries = 2

	g := New(Settings{
		Kept: &Kept{legs: earlier}, Guards: Guards{MaxFailures: Limit{Count: 3}, MaxRefusals: Limit{Count: 2}, Canary: 3}, Deps: jobs.Deps{Now: time.Now},
	}).guards
	g.goesOn = false // it is no dry run
	require.True(t, g.awaitsCanary(), "two of three were ok")
	require.True(t, g.canary.free(1))
	g.canary.take(1)
	require.False(t, g.canary.free(2), "the third goes alone")
	row := &jobs.Row{Seq: 1, Action: jobs.SetAAGroup}
	ok := command(jobs.OK, "")
	why, _ := g.judge(row, &ok)
	require.Equal(t, Complete, why)
	require.False(t, g.awaitsCanary())

	refused := command(jobs.Rejected, jobs.SIMNotPending)
	why, cause := g.judge(&jobs.Row{Seq: 2, Action: jobs.SetAAGroup}, &refused)
	require.Equal(t, Guarded, why)
	require.Contains(t, cause, "2 of 6")

	g = newGuards(Guards{MaxFailures: Limit{Count: 3}}, time.Now)
	g.afterLegs(earlier)
	failed := command(jobs.Failed, jobs.Connection)
	why, cause = g.judge(&jobs.Row{Seq: 3, Action: jobs.SetAAGroup}, &failed)
	require.Equal(t, Guarded, why)
	require.Contains(t, cause, "3 of 6")
}
