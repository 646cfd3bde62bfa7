package sandbox

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimiter(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		rate float64
		at   []time.Duration
		want []bool
	}{
		{"none", 0, []time.Duration{0, 0, 0}, []bool{true, true, true}},
		{"a burst up to the rate", 2, []time.Duration{0, 0, 0}, []bool{true, true, false}},
		{"the window slides", 2, []time.Duration{0, 600 * ms, 999 * ms, 1000 * ms, 1599 * ms, 1600 * ms}, []bool{true, true, false, true, false, true}},
		{"the refused do not count", 1, []time.Duration{0, 500 * ms, 900 * ms, 1000 * ms}, []bool{true, false, false, true}},
		{"a fraction", 2.5, []time.Duration{0, 0, 799 * ms, 800 * ms}, []bool{true, true, false, true}},
		{"less than one a second", 0.5, []time.Duration{0, 1999 * ms, 2000 * ms}, []bool{true, false, true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLimiter(c.rate)
			var got []bool
			for _, at := range c.at {
				got = append(got, l.allow(at))
			}
			require.Equal(t, c.want, got)
		})
	}
}

// A limiter that counts whole seconds forgets all of one at once.
func TestLimiterOfWholeSeconds(t *testing.T) {
	l := newLimiter(2)
	l.whole = true
	var got []bool
	for _, ms := range []time.Duration{800, 900, 950, 1000, 1001, 1999, 2000} {
		got = append(got, l.allow(ms*time.Millisecond))
	}
	require.Equal(t, []bool{true, true, false, true, true, false, true}, got)
}

// How a limit is counted stays when it changes.
func TestLimitsStayWhole(t *testing.T) {
	s := New(Config{})
	require.NoError(t, s.Apply(Control{RateWhole: new(true)}))
	require.NoError(t, s.Apply(Control{RateLimit: new(5.0)}))
	for _, up := range s.upstreams {
		require.True(t, up.limit.whole)
	}
	s.SetRateLimit("", 5, "429")
	for _, up := range s.upstreams {
		require.False(t, up.limit.whole, "set anew")
	}
}

func TestLimiterNeverPassesItsRate(t *testing.T) {
	for _, rate := range []float64{1, 3, 100, 1e6} {
		l := newLimiter(rate)
		require.LessOrEqual(t, cap(l.passed), maxWindow)
		var p peak
		for i := range 30_000 {
			if at := time.Duration(i) * 100 * time.Microsecond; l.allow(at) {
				p.add(at)
			}
		}
		require.LessOrEqual(t, float64(p.most), rate)
	}
}

func TestPeak(t *testing.T) {
	var p peak
	for i := range 10_000 {
		p.add(time.Duration(i) * 10 * time.Millisecond)
	}
	require.Equal(t, 100, p.most)
	require.Less(t, len(p.recent), 5_000, "what is old is forgotten")
}
