package runner

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// The canary's rows are sent before all others, and alone.
func TestCanary(t *testing.T) {
	ok := func(jobs.ICCID) jobs.Answer { return done() }
	for _, c := range []struct {
		name   string
		answer func(jobs.ICCID) jobs.Answer
		status func(jobs.ICCID) jobs.Answer
		tally  map[jobs.Outcome]int
		sent   int
	}{
		{name: "is ok", answer: ok, tally: tally(jobs.OK, 13), sent: 13},
		{name: "is refused", answer: func(jobs.ICCID) jobs.Answer { return ended(jobs.GroupNotLive, jobs.Refused) }, tally: tally(jobs.Failed, 3), sent: 3},
		{name: "is unknown", answer: func(jobs.ICCID) jobs.Answer { return ended(jobs.Timeout, jobs.MaybeSent) }, tally: tally(jobs.Unknown, 3), sent: 3},
		{name: "is replaced where it was not really sent", answer: ok, status: func(i jobs.ICCID) jobs.Answer {
			if i < card(5) {
				return ended(jobs.SIMUnknown, jobs.Refused)
			}
			return done()
		}, tally: tally(jobs.OK, 8, jobs.Rejected, 5), sent: 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { canaryRun(t, c.answer, c.status, c.tally, c.sent) })
		})
	}
}

func canaryRun(t *testing.T, answer, status func(jobs.ICCID) jobs.Answer, want map[jobs.Outcome]int, sent int) {
	var begun, landed atomic.Int64
	up := &played{command: func(_ context.Context, iccid jobs.ICCID, _ string) jobs.Answer {
		if begun.Add(1) > 3 {
			assert.GreaterOrEqual(t, landed.Load(), int64(3), "sent before the canary was back")
		}
		time.Sleep(time.Second)
		landed.Add(1)
		return answer(iccid)
	}}
	if status != nil {
		up.ask = func(_ context.Context, _ jobs.Action, iccid jobs.ICCID) jobs.Answer { return status(iccid) }
	}
	r := rigged(t, up, many(13, command)...)
	defer r.close()
	r.Guards.Canary = 3
	r.Deps.Preflight.Status = status != nil
	report := r.run()
	require.Equal(t, want, report.Tally)
	require.Len(t, up.sent, sent)
	if sent == 3 {
		require.Equal(t, BadCanary, report.Ending)
		require.Contains(t, report.Cause, "--canary 3")
		require.Equal(t, 10, report.NotRun)
	}
}

// Reads do not wait for a canary, and what waits for it goes when the run ends.
func TestCanaryAndTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &played{command: func(ctx context.Context, _ jobs.ICCID, _ string) jobs.Answer {
			<-ctx.Done()
			return ended(jobs.Interrupted, jobs.MaybeSent)
		}}
		r := rigged(t, up, append(many(5, command), many(5, func(n int) string { return reading(10 + n) })...)...)
		defer r.close()
		r.Guards.Canary = 1
		intake, stop := context.WithCancel(t.Context())
		runner := r.prepare()
		reports := make(chan Report, 1)
		go func() {
			report, err := runner.Do(intake, t.Context())
			require.NoError(t, err)
			reports <- report
		}()
		synctest.Wait()
		finished, _, _ := runner.Progress()
		require.Equal(t, 5, finished, "the reads are done")
		require.Len(t, up.sent, 1)
		stop()
		report := <-reports
		require.Equal(t, tally(jobs.OK, 5, jobs.Unknown, 1), report.Tally)
		require.Equal(t, 4, report.NotRun, fmt.Sprint(r.outcomes()))
	})
}

// What a canary came to outlives the process: it bars the rest of the run, with
// or without --canary, until a person has looked.
func TestBadCanaryOutlivesTheProcess(t *testing.T) {
	for _, c := range []struct {
		name     string
		outcome  jobs.Outcome // that was recorded before the kill; empty: none
		barred   Ending       // the next start; empty: not at all
		resolved bool         // by a person, after that
		cause    string
		then     map[jobs.Outcome]int // at the start after that
	}{
		{name: "on its way", barred: Guarded, cause: "the canary on line 2 is unknown and bars the rest: look SIM " + string(card(0)) + " up", then: tally(jobs.Unknown, 1)},
		{name: "unknown", outcome: jobs.Unknown, barred: Guarded, cause: "bars the rest", then: tally(jobs.Unknown, 1)},
		{name: "unknown, and resolved", outcome: jobs.Unknown, barred: Guarded, cause: "bars the rest", resolved: true, then: tally(jobs.OK, 4)},
		{name: "refused", outcome: jobs.Failed, barred: BadCanary, cause: "the canary on line 2 was refused", then: tally(jobs.Failed, 1, jobs.OK, 3)},
		{name: "ok", outcome: jobs.OK, then: tally(jobs.OK, 4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := &played{}
			r := rigged(t, up, many(4, command)...)
			defer r.close()
			r.take()
			run, err := r.db.Continue(t.Context(), r.info, "ann", "box", "out.csv")
			require.NoError(t, err)
			row := &jobs.Row{Seq: 0, Line: 2, ICCID: card(0), Action: jobs.SetAAGroup, Group: "L1", SameReadAs: -1}
			act := run.Intend(accounts[jobs.M2M], row, jobs.Standing{})
			act.Canary = true
			require.NoError(t, act.Begin(t.Context()))
			if c.outcome != "" {
				result := &jobs.Result{Action: row.Action, Outcome: c.outcome, Code: jobs.GroupNotLive, Attempts: 1, Started: time.Now()}
				require.NoError(t, run.Record(row, result, func(err error) { t.Error(err) }))
			}
			if c.barred != "" {
				report := r.run()
				require.Equal(t, c.barred, report.Ending)
				require.Contains(t, report.Cause, c.cause)
				require.Empty(t, up.sent)
				require.NoError(t, r.ended(report))
			}
			if c.resolved {
				_, err := r.db.Resolve(t.Context(), accounts[jobs.M2M], card(0), ledger.FoundNotDone, "", "ann", "looked")
				require.NoError(t, err)
			}
			require.Equal(t, c.then, r.run().Tally)
		})
	}
}

// A SIM whose last attempt was refused is a canary only where no other is left;
// the rows of each SIM stay in the order of the file all the same.
func TestRefusedSIMsAreNoCanaries(t *testing.T) {
	both := func(n int) []string { return []string{command(n), reading(n)} }
	var mixed []string
	for n := range 6 {
		mixed = append(mixed, both(n)...)
	}
	for _, c := range []struct {
		name    string
		rows    []string
		refused []int // at an earlier run
		now     []int // refused again
		canary  int
		sent    []int // in this order, but for those after the canary
		tally   map[jobs.Outcome]int
	}{
		{name: "the first two", rows: many(5, command), refused: []int{0, 1}, now: []int{0, 1}, canary: 1, sent: []int{2}, tally: tally(jobs.OK, 3, jobs.Failed, 2)},
		{name: "all but the last", rows: many(4, command), refused: []int{0, 1, 2}, canary: 1, sent: []int{3, 0, 1, 2}, tally: tally(jobs.OK, 4)},
		{name: "all, and again", rows: many(4, command), refused: []int{0, 1, 2, 3}, now: []int{0}, canary: 1, sent: []int{0}, tally: tally(jobs.Failed, 1)},
		{name: "all, but now they are taken", rows: many(3, command), refused: []int{0, 1, 2}, canary: 3, sent: []int{0, 1, 2}, tally: tally(jobs.OK, 3)},
		{name: "too few others", rows: many(4, command), refused: []int{0, 1}, canary: 3, sent: []int{2, 3, 0, 1}, tally: tally(jobs.OK, 4)},
		{name: "no canary", rows: many(3, command), refused: []int{0}, sent: []int{0, 1, 2}, tally: tally(jobs.OK, 3)},
		{name: "among reads of the same SIMs", rows: mixed, refused: []int{0, 2}, canary: 1, sent: []int{1, 3, 4, 5, 0, 2}, tally: tally(jobs.OK, 12)},
	} {
		t.Run(c.name, func(t *testing.T) {
			refuses := c.refused
			up := &played{command: func(_ context.Context, iccid jobs.ICCID, _ string) jobs.Answer {
				for _, n := range refuses {
					if iccid == card(n) {
						return ended(jobs.SIMNotPending, jobs.Refused)
					}
				}
				return done()
			}}
			r := rigged(t, up, c.rows...)
			defer r.close()
			for _, n := range c.refused {
				r.earlier(t, command(n))
			}
			up.sent, refuses = nil, c.now
			r.Guards.Canary = c.canary
			r.Workers = map[jobs.Upstream]int{jobs.M2M: 1}
			require.Equal(t, c.tally, r.run().Tally)
			for i, n := range c.sent {
				require.Equal(t, card(n), up.sent[i], "place %d of %v", i, up.sent)
			}
		})
	}
}
