package upstream

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"bulk/internal/jobs"
	"bulk/internal/upstream/pace"
)

// Settings are what a [Line] is told about its upstream.
type Settings struct {
	Upstream  jobs.Upstream
	Rate      float64       // requests a second; 0: no limit (loopback only)
	Retries   int           // attempts after the first
	MaxOutage time.Duration // how long an upstream that is down is waited for
	Observe   Observer      // told of every attempt; nil: nobody
	Queue     int           // how many may wait for a token before Reserve blocks; 0: 4
}

// Observer is told when an attempt ended, how long it took, and how: refused
// for the rate, or without a trustworthy answer. It is called by many at once.
type Observer func(u jobs.Upstream, at time.Time, latency time.Duration, throttled, failed bool)

// Line is the way to one upstream. All its requests go through one Line: it
// lets the first go alone, keeps the pace, slows down for all when the upstream
// says so, holds everything while it is down, and ends when the credentials are
// refused. It does not know what a request is.
type Line struct {
	Settings
	limiter *rate.Limiter

	mu      sync.Mutex
	control *pace.Controller
	window  *pace.Window
	health  health
	stats   Stats
	queue   int           // rows and attempts that wait for their turn
	inside  int           // attempts under way
	drained bool          // nothing new is sent any more
	passes  atomic.Int64  // attempts that got through, ever
	changed chan struct{} // closed at the next change of what waiters look at; nil: nobody waits
}

// NewLine returns the way to an upstream that nothing has been sent to.
func NewLine(s Settings) *Line {
	if s.Queue == 0 {
		s.Queue = 4
	}
	l := &Line{Settings: s, control: pace.New(s.Rate), window: &pace.Window{}}
	if s.Rate > 0 {
		l.window = pace.NewWindow(s.Rate)
	}
	l.limiter = rate.NewLimiter(limit(s.Rate), l.burst(s.Rate))
	// A full bucket would be a burst at the start.
	l.limiter.AllowN(time.Now(), l.limiter.Burst())
	return l
}

func limit(perSecond float64) rate.Limit {
	if perSecond == 0 {
		return rate.Inf
	}
	return rate.Limit(perSecond)
}

// burst lets a line catch up what it missed while the machine was busy, as fast
// as its window allows: a tenth of a second's requests, but below --rate, where
// an upstream has said that it looks closely, a hundredth's.
func (l *Line) burst(perSecond float64) int {
	if perSecond < l.Rate {
		return max(1, int(perSecond/100))
	}
	return max(1, int(perSecond/10))
}

// forgo gives up the tokens that gathered while nothing could be sent: they are
// there to make up for a busy machine, not for an upstream's silence. One stays
// for the request that goes first.
func (l *Line) forgo(now time.Time) {
	if gathered := int(l.limiter.TokensAt(now)); l.Rate > 0 && gathered > 1 {
		l.limiter.AllowN(now, gathered-1)
	}
}

// tell wakes everybody who waits for a change. The lock must be held.
func (l *Line) tell() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// change is closed at the next change. The lock must be held.
func (l *Line) change() <-chan struct{} {
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.changed
}

// Drain lets no request set out any more, but for the retries of those that
// have: they may still come to an end, unless the upstream is down.
func (l *Line) Drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drained = true
	l.tell()
}

// admit waits until an attempt may be sent: nothing of the upstream's trouble
// is in the way, and a token is there. fresh says that it is its request's
// first. It tells whether the attempt is a probe of an upstream that is down.
func (l *Line) admit(ctx context.Context, turn jobs.Turn, fresh bool) (probe bool, _ error) {
	defer l.lineUp(turn)()
	for {
		now, probe, err := l.wayClear(ctx, fresh)
		if err != nil {
			return false, err
		}
		if err := l.token(ctx, now); err != nil {
			l.leave(probe)
			return false, err
		}
		if ok, err := l.depart(ctx, probe, fresh); ok || err != nil {
			return probe, err
		}
	}
}

// depart waits, having a token, until the line's window lets the attempt start.
// It tells whether it may: where the upstream's state has changed meanwhile it
// has to begin anew.
func (l *Line) depart(ctx context.Context, probe, fresh bool) (bool, error) {
	for {
		wait, ok := l.stillClear(probe, fresh)
		if wait == 0 {
			return ok, nil
		}
		if err := sleep(ctx, wait); err != nil {
			l.leave(probe)
			return false, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// token waits for one. The run's context must not have a deadline of its own:
// near one, Limiter.Wait fails early.
func (l *Line) token(ctx context.Context, now time.Time) error {
	l.mu.Lock()
	want := limit(l.control.Rate(now))
	if want != l.limiter.Limit() {
		l.limiter.SetLimitAt(now, want)
		l.limiter.SetBurstAt(now, l.burst(float64(want)))
	}
	l.mu.Unlock()
	if want == rate.Inf {
		return ctx.Err()
	}
	return l.limiter.Wait(ctx)
}
