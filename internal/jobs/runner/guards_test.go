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
)

func TestMaxFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		limit  Limit
		answer func(n int) jobs.Answer
		ends   bool
	}{
		{"all is well", Limit{Share: 0.2}, func(int) jobs.Answer { return done() }, false},
		{"an upstream's plain no does not count", Limit{Share: 0.2}, func(int) jobs.Answer { return ended(jobs.SIMUnknown, jobs.Refused) }, false},
		{"one in ten times out", Limit{Share: 0.2}, everyTenth, false},
		{"one in ten times out, a tenth is too many", Limit{Share: 0.05}, everyTenth, true},
		{"one in ten times out, five are too many", Limit{Count: 5}, everyTenth, true},
		{"a server's errors count", Limit{Count: 5}, func(int) jobs.Answer {
			return jobs.Answer{Verdict: jobs.MaybeSent, Code: jobs.UpstreamError, HTTPStatus: 502, Attempts: 1}
		}, true},
		{"an answer nobody can read counts", Limit{Count: 5}, func(int) jobs.Answer { return ended(jobs.BadResponse, jobs.MaybeSent) }, true},
		{"throttling counts", Limit{Count: 5}, func(int) jobs.Answer { return ended(jobs.Throttled, jobs.SurelyNotSent) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := -1
			up := &played{ask: func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer { n++; return c.answer(n) }}
			r := rigged(t, up, many(200, reading)...)
			defer r.close()
			r.Guards.MaxFailures = c.limit
			r.Workers = map[jobs.Upstream]int{jobs.M2M: 1}
			report := r.run()
			if !c.ends {
				require.Equal(t, Complete, report.Ending)
				require.Zero(t, report.NotRun)
				return
			}
			require.Equal(t, Guarded, report.Ending)
			require.Contains(t, report.Cause, "--max-failures")
			require.Positive(t, report.NotRun)
			sum := 0
			for _, n := range report.Tally {
				sum += n
			}
			require.Equal(t, 200, sum+report.NotRun, "each row is one or the other")
		})
	}
}

func everyTenth(n int) jobs.Answer {
	if n%10 == 0 {
		return ended(jobs.Timeout, jobs.MaybeSent)
	}
	return done()
}

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
		require.Equal(t, Guarded, report.Ending)
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
