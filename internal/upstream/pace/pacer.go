package pace

import (
	"time"

	"golang.org/x/time/rate"
)

// Pacer says when the next request to an upstream may start: below --rate in any
// second, as fast as its [Controller] lets it, and not before the controller's
// hold is over. It is not safe for concurrent use.
type Pacer struct {
	*Controller
	limiter *rate.Limiter
	window  *Window
}

// NewPacer returns the pacer of an upstream that may be called most times a
// second; 0 means as fast as it goes.
func NewPacer(now time.Time, most float64) *Pacer {
	p := &Pacer{Controller: New(most), window: &Window{}}
	if most > 0 {
		p.window = NewWindow(most)
	}
	p.limiter = rate.NewLimiter(limit(most), p.burst(most))
	// A full bucket would be a burst at the start.
	p.limiter.AllowN(now, p.limiter.Burst())
	return p
}

func limit(perSecond float64) rate.Limit {
	if perSecond == 0 {
		return rate.Inf
	}
	return rate.Limit(perSecond)
}

// burst lets a caller catch up what it missed while the machine was busy, as fast
// as its window allows: a tenth of a second's requests, but below --rate, where
// an upstream has said that it looks closely, a hundredth's, and the one that a
// late timer costs where there are many.
func (p *Pacer) burst(perSecond float64) int {
	switch {
	case p.most > 0 && perSecond >= p.most:
		return max(1, int(perSecond/10))
	case perSecond >= timely:
		return 2 + int(perSecond/100)
	}
	return 1
}

// timely is up to how many requests a second late timers make no difference.
const timely = 20

// DropTokens gives up the tokens that gathered while nothing could be sent: they
// are there to make up for a busy machine, not for an upstream's silence. One
// stays for the request that goes first.
func (p *Pacer) DropTokens(now time.Time) {
	if gathered := int(p.limiter.TokensAt(now)); gathered > 1 {
		p.limiter.AllowN(now, gathered-1)
	}
}

// Take is how long the next request has to wait where no more than so many may
// start a second (0: any number). Where that is not at all, it starts.
func (p *Pacer) Take(now time.Time, ceiling float64) time.Duration {
	perSecond := p.Rate(now)
	if ceiling > 0 {
		perSecond = min(perSecond, ceiling)
	}
	want := limit(perSecond)
	if want != p.limiter.Limit() {
		p.limiter.SetLimitAt(now, want)
		p.limiter.SetBurstAt(now, p.burst(perSecond))
	}
	if wait := max(p.Held(now), p.window.Wait(now)); wait > 0 {
		return wait
	}
	if want != rate.Inf {
		token := p.limiter.ReserveN(now, 1)
		if wait := token.DelayFrom(now); wait > 0 {
			token.CancelAt(now)
			return wait
		}
	}
	p.window.Started(now)
	p.Started(now)
	return 0
}
