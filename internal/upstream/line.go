package upstream

import (
	"context"
	"sync"
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
	Queue     int           // how many may wait for a token before Enter blocks; 0: 4
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
	health  health
	stats   Stats
	queue   int           // rows and attempts that wait for their turn
	inside  int           // attempts under way
	drained bool          // nothing new is sent any more
	changed chan struct{} // closed and replaced whenever what waiters look at changes
}

// NewLine returns the way to an upstream that nothing has been sent to.
func NewLine(s Settings) *Line {
	if s.Queue == 0 {
		s.Queue = 4
	}
	l := &Line{Settings: s, control: pace.New(s.Rate), changed: make(chan struct{})}
	l.limiter = rate.NewLimiter(limit(s.Rate), burst(s.Rate))
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

// burst lets a line catch up what it missed while the machine was busy, at most
// a hundredth of a second's requests.
func burst(perSecond float64) int { return max(1, int(perSecond/100)) }

// tell wakes everybody who waits for a change. The lock must be held.
func (l *Line) tell() {
	close(l.changed)
	l.changed = make(chan struct{})
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
func (l *Line) admit(ctx context.Context, fresh bool) (probe bool, err error) {
	defer l.lineUp(ctx)()
	for {
		probe, err = l.wayClear(ctx, fresh)
		if err != nil {
			return false, err
		}
		if err := l.token(ctx); err != nil {
			l.leave(probe)
			return false, err
		}
		if l.stillClear(probe, fresh) {
			return probe, nil
		}
	}
}

// token waits for one. The run's context must not have a deadline of its own:
// near one, Limiter.Wait fails early.
func (l *Line) token(ctx context.Context) error {
	l.mu.Lock()
	if now, want := time.Now(), limit(l.control.Rate(time.Now())); want != l.limiter.Limit() {
		l.limiter.SetLimitAt(now, want)
		l.limiter.SetBurstAt(now, burst(float64(want)))
	}
	l.mu.Unlock()
	return l.limiter.Wait(ctx)
}
