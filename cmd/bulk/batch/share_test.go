package batch

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/dicetest"
	"bulk/internal/jobs/ledger"
)

// sharer is a process that calls an account, in simulated time.
type sharer struct {
	sharing
	said  time.Time // when it said so last; zero: it does not
	ask   time.Time // when it does so next
	part  float64
	until time.Time
}

// sends is what it may send of the rate.
func (p *sharer) sends(now time.Time) float64 {
	if now.Before(p.until) {
		return p.part * p.own
	}
	return 0
}

// However processes come, go, are frozen and find no ledger, all of them together never
// send more than the account's rate; and most of the time they send all of it.
func TestSharing(t *testing.T) {
	const step, rate = 20 * time.Millisecond, 100.0
	dice := dicetest.For(t)
	now := time.Date(2026, 5, 1, 2, 0, 0, 0, time.UTC)
	all := make([]*sharer, 5)
	sent, steps := 0.0, 0
	for range 20_000 {
		now = now.Add(step)
		sum, any := 0.0, false
		for i, p := range all {
			switch {
			case p == nil && dice.IntN(400) == 0:
				all[i] = &sharer{sharing: sharing{own: rate}, ask: now}
			case p != nil && dice.IntN(2000) == 0:
				all[i] = nil // it ended, and said so
			case p != nil && dice.IntN(3000) == 0:
				p.ask = now.Add(time.Duration(dice.IntN(10_000)) * time.Millisecond) // frozen, or the ledger was away
			case p != nil && !now.Before(p.ask):
				p.asks(all, now, dice)
			}
			if p := all[i]; p != nil {
				sum += p.sends(now)
				any = true
			}
		}
		require.LessOrEqual(t, sum, rate*1.0001, "at %s", now)
		if any {
			sent += sum
			steps++
		}
	}
	require.Greater(t, sent/float64(steps)/rate, 0.7)
}

// asks says that it calls the account, and hears of the others; the answer takes its time.
func (p *sharer) asks(all []*sharer, now time.Time, dice *rand.Rand) {
	p.said = now
	processes := 0
	for _, other := range all {
		if other != nil && !other.said.IsZero() && now.Sub(other.said) < ledger.ShareFor {
			processes++
		}
	}
	asked := now.Add(-time.Duration(dice.IntN(int(shareAsk))))
	if !p.heard.IsZero() && asked.Before(p.heard) {
		asked = p.heard
	}
	p.part, p.until = p.answered(asked, now, processes, p.own)
	p.ask = now.Add(p.next(now))
}
