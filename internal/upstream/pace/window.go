package pace

import "time"

const (
	// slack is by how much more than the rate may start in a second, as a
	// share. What was missed while the machine was busy is made up for with it;
	// the rest of what the contract allows is for the delays on the way, which
	// move requests together.
	slack = 0.005
	// hurry is how much faster than the rate, for a moment, what was missed is
	// made up for.
	hurry = 1.1
	// together is for how long the rate's requests may start at once: timers
	// are no better than a millisecond or so.
	together = 5 * time.Millisecond
	// most bounds the memory of a window: a faster rate is kept over less than
	// a second.
	most = 8192
)

// Window keeps the requests to one upstream from bunching: a limiter lets
// through those that have waited long enough, but a late timer or a busy
// machine can have many of them start at once. It counts actual starts. The
// zero value lets everything through; it is not safe for concurrent use.
type Window struct {
	span   time.Duration // in any so long
	starts []time.Time   // at most so many: the last ones, as a ring
	oldest int           // place in starts

	gap   time.Duration // between two starts, in a hurry
	ahead time.Duration // so much of them may be at once: whole gaps
	free  time.Time     // when the starts so far are through at that pace
}

// NewWindow returns the window of an upstream that may be called so many times
// a second, above 0.
func NewWindow(perSecond float64) *Window {
	// Where the slack is less than a request, it goes into the time.
	n, span := int(perSecond*(1+slack)+1e-6), 1.0
	if n > most || float64(n) <= perSecond {
		n = min(max(1, n), most)
		span = float64(n) / (perSecond * (1 + slack))
	}
	gap := time.Duration(float64(time.Second) / (hurry * perSecond))
	return &Window{
		span:   time.Duration(span * float64(time.Second)),
		starts: make([]time.Time, n),
		gap:    gap,
		ahead:  together - together%max(gap, 1),
	}
}

// Wait is how long the next request has to wait; 0: it may start.
func (w *Window) Wait(now time.Time) time.Duration {
	if w.starts == nil {
		return 0
	}
	wait := w.free.Add(-w.ahead).Sub(now)
	if last := w.starts[w.oldest]; !last.IsZero() {
		wait = max(wait, last.Add(w.span).Sub(now))
	}
	return max(0, wait)
}

// Started notes that a request starts.
func (w *Window) Started(now time.Time) {
	if w.starts == nil {
		return
	}
	w.starts[w.oldest] = now
	w.oldest = (w.oldest + 1) % len(w.starts)
	if w.free.Before(now) {
		w.free = now
	}
	w.free = w.free.Add(w.gap)
}
