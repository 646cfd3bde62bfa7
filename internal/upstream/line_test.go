package upstream

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/dicetest"
)

// TestLineKeepsTheRate holds the line to its rate whatever the latency: at
// least 99 % of it over a run, never a second above it, and no burst at the
// start. Under fake time nothing is late, so the bounds are sharp.
func TestLineKeepsTheRate(t *testing.T) {
	for _, rate := range []float64{1, 3, 10, 100, 500, 5000} {
		for _, latency := range []time.Duration{5 * time.Millisecond, 200 * time.Millisecond} {
			t.Run(fmt.Sprintf("%g a second at %s", rate, latency), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &sim{latency: latency}
					l := NewLine(Settings{Upstream: jobs.M2M, Rate: rate, Retries: 4, MaxOutage: time.Minute})
					began := time.Now()
					seconds := 20.0
					if rate > 100 {
						seconds = 5 // the more a second, the less time it takes to see
					}
					n := int(seconds * rate)
					bad, done := drive(t.Context(), l, s, n)
					require.Empty(t, bad)
					require.Equal(t, n, done)
					span := s.all[len(s.all)-1].Sub(began).Seconds()
					require.GreaterOrEqual(t, float64(n)/span, 0.99*rate*(1-latency.Seconds()/seconds), "achieved")
					require.LessOrEqual(t, float64(densest(s.all)), max(rate+1, rate*1.02), "densest second")
				})
			})
		}
	}
}

// TestLineStartsWithoutABurst: whatever gathered while nothing could be sent,
// before the first request, while that was alone, or through an outage, is not
// made up for.
func TestLineStartsWithoutABurst(t *testing.T) {
	const rate = 1000
	for name, c := range map[string]struct {
		before time.Duration
		sim    *sim
	}{
		"the input took long to read":    {time.Minute, &sim{}},
		"the first answer took long":     {0, &sim{latency: 2 * time.Second}},
		"the upstream was down at first": {0, &sim{down: func(now time.Time) bool { return now.Second() < 30 }}},
		"it was down in between":         {0, &sim{down: func(now time.Time) bool { return now.Second() == 7 }}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLine(Settings{Upstream: jobs.M2M, Rate: rate, Retries: 4, MaxOutage: time.Minute})
				time.Sleep(c.before)
				bad, _ := drive(t.Context(), l, c.sim, 10*rate)
				require.Empty(t, bad)
				for span, most := range map[time.Duration]float64{100 * time.Millisecond: 0.106 * rate, time.Second: 1.01 * rate} {
					require.LessOrEqual(t, float64(densestIn(c.sim.all, span)), most, "in %s", span)
				}
			})
		})
	}
}

// TestLineAdaptsToLatency: as many in flight as the rate needs, also when the
// latency changes in mid-run.
func TestLineAdaptsToLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sim{latency: 5 * time.Millisecond}
		l := NewLine(Settings{Upstream: jobs.M2M, Rate: 400, Retries: 4, MaxOutage: time.Minute})
		ctx, cancel := context.WithCancel(t.Context())
		go drive(ctx, l, s, 1<<30)
		time.Sleep(10 * time.Second)
		require.LessOrEqual(t, s.mostInside(), 8, "in flight at 5 ms")
		s.mu.Lock()
		s.latency = 2 * time.Second
		s.mu.Unlock()
		time.Sleep(3 * time.Second)
		from := time.Now()
		time.Sleep(10 * time.Second)
		require.InDelta(t, 4000, s.between(from, from.Add(10*time.Second)), 40, "the rate at 2 s")
		require.LessOrEqual(t, s.mostInside(), 820, "in flight at 2 s")
		cancel()
		synctest.Wait()
	})
}

// refusals are the ways in which a gateway may say "too fast".
var refusals = map[string]Attempt{
	"429":               {Verdict: jobs.SurelyNotSent, Code: jobs.Throttled, HTTPStatus: 429, Trouble: Throttling},
	"429, Retry-After":  {Verdict: jobs.SurelyNotSent, Code: jobs.Throttled, HTTPStatus: 429, Trouble: Throttling, RetryAfter: time.Second},
	"503, Retry-After":  {Verdict: jobs.SurelyNotSent, Code: jobs.Throttled, HTTPStatus: 503, Trouble: Throttling, RetryAfter: time.Second},
	"inside 200":        {Verdict: jobs.SurelyNotSent, Code: jobs.Throttled, HTTPStatus: 200, Trouble: Throttling},
	"a bare 503 (read)": {Verdict: jobs.MaybeSent, Code: jobs.UpstreamError, HTTPStatus: 503, Trouble: Down},
}

// TestLineSettlesBelowAGateway: against a gateway that allows less than --rate
// the line settles at 90 % or more of what it allows, with under 5 % of attempts
// refused and no row failed; and when the limit rises, so does the rate.
func TestLineSettlesBelowAGateway(t *testing.T) {
	for name, refusal := range refusals {
		for _, c := range []struct{ rate, limit int }{{100, 40}, {50, 10}, {1000, 300}, {20, 18}} {
			t.Run(fmt.Sprintf("%s, %d of %d", name, c.limit, c.rate), func(t *testing.T) {
				if c.rate == 1000 && name != "429" {
					return // the number makes the difference there, not the words
				}
				synctest.Test(t, func(t *testing.T) {
					s := &sim{latency: 80 * time.Millisecond, limit: c.limit, refusal: refusal}
					l := NewLine(Settings{Upstream: jobs.M2M, Rate: float64(c.rate), Retries: 4, MaxOutage: time.Minute})
					ctx, cancel := context.WithCancel(t.Context())
					var bad []jobs.Answer
					go func() { bad, _ = drive(ctx, l, s, 1<<30) }()
					time.Sleep(30 * time.Second)
					settled := time.Now()
					time.Sleep(4 * time.Minute)
					passed := s.between(settled, time.Now())
					t.Logf("%.3f of the gateway's rate, %.3f refused", float64(passed)/(240*float64(c.limit)), float64(s.refused)/float64(len(s.all)))
					require.GreaterOrEqual(t, float64(passed), 0.9*240*float64(c.limit), "settled rate")
					require.LessOrEqual(t, float64(s.refused), 0.05*float64(len(s.all)), "refused")
					s.mu.Lock()
					s.limit = 0
					s.mu.Unlock()
					time.Sleep(2 * time.Minute)
					risen := time.Now()
					time.Sleep(10 * time.Second)
					require.InDelta(t, 10*c.rate, s.between(risen, time.Now()), float64(c.rate)/2+2, "the rate once the limit is lifted")
					cancel()
					synctest.Wait()
					require.Empty(t, bad)
				})
			})
		}
	}
}

// TestLineFindsALimitAtOnce: 900 reads at 300 a second against a gateway that lets 60
// through in each whole second cost few refusals and little more than 15 seconds.
// Where a run begins in the gateway's second makes a difference: package simulate
// plays all of it.
func TestLineFindsALimitAtOnce(t *testing.T) {
	for name, refusal := range refusals {
		for latency, mostRefused := range map[time.Duration]float64{time.Millisecond: 0.03, 200 * time.Millisecond: 0.08} {
			for _, begins := range []time.Duration{0, 300 * time.Millisecond, 500 * time.Millisecond} {
				t.Run(fmt.Sprintf("%s, %s, begun at %s", name, latency, begins), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						time.Sleep(begins)
						s := &sim{latency: latency, limit: 60, whole: true, refusal: refusal}
						l := NewLine(Settings{Upstream: jobs.M2M, Rate: 300, Retries: 4, MaxOutage: time.Minute})
						began := time.Now()
						bad, done := drive(t.Context(), l, s, 900)
						require.Empty(t, bad)
						require.Equal(t, 900, done)
						ideal := 15.0
						t.Logf("%.3f refused, %.3f of the ideal time", float64(s.refused)/float64(len(s.all)), time.Since(began).Seconds()/ideal)
						require.LessOrEqual(t, float64(s.refused), mostRefused*float64(len(s.all)), "refused")
						most := 1.10
						if refusal.RetryAfter > 0 {
							most = 1.25
						}
						require.LessOrEqual(t, time.Since(began).Seconds(), most*ideal)
						require.LessOrEqual(t, densest(s.all), 302, "--rate")
					})
				})
			}
		}
	}
}

// TestStrayRefusalsHoldNothing: where one in fifty is answered with a bare 503 the rate
// stays.
func TestStrayRefusalsHoldNothing(t *testing.T) {
	const rate = 10
	dice := dicetest.For(t)
	synctest.Test(t, func(t *testing.T) {
		s := &sim{latency: 50 * time.Millisecond, refusal: refusals["a bare 503 (read)"], stray: func() bool { return dice.IntN(50) == 0 }}
		l := NewLine(Settings{Upstream: jobs.M2M, Rate: rate, Retries: 4, MaxOutage: time.Minute})
		began := time.Now()
		bad, _ := drive(t.Context(), l, s, 300*rate)
		require.Empty(t, bad)
		require.GreaterOrEqual(t, float64(len(s.all)), 0.9*rate*(time.Since(began).Seconds()-10), "but for the last attempts, and for bad luck")
	})
}

// TestLineAfterAMaintenanceWindow: an upstream that refuses all for a while says by that
// nothing of its limit: once it lets something through again, the rate is what it was.
func TestLineAfterAMaintenanceWindow(t *testing.T) {
	for name, refusal := range refusals {
		for _, rate := range []float64{1, 10, 100} {
			for _, length := range []time.Duration{3 * time.Second, 40 * time.Second, 10 * time.Minute} {
				t.Run(fmt.Sprintf("%s, %s at %g a second", name, length, rate), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						from := time.Now().Add(10 * time.Second)
						to := from.Add(length)
						s := &sim{latency: 20 * time.Millisecond, refusal: refusal, stray: func() bool { return time.Now().After(from) && time.Now().Before(to) }}
						l := NewLine(Settings{Upstream: jobs.M2M, Rate: rate, Retries: 1000, MaxOutage: 15 * time.Minute})
						n := int(60 * rate)
						bad, done := drive(t.Context(), l, s, n)
						require.Empty(t, bad)
						require.Equal(t, n, done)
						first := slices.IndexFunc(s.accepted, func(at time.Time) bool { return at.After(to) })
						again := s.accepted[first]
						require.Less(t, again.Sub(to), 11*time.Second, "something passes again")
						require.GreaterOrEqual(t, float64(s.between(again, again.Add(20*time.Second))), 0.9*20*rate-4, "in the twenty seconds after that")
						require.Less(t, s.refused, 20+int(rate*2+length.Seconds()), "refused")
					})
				})
			}
		}
	}
}

// TestLineWaitsOutAnOutage: a minute without connections costs probes a few
// seconds apart and no row.
func TestLineWaitsOutAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		from, to := began.Add(5*time.Second), began.Add(65*time.Second)
		s := &sim{latency: 50 * time.Millisecond, down: func(now time.Time) bool { return now.After(from) && now.Before(to) }}
		l := NewLine(Settings{Upstream: jobs.M2M, Rate: 20, Retries: 4, MaxOutage: 15 * time.Minute})
		bad, done := drive(t.Context(), l, s, 400)
		require.Empty(t, bad)
		require.Equal(t, 400, done)
		probes := 0
		for _, at := range s.all {
			if at.After(from.Add(time.Second)) && at.Before(to) {
				probes++
			}
		}
		require.InDelta(t, 20, probes, 3, "probes")
		require.InDelta(t, 85, time.Since(began).Seconds(), 5, "the run lasts as long as its rows and the outage")
	})
}

func TestLineGivesUpAfterTheLongestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sim{latency: time.Millisecond, down: func(time.Time) bool { return true }}
		l := NewLine(Settings{Upstream: jobs.M2M, Rate: 20, Retries: 4, MaxOutage: 2 * time.Minute})
		began := time.Now()
		bad, done := drive(t.Context(), l, s, 10)
		require.Zero(t, done)
		require.Len(t, bad, 10)
		for _, a := range bad {
			require.Equal(t, jobs.EndsOutage, a.Ends)
			require.Equal(t, jobs.SurelyNotSent, a.Verdict)
		}
		require.InDelta(t, 120, time.Since(began).Seconds(), 5)
	})
}

// answers returns the given attempts one after the other, the last for ever.
func answers(all ...Attempt) (Once, *int) {
	n := new(int)
	return func(context.Context) Attempt {
		a := all[min(*n, len(all)-1)]
		*n++
		return a
	}, n
}

var (
	fine    = Attempt{Verdict: jobs.Done, HTTPStatus: 200}
	err500  = Attempt{Verdict: jobs.MaybeSent, Code: jobs.UpstreamError, HTTPStatus: 500, Trouble: Down}
	timeout = Attempt{Verdict: jobs.MaybeSent, Code: jobs.Timeout, Trouble: Down}
	refused = Attempt{Verdict: jobs.SurelyNotSent, Code: jobs.Connection, Trouble: Down}
	no      = Attempt{Verdict: jobs.Refused, Code: jobs.SIMUnknown, HTTPStatus: 200, About: AboutSIM}
	garbage = Attempt{Verdict: jobs.MaybeSent, Code: jobs.BadResponse, HTTPStatus: 200}
	tooFast = Attempt{Verdict: jobs.SurelyNotSent, Code: jobs.Throttled, HTTPStatus: 429, Trouble: Throttling}
	badKey  = Attempt{Verdict: jobs.Refused, Code: jobs.AuthFailed, HTTPStatus: 401, Trouble: BadCredentials}
	forbid  = Attempt{Verdict: jobs.Refused, Code: jobs.PermissionDenied, HTTPStatus: 403, Trouble: Forbidden}
)

func testLine() *Line {
	return NewLine(Settings{Upstream: jobs.M2M, Rate: 10, Retries: 4, MaxOutage: time.Minute})
}

func TestReadRetries(t *testing.T) {
	for name, c := range map[string]struct {
		attempts []Attempt
		sent     int
		code     jobs.Code
	}{
		"a success needs one": {[]Attempt{fine}, 1, ""},
		"a no is final":       {[]Attempt{no}, 1, jobs.SIMUnknown},
		"an unreadable answer is not asked for again":  {[]Attempt{garbage, fine}, 1, jobs.BadResponse},
		"a 500 is tried again":                         {[]Attempt{err500, err500, fine}, 3, ""},
		"a SIM that always meets a 500 uses its tries": {[]Attempt{err500}, 5, jobs.UpstreamError},
		"a SIM that always times out uses its tries":   {[]Attempt{timeout}, 5, jobs.Timeout},
		"a refusal for the rate is tried again":        {[]Attempt{tooFast, tooFast, fine}, 3, ""},
		"a broken connection waits for the upstream":   {[]Attempt{refused, refused, refused, refused, refused, refused, refused, fine}, 8, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				once, sent := answers(c.attempts...)
				a := testLine().Read(t.Context(), nil, "8944", once)
				require.Equal(t, c.code, a.Code)
				require.Equal(t, c.sent, *sent)
				require.Equal(t, c.sent, a.Attempts)
			})
		})
	}
}

// record is an intent that remembers what was asked of it.
type record struct {
	begun, taken int
	fail         error
	log          []string
}

func (r *record) Clear(context.Context) error { return nil }
func (r *record) Begin(context.Context) error {
	r.begun++
	r.log = append(r.log, "begin")
	return r.fail
}
func (r *record) NotSent() error { r.taken++; r.log = append(r.log, "not sent"); return nil }

func TestCommandIsRepeatedOnlyWhereItWasSurelyNotDone(t *testing.T) {
	for name, c := range map[string]struct {
		attempts    []Attempt
		sent, taken int
		verdict     jobs.Verdict
	}{
		"done at once":                        {[]Attempt{fine}, 1, 0, jobs.Done},
		"a no is final":                       {[]Attempt{no}, 1, 0, jobs.Refused},
		"a time-out is final":                 {[]Attempt{timeout, fine}, 1, 0, jobs.MaybeSent},
		"a 500 is final":                      {[]Attempt{err500, fine}, 1, 0, jobs.MaybeSent},
		"an unreadable answer is final":       {[]Attempt{garbage, fine}, 1, 0, jobs.MaybeSent},
		"a refusal for the rate is no answer": {[]Attempt{tooFast, fine}, 2, 1, jobs.Done},
		"no connection, then a time-out":      {[]Attempt{refused, timeout, fine}, 2, 1, jobs.MaybeSent},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				once, sent := answers(c.attempts...)
				probe, _ := answers(fine)
				in := &record{}
				a := testLine().Command(t.Context(), nil, "8944", in, once, probe)
				require.Equal(t, c.verdict, a.Verdict)
				require.Equal(t, c.sent, *sent)
				require.Equal(t, c.sent, in.begun, "an intent before every attempt")
				require.Equal(t, c.taken, in.taken)
			})
		})
	}
}

// TestCommandNeverProbes: an upstream that is down is tried with a read; the
// command waits.
func TestCommandNeverProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once, sent := answers(refused, fine)
		probe, probes := answers(refused, err500, fine)
		in := &record{}
		a := testLine().Command(t.Context(), nil, "8944", in, once, probe)
		require.Equal(t, jobs.Done, a.Verdict)
		require.Equal(t, 2, *sent)
		require.Equal(t, 3, *probes)
		require.Equal(t, 2, a.Attempts, "what found out that it is back is none")
		require.Equal(t, []string{"begin", "not sent", "begin"}, in.log)
	})
}

func TestCommandIsNotSentWithoutItsRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once, sent := answers(fine)
		a := testLine().Command(t.Context(), nil, "8944", &record{fail: fmt.Errorf("disk full")}, once, once)
		require.Zero(t, *sent)
		require.Equal(t, jobs.EndsDisk, a.Ends)
		require.Equal(t, jobs.SurelyNotSent, a.Verdict)
	})
}

// TestWrongCredentialsCostOneRequest: the first request goes alone.
func TestWrongCredentialsCostOneRequest(t *testing.T) {
	for name, answer := range map[string]Attempt{"401": badKey, "403 before any success": forbid} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := testLine()
				sent := 0
				once := func(context.Context) Attempt { sent++; time.Sleep(time.Second); return answer }
				for range 50 {
					go func() {
						a := l.Read(t.Context(), nil, "8944", once)
						if a.Ends != jobs.EndsCredentials {
							t.Errorf("ends %q", a.Ends)
						}
					}()
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Equal(t, 1, sent)
			})
		})
	}
}

func TestForbiddenAfterASuccessIsAboutTheSIM(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := testLine()
		once, _ := answers(fine, forbid, fine)
		for range 3 {
			require.Equal(t, jobs.EndsNot, l.Read(t.Context(), nil, "8944", once).Ends)
		}
	})
}

// TestRetryAfterHoldsEveryWorker: while it lasts nobody sends.
func TestRetryAfterHoldsEveryWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := testLine()
		once, _ := answers(fine)
		l.Read(t.Context(), nil, "1", once)
		slow := tooFast
		slow.RetryAfter = 20 * time.Second
		began := time.Now()
		limited, _ := answers(slow, fine)
		go l.Read(t.Context(), nil, "2", limited)
		time.Sleep(time.Second)
		for range 5 {
			go func() {
				l.Read(t.Context(), nil, "3", once)
				if waited := time.Since(began); waited < 20*time.Second {
					t.Errorf("a request was sent after %s", waited)
				}
			}()
		}
		time.Sleep(time.Minute)
		synctest.Wait()
	})
}

func TestDrainLetsNothingNewOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := testLine()
		once, sent := answers(fine)
		l.Read(t.Context(), nil, "1", once)
		l.Drain()
		a := l.Read(t.Context(), nil, "2", once)
		require.Equal(t, jobs.Interrupted, a.Code)
		require.Equal(t, 1, *sent)
	})
}

// A run that ends waits for no pause that an upstream has asked for: what was
// refused for the rate is not under way.
func TestDrainWaitsForNoPause(t *testing.T) {
	for name, send := range map[string]func(context.Context, *Line, Once) jobs.Answer{
		"a read": func(ctx context.Context, l *Line, once Once) jobs.Answer { return l.Read(ctx, nil, "1", once) },
		"a command": func(ctx context.Context, l *Line, once Once) jobs.Answer {
			return l.Command(ctx, nil, "1", &record{}, once, once)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := testLine()
				slow := tooFast
				slow.RetryAfter = 30 * time.Second
				once, sent := answers(slow)
				began := time.Now()
				time.AfterFunc(time.Second, l.Drain)
				require.Equal(t, jobs.Interrupted, send(t.Context(), l, once).Code)
				require.Equal(t, time.Second, time.Since(began))
				require.Equal(t, 1, *sent)
			})
		})
	}
}

// TestSickSIMsDoNotHoldTheRest: SIMs that always meet a 500 use up their tries
// and fail; they do not make a healthy upstream look down for ever.
func TestSickSIMsDoNotHoldTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := testLine()
		well, _ := answers(fine)
		l.Read(t.Context(), nil, "1", well)
		began := time.Now()
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() {
				sick, _ := answers(err500)
				a := l.Read(t.Context(), nil, jobs.ICCID(fmt.Sprint("sick", i)), sick)
				if a.Code != jobs.UpstreamError || a.Ends != jobs.EndsNot {
					t.Errorf("a sick SIM ended %q, %q", a.Code, a.Ends)
				}
			})
		}
		group.Wait()
		require.Less(t, time.Since(began), time.Minute)
		require.Equal(t, jobs.Done, l.Read(t.Context(), nil, "2", well).Verdict)
	})
}
