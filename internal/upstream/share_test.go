package upstream

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// Several processes that share an account's rate keep it together, to the request, and
// use most of it.
func TestLinesShareARate(t *testing.T) {
	for _, rate := range []float64{4, 10, 50, 200} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const processes, seconds = 4, 20
				s := &sim{latency: 20 * time.Millisecond}
				var all sync.WaitGroup
				began := time.Now()
				for range processes {
					l := NewLine(Settings{Upstream: jobs.M2M, Rate: rate, Retries: 4, MaxOutage: time.Minute})
					l.Share(1.0/processes, time.Time{})
					all.Go(func() { drive(t.Context(), l, s, int(seconds*rate/processes/2)) })
				}
				all.Wait()
				require.LessOrEqual(t, float64(densest(s.all)), rate+max(1, rate*0.02), "densest second")
				require.LessOrEqual(t, time.Since(began), (seconds+1)*time.Second, "at least half of the rate is used")
			})
		})
	}
}

// A process that has no share sends nothing, and goes on once it has one.
func TestLineWithoutAShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sim{}
		l := NewLine(Settings{Upstream: jobs.M2M, Rate: 100, Retries: 4, MaxOutage: time.Minute})
		l.Share(0, time.Time{})
		time.AfterFunc(30*time.Second, func() { l.Share(1, time.Time{}) })
		began := time.Now()
		_, done := drive(t.Context(), l, s, 50)
		require.Equal(t, 50, done)
		require.GreaterOrEqual(t, s.all[0].Sub(began), 30*time.Second)
		require.Less(t, s.all[0].Sub(began), 31*time.Second)
		require.LessOrEqual(t, densest(s.all), 101)
	})
}

// Who has not heard of the others for long does not know any more what is its part, as
// after a process was frozen.
func TestShareEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sim{}
		l := NewLine(Settings{Upstream: jobs.M2M, Rate: 2000, Retries: 4, MaxOutage: time.Minute})
		began := time.Now()
		l.Share(0.5, began.Add(2*time.Second))
		time.AfterFunc(30*time.Second, func() { l.Share(0.5, began.Add(time.Minute)) })
		_, done := drive(t.Context(), l, s, 4000)
		require.Equal(t, 4000, done)
		early := slices.IndexFunc(s.all, func(at time.Time) bool { return at.After(began.Add(2*time.Second + time.Millisecond)) })
		require.InDelta(t, 1999, early, 20)
		require.GreaterOrEqual(t, s.all[early].Sub(began), 30*time.Second)
		require.LessOrEqual(t, densest(s.all), 1010)
	})
}
