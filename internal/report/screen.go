package report

import (
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

const (
	toLineStart = "\r"
	eraseRest   = "\x1b[K"
)

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
		all = append(all, toLineStart+eraseRest...)
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
	if bar == s.bar {
		return
	}
	s.bar = bar
	if !s.midLine {
		_, _ = io.WriteString(s.out, toLineStart+bar+eraseRest)
	}
}
