package report

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// terminal is a screen of endless width: it knows CR, LF and erase-to-end.
type terminal struct {
	mu    sync.Mutex
	lines []string
	at    int // column on the last line
	wrote int // writes
}

func (t *terminal) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrote++
	if len(t.lines) == 0 {
		t.lines = []string{""}
	}
	rest := string(text)
	for rest != "" {
		last := &t.lines[len(t.lines)-1]
		switch {
		case strings.HasPrefix(rest, "\x1b[K"):
			*last, rest = (*last)[:t.at], rest[3:]
			continue
		case rest[0] == '\r':
			t.at = 0
		case rest[0] == '\n':
			t.lines, t.at = append(t.lines, ""), 0
		default:
			*last = (*last)[:t.at] + rest[:1] + (*last)[min(t.at+1, len(*last)):]
			t.at++
		}
		rest = rest[1:]
	}
	return len(text), nil
}

func (t *terminal) text() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string{}, t.lines...)
}

func TestScreenIsSharedSafely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &terminal{}
		screen := NewScreen(out, eighty)
		progress := NewProgress(KindBar, screen, nil)
		var done atomic.Int64
		progress.Start(func() Snapshot { return Snapshot{Total: 4000, Done: int(done.Load())} })
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

func TestScreenReportsAClosedTerminal(t *testing.T) {
	screen := NewScreen(fullDisk{}, eighty)
	screen.draw("bar")
	n, err := screen.Write([]byte("line\n"))
	require.Zero(t, n)
	require.ErrorIs(t, err, errFull)
}
