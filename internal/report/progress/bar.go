package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

// redraw is how often the bar is drawn: often enough to look alive, seldom
// enough for a slow ssh.
const redraw = 200 * time.Millisecond

// The widths of the bar itself, brackets not counted. A line that leaves it
// roomLeft columns beside the description has room for the time left, too.
//
// The library reckons with the rows of the last five seconds; where there were
// none it takes a run that stalls for one that is at its end.
const (
	stalls   = 4 * time.Second
	barLeast = 3
	barMost  = 40
	roomLeft = 50
)

// bar is the progress bar on a terminal. At the end it is taken away: the
// summary says the same and more.
type bar struct {
	screen *Screen

	mu      sync.Mutex
	ticking *ticking

	// For the ticking goroutine:
	drawn  *progressbar.ProgressBar
	before int       // rows that were done before this start: they took no time now
	done   int       // rows, when it was last drawn
	moved  time.Time // when that last changed
	width  int       // of the bar itself
}

func (b *bar) Start(snapshot func() Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := snapshot()
	b.before, b.done, b.moved, b.width = s.Done, s.Done, time.Now(), barLeast
	b.drawn = progressbar.NewOptions(s.Total-s.Done,
		progressbar.OptionSetWriter(b.screen.line()),
		progressbar.OptionSetWidth(b.width),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionShowCount(),
		progressbar.OptionSetItsString("rows"),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetRenderBlankState(true))
	b.draw(s)
	b.ticking = every(redraw, func() { b.draw(snapshot()) })
}

// draw has the library draw a snapshot. The words stand first, since what does
// not fit is cut off at the end of the line.
func (b *bar) draw(s Snapshot) {
	width := b.screen.width() - spare
	said := describe(s, width)
	if s.Done != b.done {
		b.done, b.moved = s.Done, time.Now()
	}
	begun := b.done > b.before
	if begun {
		progressbar.OptionShowIts()(b.drawn)
	}
	predicts := begun && time.Since(b.moved) < stalls && !s.Stopping && s.Waits == "" && width-utf8.RuneCountInString(said) >= roomLeft
	progressbar.OptionSetPredictTime(predicts)(b.drawn)
	b.fit(width)
	b.drawn.Describe(said)
	if begun { // else it would take the rate for 0, and show that even beside the first row
		_ = b.drawn.Set(min(s.Done-b.before, s.Total-b.before)) // it fails beyond the total alone
	}
	if utf8.RuneCountInString(plain(b.drawn.String())) > width {
		b.fit(width)
		_ = b.drawn.RenderBlank()
	}
}

// fit gives the bar itself the columns that the rest of the line left it when it was
// drawn last.
func (b *bar) fit(width int) {
	rest := utf8.RuneCountInString(plain(b.drawn.String())) - b.width
	b.width = min(max(width-rest, barLeast), barMost)
	progressbar.OptionSetWidth(b.width)(b.drawn)
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

// describe says what a person must know of a run: what went wrong, and what is
// in its way; what went well where there is room for that.
func describe(s Snapshot, width int) string {
	var said []string
	add := func(text string) {
		if text != "" {
			said = append(said, human.OneLine(text))
		}
	}
	add(s.Outcomes.Text(jobs.Unknown, jobs.Failed, jobs.Drift, jobs.Rejected, jobs.Invalid))
	add(s.Waits)
	inFlight := 0
	for _, u := range s.Upstreams {
		inFlight += u.InFlight
	}
	if s.Stopping {
		add(fmt.Sprintf("stopping, %d in flight", inFlight))
	}
	for _, u := range s.Upstreams {
		if u.Trouble != None {
			add(string(u.Name) + " " + u.trouble())
		}
	}
	needed := strings.Join(said, "  ")
	add(s.Outcomes.Text(jobs.OK, jobs.Valid, jobs.Planned, jobs.Skipped))
	if all := strings.Join(said, "  "); width-utf8.RuneCountInString(all) >= roomLeft+barLeast {
		return all
	}
	return needed
}
