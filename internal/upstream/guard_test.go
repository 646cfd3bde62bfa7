package upstream

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// proven is a test line that something has succeeded on.
func proven(t *testing.T) *Line {
	t.Helper()
	l := testLine()
	once, _ := answers(fine)
	require.Equal(t, jobs.Done, l.Read(t.Context(), nil, "0", once).Verdict)
	return l
}

// slowRecord is an intent whose Begin takes its time; meanwhile something
// happens.
type slowRecord struct {
	record
	meanwhile func()
}

func (r *slowRecord) Begin(ctx context.Context) error {
	err := r.record.Begin(ctx)
	if happens := r.meanwhile; happens != nil {
		r.meanwhile = nil
		happens()
	}
	return err
}

// TestACommandLooksAgainOnceItIsRecorded: the record may take long, and what has
// happened by then counts. What is surely not sent is recorded as such.
func TestACommandLooksAgainOnceItIsRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(*Line, *sync.WaitGroup)
		log     []string
		code    jobs.Code
		ends    jobs.Ending
		sent    int
	}{
		"nothing": {func(*Line, *sync.WaitGroup) {}, []string{"begin"}, "", jobs.EndsNot, 1},
		"the run ends": {func(l *Line, group *sync.WaitGroup) { l.Drain() },
			[]string{"begin", "not sent"}, jobs.Interrupted, jobs.EndsNot, 0},
		"the credentials are refused": {func(l *Line, group *sync.WaitGroup) {
			once, _ := answers(badKey)
			l.Read(context.Background(), nil, "9", once)
		},
			[]string{"begin", "not sent"}, jobs.Aborted, jobs.EndsCredentials, 0},
		"a Retry-After": {func(l *Line, group *sync.WaitGroup) {
			slow := tooFast
			slow.RetryAfter = 20 * time.Second
			once, _ := answers(slow, fine)
			group.Go(func() { l.Read(context.Background(), nil, "9", once) })
			time.Sleep(time.Second)
		}, []string{"begin", "not sent", "begin"}, "", jobs.EndsNot, 1},
		"the upstream goes down": {func(l *Line, group *sync.WaitGroup) {
			once, _ := answers(refused, fine)
			group.Go(func() { l.Read(context.Background(), nil, "9", once) })
			time.Sleep(time.Second)
		}, []string{"begin", "not sent", "begin"}, "", jobs.EndsNot, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := proven(t)
				began := time.Now()
				var group sync.WaitGroup
				in := &slowRecord{meanwhile: func() { c.happens(l, &group) }}
				sent := 0
				once := func(context.Context) Attempt {
					sent++
					if c.log[len(c.log)-1] == "begin" && len(c.log) > 1 {
						require.Greater(t, time.Since(began), 2*time.Second, "it has waited")
					}
					return fine
				}
				probe, _ := answers(fine)
				a := l.Command(t.Context(), nil, "1", in, once, probe)
				require.Equal(t, c.log, in.log)
				require.Equal(t, c.sent, sent)
				require.Equal(t, c.code, a.Code)
				require.Equal(t, c.ends, a.Ends)
				group.Wait()
				require.Zero(t, l.Stats().InFlight)
			})
		})
	}
}

// TestARowThatWaitsLooksAgain: whatever happens while it waits for its token
// counts: nothing is sent after a 401, through a Retry-After or a hold, or once
// the run is ending.
func TestARowThatWaitsLooksAgain(t *testing.T) {
	slow := tooFast
	slow.RetryAfter = 30 * time.Second
	for name, c := range map[string]struct {
		happens func(*Line)
		quiet   time.Duration // so long nothing is sent
		code    jobs.Code
	}{
		"the run ends": {func(l *Line) { l.Drain() }, time.Hour, jobs.Interrupted},
		"a 401":        {func(l *Line) { l.observe(seen{Attempt: new(badKey), iccid: "9", now: time.Now()}, nil) }, time.Hour, jobs.Aborted},
		"a Retry-After": {func(l *Line) { l.observe(seen{Attempt: new(slow), iccid: "9", now: time.Now()}, nil) },
			30 * time.Second, ""},
		"no connection": {func(l *Line) { l.observe(seen{Attempt: new(refused), iccid: "9", now: time.Now()}, nil) },
			probeEvery, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLine(Settings{Upstream: jobs.M2M, Rate: 0.1, Retries: 4, MaxOutage: time.Hour}) // ten seconds a token
				once, _ := answers(fine)
				l.Read(t.Context(), nil, "0", once)
				var sent []time.Time
				var code jobs.Code
				var group sync.WaitGroup
				group.Go(func() {
					a := l.Read(t.Context(), nil, "1", func(context.Context) Attempt { sent = append(sent, time.Now()); return fine })
					code = a.Code
				})
				time.Sleep(9 * time.Second) // it waits for its token
				l.mu.Lock()
				l.state.inside++ // what comes back was under way
				l.mu.Unlock()
				c.happens(l)
				happened := time.Now()
				group.Wait()
				require.Equal(t, c.code, code)
				if c.code != "" {
					require.Empty(t, sent)
					require.Equal(t, happened, time.Now(), "it ends at once")
					return
				}
				require.Len(t, sent, 1)
				require.GreaterOrEqual(t, sent[0].Sub(happened), c.quiet)
			})
		})
	}
}

// TestAtMostSoManyAttempts: whatever gets through meanwhile, and through holds.
func TestAtMostSoManyAttempts(t *testing.T) {
	for name, attempt := range map[string]Attempt{"throttled": tooFast, "a 500": err500, "no connection": refused, "a lost connection": {Verdict: jobs.MaybeSent, Code: jobs.Connection, Trouble: Stale}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLine(Settings{Upstream: jobs.M2M, Rate: 100, Retries: 4, MaxOutage: time.Hour})
				ctx, cancel := context.WithCancel(t.Context())
				well := func(context.Context) Attempt { time.Sleep(10 * time.Millisecond); return fine }
				go func() { // others get through all the while
					for i := 0; ctx.Err() == nil; i++ {
						l.Read(ctx, nil, jobs.ICCID(fmt.Sprint("well ", i)), well)
					}
				}()
				time.Sleep(time.Second)
				once, sent := answers(attempt)
				a := l.Read(t.Context(), nil, "1", once)
				require.Equal(t, 5, *sent)
				require.Equal(t, attempt.Code, a.Code)
				if attempt.Verdict == jobs.SurelyNotSent {
					once, sent = answers(attempt)
					a = l.Command(t.Context(), nil, "2", &record{}, once, well)
					require.Equal(t, 5, *sent)
					require.Equal(t, attempt.Code, a.Code)
				}
				cancel()
				synctest.Wait()
			})
		})
	}
}

// TestBackOff: each attempt waits longer than the one before, about, unless the
// line as a whole waits or a kept connection was just dead.
func TestBackOff(t *testing.T) {
	lost := Attempt{Verdict: jobs.MaybeSent, Code: jobs.Connection, Trouble: Stale}
	for name, c := range map[string]struct {
		attempt     Attempt
		least, most time.Duration // for four retries
	}{
		"a 500":           {err500, 2 * time.Second, 7 * time.Second},
		"throttled":       {tooFast, 6 * time.Second, 11 * time.Second},
		"a dead one":      {lost, 0, time.Second},
		"Retry-After: 10": {Attempt{Verdict: jobs.SurelyNotSent, Code: jobs.Throttled, HTTPStatus: 429, Trouble: Throttling, RetryAfter: 10 * time.Second}, 40 * time.Second, 50 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := proven(t)
				began := time.Now()
				once, sent := answers(c.attempt)
				l.Read(t.Context(), nil, "1", once)
				require.Equal(t, 5, *sent)
				require.GreaterOrEqual(t, time.Since(began), c.least)
				require.LessOrEqual(t, time.Since(began), c.most)
			})
		})
	}
}

// TestAnEndedRunIsNotWaitedFor: a row that waits before its next attempt ends as
// soon as nothing is sent any more.
func TestAnEndedRunIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := proven(t)
		began := time.Now()
		var group sync.WaitGroup
		group.Go(func() {
			once, sent := answers(err500)
			a := l.Read(t.Context(), nil, "1", once)
			require.Equal(t, jobs.Aborted, a.Code)
			require.Equal(t, jobs.EndsCredentials, a.Ends)
			require.Equal(t, 1, *sent)
		})
		time.Sleep(200 * time.Millisecond)
		once, _ := answers(badKey)
		l.Read(t.Context(), nil, "2", once)
		group.Wait()
		require.Less(t, time.Since(began), 500*time.Millisecond)
	})
}

// TestReadsThatAreFinal: a plain no is not asked again.
func TestReadsThatAreFinal(t *testing.T) {
	for name, attempt := range map[string]Attempt{
		"400": {Verdict: jobs.Refused, Code: jobs.BadRequest, HTTPStatus: 400, About: AboutSIM}, "404": {Verdict: jobs.Refused, Code: jobs.NotFound, HTTPStatus: 404, About: AboutSIM},
		"402": {Verdict: jobs.MaybeSent, Code: jobs.UpstreamError, HTTPStatus: 402}, "a failure": said(200, "no", AboutNothing), "a 403": forbid, "garbage": garbage,
	} {
		synctest.Test(t, func(t *testing.T) {
			l := proven(t)
			once, sent := answers(attempt, fine)
			require.Equal(t, attempt.Code, l.Read(t.Context(), nil, "1", once).Code, name)
			require.Equal(t, 1, *sent, name)
		})
	}
}

// TestNothingIsLeftUnderWay: whatever an attempt comes to, it is counted out
// again.
func TestNothingIsLeftUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := proven(t)
		for _, attempt := range []Attempt{fine, no, err500, tooFast, garbage, forbid, timeout, {Code: jobs.Interrupted, Verdict: jobs.MaybeSent}, {Trouble: Stale, Code: jobs.Connection}} {
			once, _ := answers(attempt, fine)
			l.Read(t.Context(), nil, "1", once)
			once, _ = answers(attempt, fine)
			l.Command(t.Context(), nil, "2", &record{}, once, once)
			require.Zero(t, l.Stats().InFlight)
		}
		once, _ := answers(fine)
		l.Command(t.Context(), nil, "3", &record{fail: fmt.Errorf("disk full")}, once, once)
		l.Command(t.Context(), nil, "4", &record{fail: jobs.ErrBarred}, once, once)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		l.Read(ctx, nil, "5", once)
		require.Zero(t, l.Stats().InFlight)
		turn, err := l.Reserve(t.Context())
		require.NoError(t, err)
		l.Read(t.Context(), turn, "6", once)
		turn.Release()
		turn.Release()
		require.Zero(t, l.queue)
		require.Zero(t, l.waiting)
	})
}

func TestABarredCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once, sent := answers(fine)
		a := proven(t).Command(t.Context(), nil, "1", &record{fail: fmt.Errorf("SIM 1: %w", jobs.ErrBarred)}, once, once)
		require.True(t, a.Barred)
		require.Equal(t, jobs.EndsNot, a.Ends)
		require.Equal(t, jobs.SurelyNotSent, a.Verdict)
		require.Zero(t, *sent)
		require.Zero(t, a.Attempts)
	})
}

// TestClearComesBeforeTheWait and Begin after it, at every attempt.
func TestClearComesBeforeTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLine(Settings{Upstream: jobs.M2M, Rate: 0.1, Retries: 4, MaxOutage: time.Hour}) // ten seconds a token
		first, _ := answers(fine)
		l.Read(t.Context(), nil, "0", first)
		began := time.Now()
		var log []string
		note := func(what string) { log = append(log, fmt.Sprint(what, " ", time.Since(began).Round(time.Second))) }
		in := &noted{note}
		attempts := []Attempt{tooFast, fine}
		once := func(context.Context) Attempt { note("send"); a := attempts[0]; attempts = attempts[1:]; return a }
		require.Equal(t, jobs.Done, l.Command(t.Context(), nil, "1", in, once, first).Verdict)
		require.Equal(t, []string{"clear 0s", "begin 10s", "send 10s", "not sent 10s"}, log[:4])
		require.Regexp(t, `^clear 1[12]s$`, log[4])
		require.Regexp(t, `^begin 2\ds$`, log[5])
		require.Len(t, log, 7)
	})
}

type noted struct{ note func(string) }

func (n *noted) Clear(context.Context) error { n.note("clear"); return nil }
func (n *noted) Begin(context.Context) error { n.note("begin"); return nil }
func (n *noted) NotSent() error              { n.note("not sent"); return nil }

// TestAlikeRefusalsCostTwoRequests, however many rows wait.
func TestAlikeRefusalsCostTwoRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := testLine()
		sent, inside, most := 0, 0, 0
		once := func(context.Context) Attempt {
			sent++
			inside++
			most = max(most, inside)
			time.Sleep(time.Second)
			inside--
			return said(200, "session expired", AboutAccount)
		}
		var group sync.WaitGroup
		causes := make(chan jobs.Answer, 50)
		for i := range 50 {
			group.Go(func() { causes <- l.Read(t.Context(), nil, jobs.ICCID(fmt.Sprint(i)), once) })
		}
		group.Wait()
		close(causes)
		require.Equal(t, 2, sent)
		require.Equal(t, 1, most, "one at a time")
		ended := 0
		for a := range causes {
			if a.Ends == jobs.EndsNot {
				continue
			}
			ended++
			require.Equal(t, jobs.EndsCredentials, a.Ends)
			require.Contains(t, a.Detail, `2 times in a row and spoke of no SIM (HTTP 200, "session expired")`)
		}
		require.Equal(t, 49, ended, "all but the first")
	})
}

// TestCredentialsReadOnceMore: where they have changed, a read goes on with the
// new ones, and a late refusal of the old ones means nothing.
func TestCredentialsReadOnceMore(t *testing.T) {
	for name, c := range map[string]struct {
		changes  int // so many times they have changed
		attempts []Attempt
		sent     int
		ends     jobs.Ending
	}{
		"changed":            {1, []Attempt{badKey, fine}, 2, jobs.EndsNot},
		"not changed":        {0, []Attempt{badKey, fine}, 1, jobs.EndsCredentials},
		"changed, and wrong": {1, []Attempt{badKey, badKey, fine}, 2, jobs.EndsCredentials},
		"changed twice":      {2, []Attempt{badKey, badKey, fine}, 3, jobs.EndsNot},
		"a 403 is no matter": {9, []Attempt{said(200, "x", AboutAccount), forbid}, 1, jobs.EndsNot},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, left := proven(t), c.changes
				l.Renew = func() bool { left--; return left >= 0 }
				once, sent := answers(c.attempts...)
				slow := func(ctx context.Context) Attempt { time.Sleep(time.Millisecond); return once(ctx) }
				a := l.Read(t.Context(), nil, "1", slow)
				require.Equal(t, c.ends, a.Ends)
				require.Equal(t, c.sent, *sent)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // two under way with the old ones
		l, read := proven(t), 0
		l.Renew = func() bool { read++; return true }
		var group sync.WaitGroup
		for i := range 2 {
			group.Go(func() {
				once, _ := answers(badKey, fine)
				slow := func(ctx context.Context) Attempt { time.Sleep(time.Second); return once(ctx) }
				require.Equal(t, jobs.Done, l.Read(t.Context(), nil, jobs.ICCID(fmt.Sprint(i)), slow).Verdict)
			})
		}
		group.Wait()
		require.Equal(t, 1, read, "once is enough for both")
	})
	synctest.Test(t, func(t *testing.T) { // a command was refused: it is not sent again by itself
		l := proven(t)
		l.Renew = func() bool { return true }
		once, sent := answers(badKey, fine)
		a := l.Command(t.Context(), nil, "1", &record{}, once, once)
		require.Equal(t, []any{jobs.Refused, jobs.AuthFailed, jobs.EndsNot, 1}, []any{a.Verdict, a.Code, a.Ends, *sent})
	})
}

// TestNothingIrreversibleAfterASleep until a read has succeeded. The machine
// sleeps by its wall clock running on.
func TestNothingIrreversibleAfterASleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asleep, woke := time.Duration(0), 0
		l := NewLine(Settings{
			Upstream: jobs.M2M, Rate: 10, Retries: 4, MaxOutage: time.Hour,
			Wall: func() time.Time { return time.Now().Round(0).Add(asleep) }, Woke: func() { woke++ },
		})
		var log []string
		sends := func(what string, attempts ...Attempt) Once {
			return func(context.Context) Attempt {
				a := attempts[0]
				if len(attempts) > 1 {
					attempts = attempts[1:]
				}
				log = append(log, what)
				return a
			}
		}
		command := func() jobs.Answer {
			log = nil
			return l.Command(t.Context(), nil, "1", &record{}, sends("command", fine), sends("probe", timeout, fine))
		}
		require.Equal(t, jobs.Done, command().Verdict)
		require.Equal(t, []string{"command"}, log, "awake")

		asleep += time.Hour
		require.Equal(t, jobs.Done, command().Verdict)
		require.Equal(t, []string{"probe", "probe", "command"}, log, "the first probe timed out")
		require.Equal(t, 1, woke, "kept connections are closed")
		require.Equal(t, jobs.Done, command().Verdict)
		require.Equal(t, []string{"command"}, log, "once is enough")

		asleep += time.Hour
		log = nil
		require.Equal(t, jobs.Done, l.Read(t.Context(), nil, "2", sends("read", fine)).Verdict)
		require.Equal(t, []string{"read"}, log, "a read goes as ever")
		require.Equal(t, jobs.Done, command().Verdict)
		require.Equal(t, []string{"command"}, log, "and frees the commands")

		// It sleeps while the intent is written.
		in := &slowRecord{meanwhile: func() { asleep += time.Hour }}
		log = nil
		require.Equal(t, jobs.Done, l.Command(t.Context(), nil, "1", in, sends("command", fine), sends("probe", fine)).Verdict)
		require.Equal(t, []string{"read", "command"}, log, "by a read that is known to work")
		require.Equal(t, []string{"begin", "not sent", "begin"}, in.log)
	})
}
