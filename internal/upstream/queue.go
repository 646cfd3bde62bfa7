package upstream

import (
	"context"
	"time"

	"bulk/internal/jobs"
)

// turn is a row's place in a line's queue.
type turn struct {
	line *Line
	gone bool // the line's lock guards it
}

// Reserve waits until one more row may set out, so that never more than
// Settings.Queue wait for a token, however many are under way. The place is
// given up when the row's first attempt leaves; whoever has reserved it releases
// it in any case when the row has ended.
func (l *Line) Reserve(intake context.Context) (jobs.Turn, error) {
	for {
		l.mu.Lock()
		if l.queue < l.Queue {
			l.queue++
			l.mu.Unlock()
			return &turn{line: l}, nil
		}
		room := l.room.next()
		l.mu.Unlock()
		if err := sleep(intake, forever, room); err != nil {
			return nil, err
		}
	}
}

// Release gives the place up, once.
func (t *turn) Release() {
	t.line.mu.Lock()
	defer t.line.mu.Unlock()
	t.give()
}

// give gives the place up, once. The line's lock must be held.
func (t *turn) give() {
	if !t.gone {
		t.gone = true
		t.line.leaveQueue()
	}
}

func (l *Line) leaveQueue() {
	l.queue--
	l.room.tell()
}

// giveTurn gives up a row's place, if it holds one in this line. The lock must
// be held.
func (l *Line) giveTurn(held jobs.Turn) {
	if t, ok := held.(*turn); ok && t.line == l {
		t.give()
	}
}

// admit waits until an errand may be sent: nothing of the upstream's trouble is
// in the way, and a token is there. Those who wait go in the order in which they
// came. Here, and nowhere else, attempts wait for their turn.
func (l *Line) admit(ctx context.Context, held jobs.Turn, e errand) (admission, error) {
	l.mu.Lock()
	l.giveTurn(held)
	if l.waiting == 0 {
		if a := l.decide(e, time.Time{}, false); a.wait == 0 {
			l.mu.Unlock()
			return a.orError()
		}
	}
	l.queue++
	l.waiting++
	l.mu.Unlock()
	select {
	case l.door <- struct{}{}:
		defer func() { <-l.door }()
		return l.atTheDoor(ctx, e)
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		l.stopWaiting()
		return admission{}, ctx.Err()
	}
}

// atTheDoor waits at the head of the queue.
func (l *Line) atTheDoor(ctx context.Context, e errand) (admission, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.stopWaiting()
	due, held := time.Time{}, false
	for {
		a := l.decide(e, due, held)
		if a.wait == 0 {
			return a.orError()
		}
		held, due = held || !a.paced, time.Time{}
		if a.wait != forever {
			due = time.Now().Add(a.wait)
		}
		news := l.news.next()
		l.mu.Unlock()
		err := sleep(ctx, a.wait, news)
		l.mu.Lock()
		if err != nil {
			return admission{}, err
		}
	}
}

// stopWaiting notes that an attempt waits no more. The lock must be held.
func (l *Line) stopWaiting() {
	l.waiting--
	l.leaveQueue()
}

func (a admission) orError() (admission, error) {
	if a.end != nil {
		return a, a.end
	}
	return a, nil
}
