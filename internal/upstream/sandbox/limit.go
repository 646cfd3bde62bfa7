package sandbox

import "time"

// maxWindow bounds a limiter's memory: a faster limit is kept over a shorter
// window.
const maxWindow = 100_000

// limiter lets through at most so many requests in any sliding window: for 10 a
// second ten in each second, for 2.5 two in each 0.8 s, for 0.5 one in each 2 s.
// It has no slack, so a client that sends at exactly this rate is refused now
// and then, for the network's jitter alone. Requests it refuses do not count.
// Times are given to it, as durations since some beginning. With whole it counts
// anew in each window since then, as many gateways do.
type limiter struct {
	window time.Duration
	whole  bool
	passed []time.Duration // the last ones let through, as a ring
	next   int
}

// newLimiter limits to rate requests a second; 0 or less is no limit.
func newLimiter(rate float64) *limiter {
	if rate <= 0 {
		return &limiter{}
	}
	n := max(1, int(min(rate, maxWindow)))
	return &limiter{window: time.Duration(float64(n) / rate * float64(time.Second)), passed: make([]time.Duration, 0, n)}
}

// allow reports whether a request at this time is let through.
func (l *limiter) allow(now time.Duration) bool {
	switch {
	case cap(l.passed) == 0:
		return true
	case len(l.passed) < cap(l.passed):
		l.passed = append(l.passed, now)
		return true
	case l.counts(l.passed[l.next], now):
		return false
	}
	l.passed[l.next] = now
	l.next = (l.next + 1) % len(l.passed)
	return true
}

// counts reports whether what passed once still counts.
func (l *limiter) counts(passed, now time.Duration) bool {
	if l.whole {
		return passed/l.window == now/l.window
	}
	return now-passed < l.window
}

// peak is the most requests that came in any sliding second.
type peak struct {
	recent []time.Duration
	from   int // before it, recent is older than a second
	most   int
}

func (p *peak) add(now time.Duration) {
	p.recent = append(p.recent, now)
	for now-p.recent[p.from] >= time.Second {
		p.from++
	}
	p.most = max(p.most, len(p.recent)-p.from)
	if p.from > 1024 && p.from > len(p.recent)/2 {
		p.recent = p.recent[:copy(p.recent, p.recent[p.from:])]
		p.from = 0
	}
}
