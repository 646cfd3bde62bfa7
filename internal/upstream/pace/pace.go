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
	// cut is what is left of the rate that passed when the upstream refuses, and
	// deeper where it asks for a pause and refuses again soon after it: pauses of a
	// second hide how much passes in one, so that what passed says too much.
	cut    = 0.97
	deeper = 0.9
	soon   = 2 * time.Second
	// shortest is the least that is waited after a refusal.
	shortest = 50 * time.Millisecond
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
	// floor is the lowest rate, requests a second.
	floor = 0.1
)

// cautious is how the first second after a cut goes where it is not known whether
// what passed did so in one second of the upstream's or in two: half of it passes in
// any case, and is sent fast; the rest slowly, so that few are on their way should
// one be refused. In all it is no more than without.
var cautious = []struct {
	until time.Duration // since sending went on
	times float64       // the rate
}{{170 * time.Millisecond, 2.8}, {500 * time.Millisecond, 0.5}, {window, 0.7}}

// Controller holds the rate of one upstream below --rate where the upstream
// refuses more, and lets it climb again. The zero value is not useful; it is
// not safe for concurrent use.
type Controller struct {
	most   float64 // --rate; 0: no limit of ours
	passed meter

	base   float64   // the rate right after the last cut; 0: never cut
	begun  bool      // sending had only begun before it: what passed may be two seconds' worth
	passes float64   // what passed before it, a second: where the climb leads back to
	last   refusal   // what it was made for
	on     time.Time // when sending went on after it, or after a pause

	// spared is the first cut since anything has passed: an upstream that lets nothing
	// through for a while says by that nothing of how much it lets through.
	spared struct{ base, passes float64 }
	deaf   bool // nothing that was sent since the last cut has passed yet

	heeded time.Time     // a refusal of what was sent before says nothing new
	wait   time.Duration // how long nothing is sent from then on
	longer time.Duration // how long that was for the last refusal within a second of the cut
}

// refusal is one that a cut was made for.
type refusal struct {
	sent, known time.Time
	rate        float64 // in force then
	share       float64 // of what passed, that is left
	first       bool    // there was none before
	spares      bool    // nothing has passed since the one before
}

// New returns the controller of an upstream that may be called most times a
// second; 0 means as fast as it goes.
func New(most float64) *Controller { return &Controller{most: most} }

// Rate is how many requests may start a second from now on; 0 means any number.
func (c *Controller) Rate(now time.Time) float64 {
	rate, since := c.even(now), now.Sub(c.on)
	if !c.begun || since < 0 {
		return rate
	}
	for _, step := range cautious {
		if since < step.until {
			return min(step.times*rate, c.most)
		}
	}
	return rate
}

// even is the rate but for the second after a cut that may be of two.
func (c *Controller) even(now time.Time) float64 {
	if c.base == 0 {
		return c.most
	}
	rate := c.base * (1 + c.growth(now.Sub(c.on)))
	if c.most > 0 {
		rate = min(rate, c.most)
	}
	return rate
}

// growth is the share by which the rate has risen this long after a cut.
func (c *Controller) growth(since time.Duration) float64 {
	u := (since - plateau).Seconds() / climb.Seconds()
	if u <= 0 {
		return 0
	}
	g := (c.passes/c.base - 1) * u * u * u
	if u > lifted {
		g = (1+g)*math.Exp2((u-lifted)*climb.Seconds()/doubling.Seconds()) - 1
	}
	return g
}

// Held is how much longer nothing may start, for what the upstream has refused.
func (c *Controller) Held(now time.Time) time.Duration {
	return max(0, c.heeded.Add(c.wait).Sub(now))
}

// Slowed reports whether the rate is below --rate.
func (c *Controller) Slowed(now time.Time) bool {
	return c.base > 0 && (c.most == 0 || c.even(now) < c.most)
}

// Started notes that a request is sent.
func (c *Controller) Started(now time.Time) { c.passed.add(now, 1) }

// Lost notes that a request that was sent then did not get through.
func (c *Controller) Lost(sent time.Time) { c.passed.add(sent, -1) }

// Refused notes that the upstream refused, for its limit, a request that was sent
// at the given time, and how long a pause it asked for (0: none). The rate is cut
// once for all that is sent within a second, which limits are counted over; then
// nothing is sent until what was sent too much is made up for, and twice as long
// each time that this was too short. What was on its way meanwhile only tells more
// exactly what had passed.
//
// Without --rate, which is for loopback only, no refusal slows anything.
func (c *Controller) Refused(now, sent time.Time, pause time.Duration) {
	c.Lost(sent)
	if c.most == 0 {
		return
	}
	if !sent.After(c.heeded) {
		if sent.Before(c.last.sent) {
			c.settle()
		}
		return
	}
	c.heeded = now
	if sent.Before(c.last.known.Add(window)) {
		c.longer = min(max(shortest, 2*c.longer), window)
		c.wait, c.on = c.longer, now.Add(c.longer)
		return
	}
	share, rate := cut, c.even(now)
	if pause > 0 && sent.Sub(c.on) < soon {
		share = deeper
	}
	c.last = refusal{sent: sent, known: now, rate: rate, share: share, first: c.base == 0, spares: c.deaf}
	c.deaf = true
	c.settle()
	c.wait, c.longer = max(shortest, c.overdrawn(now)), 0
	c.on = now.Add(c.wait)
}

// settle sets the rate by what had passed when the last cut was due.
func (c *Controller) settle() {
	c.passes = max(c.passed.passing(c.last.sent, c.last.rate), floor)
	c.base = max(c.last.share*c.passes, floor)
	c.begun = c.last.first && c.passed.began(c.last.sent)
	if !c.last.spares {
		c.spared.base, c.spared.passes = c.base, c.passes
	}
}

// Passed notes that a request that was sent then was not refused. Where it is the
// first since the last cut, those cuts are taken back that were made while nothing
// passed at all, but for the first.
func (c *Controller) Passed(sent time.Time) {
	if !sent.After(c.last.known) {
		return
	}
	c.deaf = false
	if c.base < c.spared.base {
		c.base, c.passes, c.begun = c.spared.base, c.spared.passes, false
	}
}

// overdrawn is how long, from now on, a limit counted over a second refuses all,
// since it has been met at once. Where more than twice as much was sent as passes
// it is not known when in its second it was met: then it is all of one.
func (c *Controller) overdrawn(now time.Time) time.Duration {
	all := window
	if c.base > halved*c.last.rate {
		all = time.Duration((1 - c.base/c.last.rate) * float64(window))
	}
	if late := now.Sub(c.last.sent); late < all {
		return all - late
	}
	return all
}

// Paused tells that nothing is sent until then: the plateau begins after it.
func (c *Controller) Paused(until time.Time) { c.on = until }
