package upstream

import "context"

// place is a row's place in a line's queue, from when it sets out until its
// first attempt is admitted or it ends.
type place struct {
	line *Line
	gone bool // the line's lock guards it
}

type placeKey struct{}

// Enter waits until one more row may set out, so that never more than
// Settings.Queue wait for a token, however many are under way. It returns the
// context of the row, made from work, and what to call when the row has ended.
func (l *Line) Enter(intake, work context.Context) (ctx context.Context, leave func(), err error) {
	for {
		l.mu.Lock()
		if l.queue < l.Queue {
			l.queue++
			l.mu.Unlock()
			p := &place{line: l}
			return context.WithValue(work, placeKey{}, p), p.give, nil
		}
		changed := l.change()
		l.mu.Unlock()
		select {
		case <-changed:
		case <-intake.Done():
			return nil, nil, intake.Err()
		}
	}
}

// give gives the place up, once.
func (p *place) give() {
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	if !p.gone {
		p.gone = true
		p.line.queue--
		p.line.tell()
	}
}

// lineUp counts an attempt as waiting until the returned function is called. A
// row's first attempt waits in the place that the row has already.
func (l *Line) lineUp(ctx context.Context) (admitted func()) {
	if p, ok := ctx.Value(placeKey{}).(*place); ok && p.line == l {
		l.mu.Lock()
		waits := !p.gone
		l.mu.Unlock()
		if waits {
			return p.give
		}
	}
	l.mu.Lock()
	l.queue++
	l.mu.Unlock()
	return func() {
		l.mu.Lock()
		l.queue--
		l.tell()
		l.mu.Unlock()
	}
}
