package report

import (
	"sync"
	"time"
)

// redraw is how often the bar is drawn: often enough to look alive, seldom
// enough for a slow ssh.
const redraw = 200 * time.Millisecond

// bar is the progress bar on a terminal. At the end it is taken away: the
// summary says the same and more.
type bar struct {
	screen *Screen

	mu      sync.Mutex
	ticking *ticking
}

func (b *bar) Start(snapshot func() Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	draw := func() { b.screen.draw(barLine(snapshot(), b.screen.width()-1)) }
	draw()
	b.ticking = every(redraw, draw)
}

func (b *bar) Stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ticking == nil {
		return
	}
	b.ticking.stop()
	b.ticking = nil
	b.screen.draw("")
}
