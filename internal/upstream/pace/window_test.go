package pace

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWindowWait: how long the next request waits, after so many starts at
// given times (in seconds).
func TestWindowWait(t *testing.T) {
	for name, c := range map[string]struct {
		rate   float64
		starts []float64
		now    float64
		want   time.Duration
	}{
		"the first goes at once":                                   {10, nil, 0, 0},
		"evenly spaced, none waits":                                {10, []float64{0, 0.1, 0.2, 0.3}, 0.4, 0},
		"after a late one the next may be a little early":          {10, []float64{0, 0.1, 0.25}, 0.341, 0},
		"but not at once: a tenth faster than the rate":            {10, []float64{0, 0.1, 0.25}, 0.25, 90909 * time.Microsecond},
		"in a second no more than the rate, but for the slack":     {10, []float64{0, 0.09, 0.18, 0.27, 0.36, 0.45, 0.54, 0.63, 0.72, 0.81}, 0.9, 95025 * time.Microsecond},
		"until the oldest is a second ago":                         {10, []float64{0, 0.09, 0.18, 0.27, 0.36, 0.45, 0.54, 0.63, 0.72, 0.81}, 1, 0},
		"of a fraction, the whole ones in as much less time":       {2.5, []float64{0, 0.4}, 0.79, 6020 * time.Microsecond},
		"a slow rate has its seconds":                              {0.5, []float64{0}, 1.9, 90050 * time.Microsecond},
		"a fast rate may start at once what five milliseconds let": {1000, []float64{0, 0, 0, 0, 0}, 0, 0},
		"but not more":                                          {1000, []float64{0, 0, 0, 0, 0, 0}, 0, 909 * time.Microsecond},
		"a silence does not add up":                             {1000, []float64{0, 50, 50, 50, 50, 50, 50}, 50, 909 * time.Microsecond},
		"after a second the window has no memory":               {1, []float64{0, 1.2}, 2.3, 0},
		"once a second is a second after the last, late or not": {1, []float64{0, 1.2}, 2.1, 95025 * time.Microsecond},
		"a very fast rate is kept over less than a second":      {100_000, nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := NewWindow(c.rate)
			for _, s := range c.starts {
				w.Started(at(s))
			}
			require.InDelta(t, c.want, w.Wait(at(c.now)), float64(10*time.Microsecond))
		})
	}
	var none Window
	none.Started(at(0))
	require.Zero(t, none.Wait(at(0)), "the zero value lets everything through")
}

// TestWindowUnderLoad plays a machine that is busy: requests are due at an even
// rate, but whoever waits wakes late, and now and then the machine stands still
// for a while. No second may hold more than the rate allows, and nothing is
// lost for the stalls as long as they are no more than the slack makes up for.
func TestWindowUnderLoad(t *testing.T) {
	for _, rate := range []float64{10, 100, 1000, 5000} {
		for _, stall := range []time.Duration{0, 20 * time.Millisecond, 80 * time.Millisecond} {
			t.Run(fmt.Sprintf("%g a second, stalls of %s", rate, stall), func(t *testing.T) {
				starts := play(rate, stall)
				span := starts[len(starts)-1].Sub(starts[0]).Seconds()
				require.GreaterOrEqual(t, float64(len(starts)-1)/span, 0.99*rate, "achieved")
				require.LessOrEqual(t, float64(densest(starts)), max(rate+1, rate*(1+slack)+1e-6), "densest second")
			})
		}
	}
}

// play gives the starts of 20 seconds' requests, with a stall every ten
// seconds. As rate.Limiter would, it lets what is due go, up to a tenth of a
// second's requests that were missed.
func play(rate float64, stall time.Duration) (starts []time.Time) {
	rng := rand.New(rand.NewPCG(1, 2))
	w := NewWindow(rate)
	now, credit, nextStall := at(0), 0.0, at(5)
	credited := now
	for len(starts) < int(20*rate) {
		credit = min(credit+now.Sub(credited).Seconds()*rate, max(1, rate/10))
		credited = now
		wait := time.Duration((1 - credit) / rate * float64(time.Second))
		if wait <= 0 {
			wait = w.Wait(now)
		}
		if wait <= 0 {
			w.Started(now)
			starts = append(starts, now)
			credit--
			now = now.Add(time.Microsecond)
			continue
		}
		now = now.Add(wait + time.Duration(rng.ExpFloat64()*float64(100*time.Microsecond)))
		if stall > 0 && now.After(nextStall) {
			now, nextStall = now.Add(stall), now.Add(10*time.Second)
		}
	}
	return starts
}

// densest is the most in any sliding second.
func densest(times []time.Time) int {
	most, from := 0, 0
	for i, t := range times {
		for t.Sub(times[from]) >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

func BenchmarkWindow(b *testing.B) {
	w, now := NewWindow(5000), at(0)
	for b.Loop() {
		if wait := w.Wait(now); wait > 0 {
			now = now.Add(wait)
		}
		w.Started(now)
	}
}
