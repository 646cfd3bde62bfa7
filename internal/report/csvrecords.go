package report

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// csvRecords writes the same bytes as encoding/csv's Writer with its defaults
// (comma, LF), in a quarter of the time: the result file is a large part of the
// work that bulk does for itself.
type csvRecords struct {
	to   io.Writer
	held []byte // lines not yet written out
	err  error  // the first of to; then nothing more is written
}

const csvHold = 4 << 10

func newCSVRecords(to io.Writer) *csvRecords {
	return &csvRecords{to: to, held: make([]byte, 0, csvHold+csvHold/4)}
}

// Write adds a line.
func (c *csvRecords) Write(record []string) error {
	for i, cell := range record {
		if i > 0 {
			c.held = append(c.held, ',')
		}
		if bare(cell) {
			c.held = append(c.held, cell...)
		} else {
			c.held = append(append(append(c.held, '"'), strings.ReplaceAll(cell, `"`, `""`)...), '"')
		}
	}
	c.held = append(c.held, '\n')
	if len(c.held) < csvHold {
		return nil
	}
	return c.Flush()
}

// Flush writes out what is held.
func (c *csvRecords) Flush() error {
	if c.err == nil {
		_, c.err = c.to.Write(c.held)
	}
	c.held = c.held[:0]
	return c.err
}

// bare tells whether a cell needs no quotes: it has no comma, quote or line end
// in it, does not begin with space, and is not \., which ends the data for some
// databases (as csv.Writer.fieldNeedsQuotes has it).
func bare(cell string) bool {
	if cell == "" {
		return true
	}
	if cell == `\.` {
		return false
	}
	for i := range len(cell) {
		if c := cell[i]; c <= ',' && (c == ',' || c == '"' || c == '\n' || c == '\r') {
			return false
		}
	}
	if c := cell[0]; c > ' ' && c < utf8.RuneSelf {
		return true
	}
	first, _ := utf8.DecodeRuneInString(cell)
	return !unicode.IsSpace(first)
}
