package simulate

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestGateways: what each lets through of those that come at given times, in
// milliseconds, and take 200.
func TestGateways(t *testing.T) {
	come := []time.Duration{0, 100, 400, 900, 1000, 1100, 1450}
	for name, c := range map[string]struct {
		gateway Gateway
		want    []bool
	}{
		"whole seconds":          {&fixed{most: 2}, []bool{true, true, false, false, true, true, false}},
		"whole seconds, half on": {&fixed{most: 2, ahead: 500 * time.Millisecond}, []bool{true, true, false, true, true, false, false}},
		"any second":             {&sliding{most: 2}, []bool{true, true, false, false, true, true, false}},
		"a bucket of one":        {&bucket{perSecond: 2, room: 1}, []bool{true, false, false, true, false, false, true}},
		"a bucket of three":      {&bucket{perSecond: 2, room: 3}, []bool{true, true, true, true, true, false, false}},
		"one at once":            {&atOnce{most: 1}, []bool{true, false, true, true, false, true, true}},
		"all of them strays":     {&strays{share: 1, dice: rand.New(rand.NewPCG(1, 1))}, make([]bool, len(come))},
	} {
		var got []bool
		for _, ms := range come {
			got = append(got, c.gateway.Arrives(ms*time.Millisecond, (ms+200)*time.Millisecond))
		}
		require.Equal(t, c.want, got, name)
	}
}

// TestPlay: a run is played to its end, within its rate, and the same way each time.
func TestPlay(t *testing.T) {
	for _, refusal := range Refusals() {
		run := Run{Refusal: refusal, Rate: 50, Latency: 100 * time.Millisecond, Jitter: 0.2, Reads: 500, Seed: 7}
		play := func() Result {
			run.Gateway = &sliding{most: 30}
			return run.Play()
		}
		r := play()
		require.Len(t, r.Passed, 500, "all of them in the end")
		require.Equal(t, r.Sent, len(r.Passed)+r.Refused)
		require.Len(t, r.Starts, r.Sent)
		require.NotZero(t, r.Refused)
		for i := range len(r.Starts) - 51 {
			require.Greater(t, r.Starts[i+51]-r.Starts[i], time.Second, "--rate")
		}
		require.Equal(t, r, play())
	}
	r := Run{Gateway: &sliding{most: 10}, Rate: 10, Length: 5 * time.Second}.Play()
	require.InDelta(t, 50, r.Sent, 2, "as many as there is time for")
}

// TestAPauseIsObeyed: nothing starts while it lasts.
func TestAPauseIsObeyed(t *testing.T) {
	run := Run{Gateway: &fixed{most: 5}, Refusal: Refusal{After: 3 * time.Second}, Rate: 50, Latency: time.Millisecond, Reads: 50}
	r := run.Play()
	longest := 0
	for i := range len(r.Starts) - 1 {
		if r.Starts[i+1]-r.Starts[i] >= run.Refusal.After {
			longest++
		}
	}
	require.Equal(t, r.Refused, longest)
}

// TestStart: the limit is found without a storm, whenever in a gateway's second a run
// begins: most of what is refused was on its way at once, at 200 ms some 60 of 960.
func TestStart(t *testing.T) {
	for _, latency := range []time.Duration{time.Millisecond, 200 * time.Millisecond} {
		for _, refusal := range Refusals() {
			mostRefused, mostTook, few := 0.03, 1.10, 0
			if latency > time.Millisecond {
				mostRefused = 0.08
				if refusal.Bare || refusal.After > 0 {
					few = 10 // of a hundred
				}
			}
			if refusal.After > 0 {
				mostTook = 1.25
			}
			refused, took := Start(refusal, latency)
			require.LessOrEqual(t, refused.Mean(), mostRefused, "%s, %s", latency, refusal.Name)
			require.LessOrEqual(t, took.Mean(), mostTook, "%s, %s", latency, refusal.Name)
			require.LessOrEqual(t, refused.Above(mostRefused), few, "%s, %s: refused at worst %.3f", latency, refusal.Name, slices.Max(refused))
			require.LessOrEqual(t, took.Above(mostTook), few, "%s, %s: took at worst %.3f", latency, refusal.Name, slices.Max(took))
		}
	}
}

// TestStray: a few bare 503s do not hold the pace.
func TestStray(t *testing.T) {
	require.GreaterOrEqual(t, slices.Min(Stray(10, 0.02)), 0.95)
}

func TestSettles(t *testing.T) {
	r := Result{}
	for s := range int(length / time.Second) {
		n := 10
		if s < 20 {
			n = 5
		}
		for range n {
			r.Passed = append(r.Passed, time.Duration(s)*time.Second)
		}
	}
	require.Equal(t, 18, r.settles(10), "nine tenths of it over ten seconds")
	require.Equal(t, 0, r.settles(5))
	require.Equal(t, int(length/time.Second), r.settles(20))
}
