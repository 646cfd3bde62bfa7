package runner

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestMaxRefusals(t *testing.T) {
	notPending := func(int) jobs.Answer { return ended(jobs.SIMNotPending, jobs.Refused) }
	every := func(nth int, a jobs.Answer) func(int) jobs.Answer {
		return func(n int) jobs.Answer {
			if n%nth == 0 {
				return a
			}
			return done()
		}
	}
	half := Limit{Share: 0.5}
	for _, c := range []struct {
		name   string
		limit  Limit
		check  func(n int) jobs.Answer // nil: there is no live check
		answer func(n int) jobs.Answer
		sent   int
		cause  string // empty: the run goes on
	}{
		{name: "all are refused", limit: half, answer: notPending, sent: 50,
			cause: "too many SIMs were refused (--max-refusals 50%): 50 of 50: the SIM is not in a pending group; wrong file, or done by somebody else?"},
		{name: "a number", limit: Limit{Count: 7}, answer: notPending, sent: 7, cause: "7 of 7: the SIM is not in a pending group"},
		{name: "no limit", answer: notPending, sent: 120},
		{name: "one in three", limit: half, answer: every(3, ended(jobs.GroupNotLive, jobs.Refused)), sent: 120},
		{name: "every other one", limit: half, answer: every(2, ended(jobs.GroupNotLive, jobs.Refused)), sent: 51,
			cause: "26 of 51: the upstream takes the group for none that is live"},
		{name: "for several reasons", limit: Limit{Count: 30}, sent: 30, answer: func(n int) jobs.Answer {
			return ended([]jobs.Code{jobs.GroupNotLive, jobs.GroupNotLive, jobs.BadRequest}[n%3], jobs.Refused)
		}, cause: "30 of 30, and of these 20: the upstream takes the group"},
		{name: "by a live check", limit: half, check: func(int) jobs.Answer { return ended(jobs.SIMUnknown, jobs.Refused) },
			cause: "50 of 50: the upstream does not know the SIM; wrong file, or wrong account?"},
		{name: "what came to no answer is no refusal", limit: half, answer: func(int) jobs.Answer { return ended(jobs.Throttled, jobs.SurelyNotSent) }, sent: 120},
		{name: "a reason nobody knows", limit: half, answer: func(int) jobs.Answer { return ended(jobs.UpstreamError, jobs.Refused) }, sent: 50,
			cause: "50 of 50: upstream_error; look at upstream_error in the results"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var asked, sent atomic.Int64 // both lanes ask
			up := &played{
				ask:     func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer { return c.check(int(asked.Add(1)) - 1) },
				command: func(context.Context, jobs.ICCID, string) jobs.Answer { return c.answer(int(sent.Add(1)) - 1) },
			}
			// Reads do not count.
			r := rigged(t, up, append(many(20, profile), many(120, command)...)...)
			defer r.close()
			r.Guards.MaxRefusals, r.Deps.Preflight.Status = c.limit, c.check != nil
			if c.check == nil {
				c.check = func(int) jobs.Answer { return done() }
			}
			r.Workers = map[jobs.Upstream]int{jobs.M2M: 1, jobs.Betatel: 1}
			report := r.run()
			require.Len(t, up.sent, c.sent)
			if c.cause == "" {
				require.Equal(t, Complete, report.Ending, report.Cause)
				return
			}
			require.Equal(t, Guarded, report.Ending)
			require.Contains(t, report.Cause, c.cause)
		})
	}
}

// A dry run says it, once, and goes on.
func TestMaxRefusalsOfADryRun(t *testing.T) {
	up := &played{ask: func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer {
		return ended(jobs.SIMUnknown, jobs.Refused)
	}}
	r := rigged(t, up, many(120, command)...)
	defer r.close()
	r.Guards.MaxRefusals, r.Deps.Preflight.Status, r.Deps.Command = Limit{Share: 0.5}, true, nil
	var said []string
	r.Notice = func(text string) { said = append(said, text) }
	require.Equal(t, tally(jobs.Rejected, 120), r.run().Tally)
	require.Len(t, said, 1)
	require.Contains(t, said[0], "50 of 50: the upstream does not know the SIM")
}

// SIMs that an earlier run saw refused for the same reason are left out; what
// they are refused for now may be news.
func TestRefusedBefore(t *testing.T) {
	no := func(before jobs.Code) *jobs.Result {
		return &jobs.Result{Outcome: jobs.Failed, Code: jobs.SIMNotPending, Attempts: 1, RefusedBefore: before}
	}
	row := &jobs.Row{Action: jobs.SetAAGroup}
	g := newGuards(Guards{MaxRefusals: Limit{Share: 0.5}}, nil)
	for n := range 200 {
		require.Empty(t, g.weigh(row, no(jobs.SIMNotPending), false), n)
	}
	for n := range 49 {
		require.Empty(t, g.weigh(row, no(jobs.SIMClosed), false), n)
	}
	require.Contains(t, g.weigh(row, no(jobs.SIMClosed), false), "50 of 50")
}

// A row for which nothing was sent says nothing of the upstream.
func TestWhatSaysNothing(t *testing.T) {
	row := &jobs.Row{Action: jobs.SetAAGroup}
	g := newGuards(Guards{MaxRefusals: Limit{Count: 1}, MaxFailures: Limit{Count: 1}}, nil)
	for _, result := range []*jobs.Result{
		{Outcome: jobs.Rejected, Code: jobs.GroupUnknown},
		{Outcome: jobs.Skipped, Code: jobs.AlreadyDone},
		{Outcome: jobs.NotRun, Code: jobs.Interrupted, Attempts: 2},
		{Outcome: jobs.Unknown, Code: jobs.StillUnknown},
		{Action: jobs.SetAAGroup, Outcome: jobs.OK, Attempts: 3},
	} {
		require.Empty(t, g.weigh(row, result, false), fmt.Sprint(result.Outcome))
	}
	require.Equal(t, 1, g.done)
	require.Equal(t, 1, g.refused.asked)
	require.NotEmpty(t, g.weigh(row, &jobs.Result{Action: jobs.SetAAGroup, Outcome: jobs.Rejected, Code: jobs.SIMClosed, RequestID: "1", HTTPStatus: 200}, false), "a live check was asked")
	require.NotEmpty(t, g.weigh(&jobs.Row{Action: jobs.QueryStatus}, &jobs.Result{Outcome: jobs.Failed, Code: jobs.Timeout, Attempts: 1}, false))
	require.Empty(t, g.weigh(&jobs.Row{Action: jobs.QueryStatus}, &jobs.Result{Outcome: jobs.Failed, Code: jobs.SIMUnknown, Attempts: 0}, false), "a read's refusal is none")
}
