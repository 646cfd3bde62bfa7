package runner

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// What happened before a pause counts after it: or a pause would be a way around
// the guards.
func TestGuardsOutliveAPause(t *testing.T) {
	limit := Limit{Count: 3}
	settings := Guards{MaxFailures: limit, MaxRefusals: limit, MaxInDoubt: 4, Canary: 1}
	command := func(seq int) *jobs.Row { return &jobs.Row{Seq: seq, Line: seq + 2, Action: jobs.SetAAGroup} }
	judged := func(g *guards, seq int, outcome jobs.Outcome, code jobs.Code) Ending {
		_, err := g.clear(t.Context(), seq)
		require.NoError(t, err)
		g.update(func() { g.doubt.begin(seq) })
		why, _ := g.judge(command(seq), &jobs.Result{Outcome: outcome, Code: code, Attempts: 1})
		return why
	}
	before := newGuards(settings, time.Now)
	require.Equal(t, Complete, judged(before, 0, jobs.OK, ""), "the canary")
	require.Equal(t, Complete, judged(before, 1, jobs.Unknown, jobs.Timeout))
	require.Equal(t, Complete, judged(before, 2, jobs.Failed, jobs.UpstreamError))

	after := newGuards(settings, time.Now)
	after.takeOver(before)
	require.False(t, after.canary.open(), "it is not sent once more")
	require.Equal(t, Guarded, judged(after, 3, jobs.Unknown, jobs.Timeout), "half of --max-in-doubt, over the pause")

	refused := newGuards(settings, time.Now)
	refused.takeOver(before)
	require.Equal(t, Complete, judged(refused, 4, jobs.Failed, jobs.UpstreamError))
	require.Equal(t, Guarded, judged(refused, 5, jobs.Failed, jobs.UpstreamError), "--max-refusals, over the pause")
}
