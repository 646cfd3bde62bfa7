package pace

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// starts takes until a time as many as the pacer lets, never late, and gives when.
func starts(p *Pacer, from, until, ceiling float64) (all []time.Time) {
	for now := at(from); now.Before(at(until)); {
		wait := p.Take(now, ceiling)
		if wait == 0 {
			all = append(all, now)
		}
		now = now.Add(wait)
	}
	return all
}

func TestPacer(t *testing.T) {
	for name, c := range map[string]struct {
		rate, ceiling float64
		before        func(*Pacer)
		want          float64 // in ten seconds
	}{
		"as fast as the rate":               {100, 100, func(*Pacer) {}, 1000},
		"or as the part of it that is ours": {100, 30, func(*Pacer) {}, 300},
		"or as what was refused lets":       {100, 100, func(p *Pacer) { p.Refused(at(0), at(-0.1), 0) }, 48.5 * 9.1},
	} {
		t.Run(name, func(t *testing.T) {
			p := NewPacer(at(-2), c.rate)
			c.before(p)
			p.DropTokens(at(0))
			all := starts(p, 0, 10, c.ceiling)
			require.InDelta(t, c.want, len(all), 0.03*c.want)
			require.LessOrEqual(t, float64(densest(all)), max(c.ceiling+1, c.want/8))
		})
	}
	free := NewPacer(at(0), 0)
	for range 10_000 {
		require.Zero(t, free.Take(at(0), 0), "without a rate nothing waits")
		free.Refused(at(0), at(0), time.Second)
	}
}

// TestPacerHolds: after a refusal nothing starts, and then no burst does.
func TestPacerHolds(t *testing.T) {
	p := NewPacer(at(0), 300)
	all := starts(p, 0, 0.2, 300)
	require.InDelta(t, 60, len(all), 4)
	p.Refused(at(0.2), at(0.199), 0)
	all = starts(p, 0.2, 3, 300)
	require.Equal(t, at(1.199), all[0])
	require.LessOrEqual(t, densest(all), 60)
	require.GreaterOrEqual(t, len(all), 100)
}

// TestPacerCatchesUp: what was missed while the machine stood still is made up for,
// but no second has more than the rate.
func TestPacerCatchesUp(t *testing.T) {
	const rate, stall = 1000, 0.04
	p := NewPacer(at(0), rate)
	all := starts(p, 0, 2, rate)
	all = append(all, starts(p, 2+stall, 15, rate)...)
	require.GreaterOrEqual(t, len(all), 15*rate-2)
	require.LessOrEqual(t, float64(densest(all)), rate*(1+slack))
}
