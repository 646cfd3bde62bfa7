// Package pace decides how fast an upstream is called. It is arithmetic on
// times that it is given: it reads no clock, waits for nothing and knows no
// request, so that every rule in it can be tested as a table. Who waits, and on
// what, is the business of package upstream.
package pace

import (
	"math"
	"time"
)

const (
	// cut is what is left of the rate that passed when the upstream refuses.
	cut = 0.97
	// plateau is how long the rate stays after a cut: an upstream that has just
	// refused will refuse a little more again.
	plateau = 10 * time.Second
	// climb is how long after the plateau the rate that was refused is reached
	// again, rising with the third power of time: a limit that stands costs a
	// refusal twice a minute.
	climb = 20 * time.Second
	// lifted, in climbs: who has not refused by then has lifted the limit, and
	// the rate doubles every so often.
	lifted   = 1.5
	doubling = 5 * time.Second
	// echo is how long after a cut refusals still belong to what was sent
	// before it: limits are counted over a second or so.
	echo = time.Second
	// unlimited stands for the rate where --rate sets none.
	unlimited = 10_000
	// one is the least that a first cut leaves where --rate sets no limit.
	one = 1
	// floor is the lowest rate, requests a second.
	floor = 0.1
)

// Controller holds the rate of one upstream below --rate where the upstream
// refuses more, and lets it climb again. The zero value is not useful; it is
// not safe for concurrent use.
type Controller struct {
	most   float64   // --rate; 0: no limit of ours
	base   float64   // the rate right after the last cut; 0: never cut
	at     time.Time // when that cut was, or the pause after it ended
	echoes time.Time // until when refusals still belong to what was sent before the cut
	passed meter
}

// New returns the controller of an upstream that may be called most times a
// second; 0 means as fast as it goes.
func New(most float64) *Controller { return &Controller{most: most} }

// Rate is how many requests may start a second from now on; 0 means any number.
func (c *Controller) Rate(now time.Time) float64 {
	if c.base == 0 {
		return c.most
	}
	rate := c.base * (1 + growth(now.Sub(c.at)))
	if c.most > 0 {
		rate = min(rate, c.most)
	}
	return rate
}

// growth is the share by which the rate has risen this long after a cut.
func growth(since time.Duration) float64 {
	u := (since - plateau).Seconds() / climb.Seconds()
	if u <= 0 {
		return 0
	}
	g := (1/cut - 1) * u * u * u
	if u > lifted {
		g = (1+g)*math.Exp2((u-lifted)*climb.Seconds()/doubling.Seconds()) - 1
	}
	return g
}

// Slowed reports whether the rate is below --rate.
func (c *Controller) Slowed(now time.Time) bool {
	return c.base > 0 && (c.most == 0 || c.Rate(now) < c.most)
}

// Passed notes that the upstream accepted a request.
func (c *Controller) Passed(now time.Time) { c.passed.add(now) }

// Refused notes that the upstream refused, for its limit, a request that was
// sent at the given time. Only the first refusal counts: those of what was on
// its way already, and for a moment after, are its echo. It reports whether the
// rate was cut.
func (c *Controller) Refused(now, sent time.Time) bool {
	if c.base > 0 && !sent.After(c.echoes) {
		return false
	}
	rate, least := c.Rate(now), 0.0
	if rate == 0 {
		rate, least = unlimited, one
	} else {
		least = halved * rate
	}
	c.base, c.at, c.echoes = max(cut*max(c.passed.passing(now, rate), least), floor), now, now.Add(echo)
	return true
}

// Paused tells that nothing is sent until then: the plateau begins after it,
// what passed before tells nothing any more, and there will be no echo.
func (c *Controller) Paused(until time.Time) {
	if c.base > 0 {
		c.at, c.echoes = until, until
	}
	c.passed.start(until)
}
