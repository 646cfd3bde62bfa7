package progress

import (
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"

	"bulk/internal/report/human"
)

// What a terminal is told (ECMA-48).
const (
	toLineStart = "\r"
	eraseRest   = "\x1b[K"
	eraseBelow  = "\x1b[J"
	oneUp       = "\x1b[A"
)

// spare is how many columns the bar leaves free at its end: the terminal shows
// a Ctrl-C as ^C there, and must not break the line for it.
const spare = 3

// Screen is a terminal shared by a progress bar and by whoever writes lines
// to it: each write takes the bar away, writes, and puts the bar back below,
// in one go. Log and messages go through it; without a bar they pass unchanged.
// It is safe for many goroutines.
type Screen struct {
	out   io.Writer
	width func() int

	mu      sync.Mutex
	bar     string // what is to stand on the last line; empty: nothing
	midLine bool   // the last write did not end its line, so the bar waits
}

// NewScreen shares out. Width gives its columns and is asked again for each
// drawing, since windows change size.
func NewScreen(out io.Writer, width func() int) *Screen {
	return &Screen{out: out, width: width}
}

// Width is a width function for a terminal: its columns, or 80 where they
// cannot be had.
func Width(terminal *os.File) func() int {
	return func() int {
		if columns, _, err := term.GetSize(int(terminal.Fd())); err == nil && columns > 0 {
			return columns
		}
		return 80
	}
}

// Write writes lines above the bar.
func (s *Screen) Write(text []byte) (int, error) {
	if len(text) == 0 {
		return 0, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []byte
	if s.bar != "" && !s.midLine {
		all = append(append(all, s.toBar()...), eraseBelow...)
	}
	before := len(all)
	all = append(all, text...)
	s.midLine = text[len(text)-1] != '\n'
	if s.bar != "" && !s.midLine {
		all = append(all, s.bar...)
	}
	n, err := s.out.Write(all)
	return min(max(n-before, 0), len(text)), err
}

// draw puts the bar on the last line in place of an earlier one; an empty one
// takes it away. A bar that cannot be written is no reason to stop a run.
func (s *Screen) draw(bar string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bar = human.Cut(bar, max(s.width()-spare, 0))
	if bar == s.bar && s.toBar() == toLineStart {
		return
	}
	if !s.midLine {
		_, _ = io.WriteString(s.out, s.toBar()+bar+s.erase())
	}
	s.bar = bar
}

// toBar moves to the beginning of the bar. Where the window became narrower
// than the bar is, the terminal has broken it into several lines.
func (s *Screen) toBar() string {
	return strings.Repeat(oneUp, s.broken()) + toLineStart
}

// broken is how many lines the bar takes beyond its first.
func (s *Screen) broken() int {
	return max(utf8.RuneCountInString(s.bar)-1, 0) / max(s.width(), 1)
}

// erase clears what the old bar leaves behind the new one.
func (s *Screen) erase() string {
	if s.broken() > 0 {
		return eraseBelow
	}
	return eraseRest
}

// line is where the library writes the bar's line to: each write is one line,
// in the codes that it uses itself.
func (s *Screen) line() io.Writer { return barLine{s} }

type barLine struct{ screen *Screen }

func (b barLine) Write(text []byte) (int, error) {
	b.screen.draw(plain(string(text)))
	return len(text), nil
}

// plain is a line of the library's without its codes.
func plain(line string) string {
	return strings.TrimRight(strings.TrimSuffix(strings.TrimPrefix(line, toLineStart), "\x1b[0K"), " ")
}
