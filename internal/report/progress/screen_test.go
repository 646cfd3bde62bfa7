package progress

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// terminal is a terminal that wraps long lines, again when its window changes
// its width, as most do. It knows CR, LF, cursor up, and erasing to the end of
// the line and of the screen.
type terminal struct {
	mu      sync.Mutex
	columns int
	lines   []string // as written; how they are wrapped follows from columns
	line    int      // where the cursor is
	at      int      // its place in that line
}

func newTerminal(columns int) *terminal { return &terminal{columns: columns, lines: []string{""}} }

func (t *terminal) width() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.columns
}

func (t *terminal) resize(columns int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.columns = columns
}

func (t *terminal) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	codes := map[string]func(){
		"\x1b[K": func() { t.lines[t.line] = t.lines[t.line][:t.at] },
		"\x1b[J": func() { t.lines[t.line], t.lines = t.lines[t.line][:t.at], t.lines[:t.line+1] },
		"\x1b[A": t.up,
		"\r":     func() { t.at -= t.at % t.columns },
		"\n":     t.down,
	}
next:
	for rest := string(text); rest != ""; {
		for code, do := range codes {
			if after, found := strings.CutPrefix(rest, code); found {
				do()
				rest = after
				continue next
			}
		}
		line := t.lines[t.line]
		t.lines[t.line] = line[:t.at] + rest[:1] + line[min(t.at+1, len(line)):]
		t.at++
		rest = rest[1:]
	}
	return len(text), nil
}

// up moves to the row above, which may be of the same line.
func (t *terminal) up() {
	if t.at >= t.columns {
		t.at -= t.columns
		return
	}
	if t.line > 0 {
		t.line--
		rows := max(len(t.lines[t.line])-1, 0) / t.columns
		t.at = min(rows*t.columns+t.at, len(t.lines[t.line]))
	}
}

func (t *terminal) down() {
	t.line, t.at = t.line+1, 0
	if t.line == len(t.lines) {
		t.lines = append(t.lines, "")
	}
}

// text is what is to be seen, row by row.
func (t *terminal) text() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var rows []string
	for _, line := range t.lines {
		for len(line) > t.columns {
			rows, line = append(rows, line[:t.columns]), line[t.columns:]
		}
		rows = append(rows, line)
	}
	return rows
}

// However the window is resized, nothing of an earlier bar is left, and no line
// of the log is lost.
func TestScreenOfAWindowThatIsResized(t *testing.T) {
	for _, to := range []int{79, 60, 41, 39, 20, 13, 200} {
		t.Run(fmt.Sprint(to), func(t *testing.T) {
			window := newTerminal(80)
			screen := NewScreen(window, window.width)
			fmt.Fprintln(screen, "a line of the log")
			screen.draw(strings.Repeat("x", 75))
			window.resize(to)
			screen.draw(strings.Repeat("y", 75))
			log := []string{"a line of the log"}
			if to < len(log[0]) {
				log = []string{log[0][:to], log[0][to:]}
			}
			bar := strings.Repeat("y", min(75, to-spare))
			if to-spare < 75 {
				bar = bar[:to-spare-2] + ".."
			}
			require.Equal(t, append(log, bar), window.text())
			window.resize(80)
			fmt.Fprintln(screen, "another")
			require.Equal(t, []string{"a line of the log", "another", bar}, window.text())
			window.resize(to)
			fmt.Fprintln(screen, "third")
			window.resize(80)
			require.Equal(t, []string{"a line of the log", "another", "third", bar}, window.text())
			screen.draw("")
			require.Equal(t, []string{"a line of the log", "another", "third", ""}, window.text())
		})
	}
}

func TestScreenIsSharedSafely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTerminal(80)
		screen := NewScreen(out, out.width)
		progress := New(Bar, screen, nil)
		var done atomic.Int64
		progress.Start(func() Snapshot { return Snapshot{Total: 800, Done: int(done.Load())} })
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 100 {
					n, err := fmt.Fprintln(screen, "a whole line")
					if n != len("a whole line\n") || err != nil {
						t.Error(n, err)
					}
					done.Add(1)
					time.Sleep(redraw / 3)
				}
			})
		}
		all.Wait()
		progress.Stop()
		lines := out.text()
		require.Len(t, lines, 801)
		for _, line := range lines[:800] {
			require.Equal(t, "a whole line", line)
		}
	})
}

// fullDisk takes nothing.
type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestScreenReportsAClosedTerminal(t *testing.T) {
	screen := NewScreen(fullDisk{}, func() int { return 80 })
	screen.draw("bar")
	n, err := screen.Write([]byte("line\n"))
	require.Zero(t, n)
	require.ErrorIs(t, err, errFull)
}
