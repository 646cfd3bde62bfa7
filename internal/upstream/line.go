package upstream

import (
	"context"
	"sync"
	"time"

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

	// Wall is the clock on the wall, by which the line notices that the machine
	// has slept; nil: time.Now.
	Wall func() time.Time
	// Woke is told that the machine has slept: connections kept from before are
	// dead. It must not call the line; nil: nobody.
	Woke func()
	// Renew reads the credentials once more where they were refused, and reports
	// whether they have changed, and are used from now on; nil: they cannot change.
	Renew func() bool
}

// Observer is told when an attempt ended, how long it took, and how: refused
// for the rate, or without a trustworthy answer. It is called by many at once.
type Observer func(u jobs.Upstream, at time.Time, latency time.Duration, throttled, failed bool)

// Line is the way to one upstream. All its requests go through one Line: it
// lets the first go alone, keeps the pace, slows down for all when the upstream
// says so, holds everything while it is down, and ends when the credentials are
// refused. It does not know what a request is.
//
// Its state decides, and one function waits: [Line.admit].
type Line struct {
	Settings
	door chan struct{} // holds one while somebody stands at the head of the queue

	mu        sync.Mutex
	state     state
	share     float64   // of the rate that this process may have: others call the same account; 0: none for now
	shareEnds time.Time // when it has none any more; zero: not
	pacer     *pace.Pacer
	watch     sleepWatch
	stats     Stats
	good      Once // the read that succeeded last: a probe that no sick SIM spoils
	queue     int  // rows and attempts that wait for their turn
	waiting   int  // attempts of them: at the door or before it
	news      notice
	room      notice

	renewal   sync.Mutex
	renewedAt time.Time
}

// NewLine returns the way to an upstream that nothing has been sent to.
func NewLine(s Settings) *Line {
	if s.Queue == 0 {
		s.Queue = 4
	}
	if s.Wall == nil {
		s.Wall = time.Now
	}
	pacer := pace.NewPacer(time.Now(), s.Rate)
	return &Line{
		Settings: s, door: make(chan struct{}, 1), pacer: pacer, watch: newSleepWatch(time.Now(), s.Wall()),
		share: 1, state: state{upstream: s.Upstream, maxOutage: s.MaxOutage, control: pacer.Controller},
	}
}

// Drain lets no request set out any more, but for the retries of those that
// have: they may still come to an end, unless the upstream is down or has asked
// for a pause.
func (l *Line) Drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.drained = true
	l.news.tell()
}

// Reopen takes Drain back: a run that was paused goes on.
func (l *Line) Reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.drained = false
	l.news.tell()
}

// decide says whether an errand may go now. Where it may, it has left: it is
// counted and has its token. due is when the caller was to be woken, held
// whether the state of the upstream has kept it waiting before. The lock must be
// held.
func (l *Line) decide(e errand, due time.Time, held bool) admission {
	now := time.Now()
	l.noticeSleep(now, due)
	a := l.state.admit(now, e)
	if a.end != nil || a.wait != 0 {
		return a
	}
	if held || l.stats.Requests == 0 {
		l.pacer.DropTokens(now)
	}
	if a.wait = l.paced(now); a.wait != 0 {
		a.paced = true
		return a
	}
	l.state.depart(a)
	l.stats.sent(l.state.inside, now)
	return a
}

// paced is how long the pace has the next request wait. Where that is not at
// all, it starts.
func (l *Line) paced(now time.Time) time.Duration {
	if l.Rate > 0 && !l.hasShare(now) {
		return shareless
	}
	return l.pacer.Take(now, shared(l.Rate, l.share))
}

// shareless is how long a request waits, at least, while this process has no share of
// its account's rate.
const shareless = 100 * time.Millisecond

// shared is the rate of a process that has a part of its account's. Each of them may
// send one request more in some second than its rate says; all of them together may
// send one more.
func shared(rate, part float64) float64 {
	if part == 1 {
		return rate
	}
	return max((rate+1)*part-1, rate*part/2)
}

// Share says how much of the rate this process may have, from 0 to 1, where others
// call the same account, and until when; zero: until it is said again. A line that
// nothing is said to has all of it.
func (l *Line) Share(part float64, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed := l.share != part
	l.share, l.shareEnds = part, until
	if changed {
		l.news.tell()
	}
}

// hasShare reports whether this process may have a part of the rate. The lock must be
// held.
func (l *Line) hasShare(now time.Time) bool {
	return l.share > 0 && (l.shareEnds.IsZero() || now.Before(l.shareEnds))
}

// noticeSleep bars commands where the machine has slept. The lock must be held.
func (l *Line) noticeSleep(now, due time.Time) {
	if !l.watch.slept(now, l.Wall(), due) {
		return
	}
	l.state.wokeAt = now
	if l.Woke != nil {
		l.Woke()
	}
}

// stillClear reports whether a command that was admitted may leave now that its
// intent is on disk; where not, it has not left.
func (l *Line) stillClear(e errand) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.noticeSleep(now, time.Time{})
	if l.state.clear(now, e) {
		return true
	}
	l.takeBack()
	return false
}

// withdraw takes back an attempt that was admitted and did not leave.
func (l *Line) withdraw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.takeBack()
}

func (l *Line) takeBack() {
	before := l.state.gate()
	l.state.inside--
	l.stats.Requests--
	l.tellIf(before)
}

// observe takes in what an attempt came to. It returns what its trouble was
// taken for, and, where that ends the run, why.
func (l *Line) observe(o seen, once Once) (Trouble, *ending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, downSince := l.state.gate(), l.state.downSince
	trouble, ends := l.state.observe(o)
	if o.read && o.Verdict == jobs.Done {
		l.good = once
	}
	l.stats.answered(trouble, o)
	if before.down && !l.state.down() {
		l.stats.held += o.now.Sub(downSince)
	}
	l.tellIf(before)
	return trouble, ends
}

// tellIf wakes those who wait for the state to change, if it has. The lock must
// be held.
func (l *Line) tellIf(before gate) {
	if l.state.gate() != before {
		l.news.tell()
	}
}

// down reports whether the upstream is taken to be down.
func (l *Line) down() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.down()
}

// renewed reports whether the credentials have changed since an attempt with
// them was sent, reading them once more if need be.
func (l *Line) renewed(sent time.Time) bool {
	if l.Renew == nil {
		return false
	}
	l.renewal.Lock()
	defer l.renewal.Unlock()
	if l.renewedAt.After(sent) {
		return true
	}
	if !l.Renew() {
		return false
	}
	l.renewedAt = time.Now()
	return true
}

// rest waits before the next attempt at a request, or until nothing is sent any
// more.
func (l *Line) rest(ctx context.Context, d time.Duration) error {
	for until := time.Now().Add(d); ; {
		l.mu.Lock()
		ended, news := l.state.ended != nil, l.news.next()
		l.mu.Unlock()
		left := time.Until(until)
		if ended || left <= 0 {
			return ctx.Err()
		}
		if err := sleep(ctx, left, news); err != nil {
			return err
		}
	}
}

// notice lets many wait for one thing to happen. The line's lock guards it.
type notice struct{ happened chan struct{} }

// next is closed when it happens next.
func (n *notice) next() <-chan struct{} {
	if n.happened == nil {
		n.happened = make(chan struct{})
	}
	return n.happened
}

func (n *notice) tell() {
	if n.happened != nil {
		close(n.happened)
		n.happened = nil
	}
}

// sleep waits until a time is over, something happens or ctx ends; wait may be
// forever.
func sleep(ctx context.Context, wait time.Duration, happens <-chan struct{}) error {
	var over <-chan time.Time
	if wait != forever {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-over:
		return nil
	case <-happens:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
