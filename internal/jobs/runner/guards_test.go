package runner

import (
	"context"
	"testing"

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

func TestUnknownRowsCountAsFailures(t *testing.T) {
	up := &played{command: func(context.Context, jobs.ICCID, string) jobs.Answer { return ended(jobs.Timeout, jobs.MaybeSent) }}
	r := rigged(t, up, many(20, command)...)
	defer r.close()
	r.Guards.MaxFailures = Limit{Count: 5}
	r.Workers = map[jobs.Upstream]int{jobs.M2M: 1}
	report := r.run()
	require.Equal(t, Guarded, report.Ending)
	require.Contains(t, report.Cause, "5 of 5 rows failed on the way or became unknown (--max-failures 5)")
	require.Equal(t, tally(jobs.Unknown, 5), report.Tally)
	require.Len(t, up.sent, 5)
}

func everyTenth(n int) jobs.Answer {
	if n%10 == 0 {
		return ended(jobs.Timeout, jobs.MaybeSent)
	}
	return done()
}
