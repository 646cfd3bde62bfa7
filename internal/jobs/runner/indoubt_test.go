package runner

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
	"pgregory.net/rapid"

	"bulk/internal/jobs"
)

// paced is an upstream with a rate and a latency, asked as the real way to one
// asks: clearance, a turn, the intent, the request. It sends again where a
// request was surely not done.
type paced struct {
	limiter *rate.Limiter
	latency func(n int) time.Duration
	answer  func(n int) jobs.Answer
	begun   func() // after each durable intent

	mu   sync.Mutex
	sent int
}

func (p *paced) SetAAGroup(ctx context.Context, _ jobs.Turn, _ jobs.ICCID, _ string, in jobs.Intent) jobs.Answer {
	for {
		if in.Clear(ctx) != nil || p.limiter.Wait(ctx) != nil {
			return ended(jobs.Interrupted, jobs.SurelyNotSent)
		}
		if err := in.Begin(ctx); err != nil {
			return ended(jobs.Interrupted, jobs.SurelyNotSent)
		}
		p.mu.Lock()
		n := p.sent
		p.sent++
		p.mu.Unlock()
		p.begun()
		time.Sleep(p.latency(n))
		p.begun()
		a := p.answer(n)
		if a.Verdict != jobs.SurelyNotSent {
			return a
		}
		if err := in.NotSent(); err != nil {
			return jobs.Answer{Verdict: jobs.SurelyNotSent, Code: jobs.Aborted, Ends: jobs.EndsDisk}
		}
		time.Sleep(time.Second)
	}
}

// inDoubtAtMost does a run and gives how many of its commands were, at worst,
// unanswered or unknown together, as the ledger has it.
func inDoubtAtMost(t *testing.T, rows, bound int, p *paced) (most int, report Report) {
	synctest.Test(t, func(t *testing.T) {
		r := rigged(t, &played{}, many(rows, command)...)
		defer r.close()
		r.Guards.MaxInDoubt, r.Deps.Command = bound, p
		runner := r.prepare()
		p.begun = func() {
			open, err := runner.Run.InDoubt(context.WithoutCancel(t.Context()))
			require.NoError(t, err)
			p.mu.Lock()
			defer p.mu.Unlock()
			most = max(most, len(open))
		}
		var err error
		report, err = runner.Do(t.Context(), t.Context())
		require.NoError(t, err)
		p.begun()
	})
	return most, report
}

// Whatever the rate, the latency and the answers are: never are more commands of
// a run unanswered or unknown together than --max-in-doubt says.
func TestNeverMoreInDoubt(t *testing.T) {
	kinds := []jobs.Answer{
		done(), {Verdict: jobs.MaybeSent, Code: jobs.UpstreamError, HTTPStatus: 500, Attempts: 1}, ended(jobs.Timeout, jobs.MaybeSent),
		ended(jobs.GroupNotLive, jobs.Refused), ended(jobs.Throttled, jobs.SurelyNotSent),
	}
	checks(t, "25", "400")
	rapid.Check(t, func(rt *rapid.T) {
		bound := rapid.IntRange(1, 25).Draw(rt, "--max-in-doubt")
		longest := rapid.IntRange(0, 120_000).Draw(rt, "latency, ms")
		answers := rapid.SliceOfN(rapid.IntRange(0, len(kinds)-1), 1, 40).Draw(rt, "answers")
		late := rapid.SliceOfN(rapid.IntRange(0, longest), 1, 40).Draw(rt, "latencies, ms")
		most, _ := inDoubtAtMost(t, 80, bound, &paced{
			limiter: rate.NewLimiter(rate.Limit(rapid.Float64Range(0.5, 2000).Draw(rt, "rate")), 1),
			latency: func(n int) time.Duration { return time.Duration(late[n%len(late)]) * time.Millisecond },
			// Nobody says "not now" for ever.
			answer: func(n int) jobs.Answer {
				if a := kinds[answers[n%len(answers)]]; n < 1000 || a.Verdict != jobs.SurelyNotSent {
					return a
				}
				return done()
			},
		})
		require.LessOrEqual(rt, most, bound)
	})
}

// The figures of the issue: 500 after each deed.
func TestNeverMoreInDoubtThanPromised(t *testing.T) {
	for _, c := range []struct {
		bound     int
		perSecond float64
		latency   time.Duration
		most      int
	}{
		{bound: 20, perSecond: 10, latency: 4 * time.Second, most: 20},
		{bound: 20, perSecond: 100, latency: 2 * time.Second, most: 20},
		{bound: 3, perSecond: 100, latency: 2 * time.Second, most: 3},
		{bound: 1, perSecond: 100, latency: 2 * time.Second, most: 1},
		{bound: 20, perSecond: 10, latency: 10 * time.Millisecond, most: 10}, // half, since nothing else is on its way
		{bound: 0, perSecond: 100, latency: 2 * time.Second, most: 200},
	} {
		t.Run(fmt.Sprintf("%d at %v a second and %s", c.bound, c.perSecond, c.latency), func(t *testing.T) {
			most, report := inDoubtAtMost(t, 200, c.bound, &paced{
				limiter: rate.NewLimiter(rate.Limit(c.perSecond), 1), latency: func(int) time.Duration { return c.latency },
				answer: func(int) jobs.Answer {
					return jobs.Answer{Verdict: jobs.MaybeSent, Code: jobs.UpstreamError, HTTPStatus: 500, Attempts: 1}
				},
			})
			require.Equal(t, c.most, most)
			require.Equal(t, tally(jobs.Unknown, c.most), report.Tally)
			if c.bound > 0 {
				require.Equal(t, Guarded, report.Ending)
				require.Contains(t, report.Cause, fmt.Sprintf("half of --max-in-doubt %d", c.bound))
				require.Contains(t, report.Cause, "(upstream_error)")
			}
		})
	}
}

// What sets the speed is said: the bound where answers take long, not where the
// rate is low.
func TestWhatSetsTheSpeed(t *testing.T) {
	for _, c := range []struct {
		name          string
		bound         int
		perSecond     float64
		latency       time.Duration
		least, atMost time.Duration
	}{
		// 100 rows, 5 at once, 2 s each: 40 s, of which the last 2 s nobody waits.
		{"answers take long", 5, 100, 2 * time.Second, 37 * time.Second, 39 * time.Second},
		{"the rate is low", 5, 1, 2 * time.Second, 0, 0},
		{"no bound", 0, 100, 2 * time.Second, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, report := inDoubtAtMost(t, 100, c.bound, &paced{
				limiter: rate.NewLimiter(rate.Limit(c.perSecond), 1), latency: func(int) time.Duration { return c.latency },
				answer: func(int) jobs.Answer { return done() },
			})
			require.Equal(t, tally(jobs.OK, 100), report.Tally)
			require.GreaterOrEqual(t, report.BoundByDoubt, c.least)
			require.LessOrEqual(t, report.BoundByDoubt, c.atMost)
		})
	}
}

// While a place is lost the others carry on, and it is not given to two.
func TestPlacesInDoubt(t *testing.T) {
	g := newGuards(Guards{MaxInDoubt: 2}, time.Now)
	began := func(seq int) {
		_, err := g.clear(t.Context(), seq)
		require.NoError(t, err)
		g.update(func() { g.doubt.begin(seq) })
	}
	row := func(seq int) *jobs.Row { return &jobs.Row{Seq: seq, Action: jobs.SetAAGroup} }
	waits := func(seq int) <-chan error {
		result := make(chan error, 1)
		go func() {
			_, err := g.clear(t.Context(), seq)
			result <- err
		}()
		require.Eventually(t, func() bool { g.mu.Lock(); defer g.mu.Unlock(); return len(g.waiting) == 1 }, time.Second, time.Millisecond)
		return result
	}
	began(0)
	began(1)
	began(1) // again, for the same row, costs nothing
	third := waits(2)
	g.judge(row(7), &jobs.Result{Outcome: jobs.OK, Attempts: 1})
	require.Empty(t, third, "a row without a place gives none back")
	g.judge(row(0), &jobs.Result{Outcome: jobs.NotRun})
	require.Empty(t, third, "its intent stands in the ledger unsettled")
	g.judge(row(1), &jobs.Result{Outcome: jobs.OK, Attempts: 1})
	require.NoError(t, <-third)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := g.clear(ctx, 3)
	require.ErrorIs(t, err, context.Canceled)
	fourth := waits(4)
	g.close()
	require.ErrorIs(t, <-fourth, context.Canceled)
	_, err = g.clear(t.Context(), 5)
	require.ErrorIs(t, err, context.Canceled)
}

// Between the result that ends the run and its end no row slips through.
func TestNothingSlipsThrough(t *testing.T) {
	g := newGuards(Guards{MaxFailures: Limit{Count: 1}}, time.Now)
	why, _ := g.judge(&jobs.Row{Seq: 1}, &jobs.Result{Outcome: jobs.Failed, Code: jobs.Timeout, Attempts: 1})
	require.Equal(t, Guarded, why)
	_, err := g.clear(t.Context(), 2)
	require.ErrorIs(t, err, context.Canceled)
}

// A row that waits to be sent again holds no place.
func TestWaitingAgainHoldsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var times []time.Duration
		p := &paced{limiter: rate.NewLimiter(rate.Inf, 1), begun: func() {}}
		p.latency = func(int) time.Duration {
			times = append(times, time.Since(began))
			return 0
		}
		p.answer = func(n int) jobs.Answer {
			if n == 0 {
				return ended(jobs.Throttled, jobs.SurelyNotSent) // sent again after a second
			}
			return done()
		}
		r := rigged(t, &played{}, many(2, command)...)
		defer r.close()
		r.Guards.MaxInDoubt, r.Deps.Command = 1, p
		require.Equal(t, tally(jobs.OK, 2), r.run().Tally)
		require.Len(t, times, 3)
		require.Less(t, times[1], time.Second, "the second row did not wait for the first's second try")
	})
}

// Rows that the doubt of an earlier run bars send nothing, and cost no place.
func TestEarlierDoubtCostsNoPlace(t *testing.T) {
	r := rigged(t, &played{}, many(6, command)...)
	defer r.close()
	r.take()
	earlier, err := r.db.Start(t.Context(), r.info)
	require.NoError(t, err)
	for n := range 4 {
		row := jobs.Row{Seq: n, Line: n + 2, ICCID: card(n), Action: jobs.SetAAGroup, Group: "L1", SameReadAs: -1}
		require.NoError(t, earlier.Intend(accounts[jobs.M2M], &row, jobs.Standing{}).Begin(t.Context()))
	}
	r.Guards.MaxInDoubt = 2
	r.Workers = map[jobs.Upstream]int{jobs.M2M: 1}
	report := r.run()
	require.Equal(t, Complete, report.Ending, report.Cause)
	require.Equal(t, tally(jobs.Unknown, 4, jobs.OK, 2), report.Tally)
	require.Equal(t, 4, report.StillUnknown)
}
