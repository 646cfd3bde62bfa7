package upstream

import (
	"context"

	"bulk/internal/jobs"
)

// turn is a row's place in a line's queue.
type turn struct {
	line *Line
	gone bool // the line's lock guards it
}

// Reserve waits until one more row may set out, so that never more than
// Settings.Queue wait for a token, however many are under way. The place is
// given up when the row's first attempt waits no more; whoever has reserved it
// releases it in any case when the row has ended.
func (l *Line) Reserve(intake context.Context) (jobs.Turn, error) {
	for {
		l.mu.Lock()
		if l.queue < l.Queue {
			l.queue++
			l.mu.Unlock()
			return &turn{line: l}, nil
		}
		changed := l.change()
		l.mu.Unlock()
		select {
		case <-changed:
		case <-intake.Done():
			return nil, intake.Err()
		}
	}
}

// Release gives the place up, once.
func (t *turn) Release() {
	t.line.mu.Lock()
	defer t.line.mu.Unlock()
	if !t.gone {
		t.gone = true
		t.line.queue--
		t.line.tell()
	}
}

// lineUp counts an attempt as waiting until the returned function is called. A
// row's first attempt waits in the place that the row has already.
func (l *Line) lineUp(has jobs.Turn) (admitted func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue++
	if t, ok := has.(*turn); ok && t.line == l && !t.gone {
		t.gone = true
		l.queue--
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.queue--
		l.tell()
	}
}
