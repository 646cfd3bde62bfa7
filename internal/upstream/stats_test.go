package upstream

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// TestObserver: of every attempt it is told what it came to, for reports and
// metrics.
func TestObserver(t *testing.T) {
	type told struct {
		latency           time.Duration
		throttled, failed bool
	}
	for name, c := range map[string]struct {
		attempt Attempt
		want    told
	}{
		"a success":               {fine, told{time.Second, false, false}},
		"a no":                    {no, told{time.Second, false, false}},
		"a refusal for the rate":  {tooFast, told{time.Second, true, false}},
		"a 500":                   {err500, told{time.Second, false, true}},
		"no connection":           {refused, told{time.Second, false, true}},
		"an unreadable answer":    {garbage, told{time.Second, false, true}},
		"the credentials refused": {badKey, told{time.Second, false, false}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var all []told
			l := NewLine(Settings{Upstream: jobs.M2M, Rate: 10, MaxOutage: time.Minute, Observe: func(u jobs.Upstream, at time.Time, latency time.Duration, throttled, failed bool) {
				require.Equal(t, jobs.M2M, u)
				require.Equal(t, time.Now(), at)
				all = append(all, told{latency, throttled, failed})
			}})
			l.Read(t.Context(), nil, "1", func(context.Context) Attempt { time.Sleep(time.Second); return c.attempt })
			require.Equal(t, []told{c.want}, all, name)
		})
	}
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := proven(t)
		require.Equal(t, Stats{Requests: 1, MostAtOnce: 1, Rate: 10, Wanted: 10}, counts(l))
		time.Sleep(time.Second)
		once, _ := answers(err500, tooFast, fine)
		l.Read(t.Context(), nil, "1", once)
		s := l.Stats()
		require.Equal(t, 4, s.Requests)
		require.Equal(t, 2, s.Retries)
		require.Equal(t, 1, s.Throttled)
		require.True(t, s.Slowed)
		require.Less(t, s.Rate, 10.0)
		require.InDelta(t, 3/s.last.Sub(s.first).Seconds(), s.MeanRate, 1e-9)
		require.False(t, s.Held)
		require.Zero(t, s.Paused+s.HeldFor+s.NextProbe)
	})
	t.Run("a pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := proven(t)
			slow := tooFast
			slow.RetryAfter, slow.Detail = 20*time.Second, "Too fast."
			once, _ := answers(slow, fine)
			go l.Read(t.Context(), nil, "1", once)
			time.Sleep(5 * time.Second)
			synctest.Wait()
			s := l.Stats()
			require.Equal(t, "Too fast.", s.LastTrouble)
			require.Greater(t, s.Paused, 14*time.Second)
			require.LessOrEqual(t, s.Paused, 20*time.Second)
			time.Sleep(time.Minute)
			require.Zero(t, l.Stats().Paused)
		})
	})
	t.Run("a hold", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := proven(t)
			down := refused
			down.Detail = "No connection."
			once, _ := answers(down, down, fine)
			began := time.Now()
			go l.Read(t.Context(), nil, "1", once)
			time.Sleep(time.Second)
			synctest.Wait()
			s := l.Stats()
			require.True(t, s.Held)
			require.Equal(t, "No connection.", s.LastTrouble)
			require.Positive(t, s.NextProbe)
			require.LessOrEqual(t, s.NextProbe, probeEvery)
			require.Positive(t, s.HeldFor)
			require.LessOrEqual(t, s.HeldFor, time.Since(began))
			time.Sleep(time.Minute)
			synctest.Wait()
			s = l.Stats()
			require.False(t, s.Held)
			require.GreaterOrEqual(t, s.HeldFor, probeEvery, "it is remembered")
			require.Less(t, s.HeldFor, 3*probeEvery)
			require.Zero(t, s.NextProbe)
		})
	})
	t.Run("many at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := proven(t)
			for range 5 {
				go l.Read(t.Context(), nil, "1", func(context.Context) Attempt { time.Sleep(3 * time.Second); return fine })
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			require.Equal(t, 5, l.Stats().InFlight)
			time.Sleep(10 * time.Second)
			synctest.Wait()
			require.Zero(t, l.Stats().InFlight)
			require.Equal(t, 5, l.Stats().MostAtOnce)
		})
	})
}

// counts are the stats without what they are made of.
func counts(l *Line) Stats {
	s := l.Stats()
	s.first, s.last = time.Time{}, time.Time{}
	return s
}
