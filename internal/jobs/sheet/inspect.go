package sheet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Damage says where a file is not the text that it should be, so that nothing in
// it can be trusted.
type Damage struct {
	Line, Column int    // from 1; the column counts characters
	Text         string // what is wrong, lower case, no full stop
	Hint         string // what to do
}

func (d *Damage) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", d.Line, d.Column, d.Text)
}

const (
	getAgain   = "get the file again from where it came: it was cut short or overwritten on its way"
	saveAsUTF8 = "mend that place, or save the file as CSV UTF-8"
)

// Inspect goes through the whole of a file that is not [Facts.Plain] and decides
// how it is to be read. A damaged one gives a [*Damage]. The note, where not
// empty, is what a person should know about the decision.
func Inspect(r io.Reader, f *Facts) (e Encoding, note string, err error) {
	if f.Plain() {
		return f.Encoding(), "", nil
	}
	if f.marked16() {
		return f.Encoding(), "", inspect16(r, f.Encoding())
	}
	t := &tally{line: 1, column: 1}
	if f.Encoding() == UTF8Marked {
		t.column = 0 // the mark is no character
	}
	if err := t.read(io.LimitReader(r, f.Size())); err != nil {
		return 0, "", err
	}
	return t.judge(f)
}

// tally counts what speaks for UTF-8 in a file and what speaks against it.
type tally struct {
	line, column int
	good, bad    bool // the current line has letters beyond ASCII; bytes that are not UTF-8

	lines, goodLines, badLines int
	firstBad, firstNul, absent place
	cut                        bool // the only fault is a character cut off at the end
	faults                     int
	absentByte, badByte        byte
}

type place struct{ line, column int }

func (t *tally) read(r io.Reader) error {
	in := bufio.NewReaderSize(r, bigBuffer)
	for {
		rest, err := in.Peek(utf8.UTFMax)
		if len(rest) == 0 {
			t.endLine(true)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		_, _ = in.Discard(t.take(rest))
	}
}

// take looks at the next character and says how many bytes it has.
func (t *tally) take(rest []byte) int {
	here := place{t.line, t.column}
	t.column++
	r, size := utf8.DecodeRune(rest)
	switch {
	case rest[0] == '\n':
		t.endLine(false)
		t.line, t.column = t.line+1, 1
	case rest[0] == 0 && t.firstNul.line == 0:
		t.firstNul = here
	case r == utf8.RuneError && size == 1:
		t.fault(here, rest)
	case size > 1:
		t.good = true
	}
	return size
}

func (t *tally) fault(here place, rest []byte) {
	t.bad = true
	if t.faults++; t.faults == 1 {
		t.firstBad, t.badByte = here, rest[0]
		t.cut = utf8.RuneStart(rest[0]) && !utf8.FullRune(rest)
	}
	if isAbsent(rest[0]) && t.absent.line == 0 {
		t.absent, t.absentByte = here, rest[0]
	}
}

// isAbsent knows the bytes that stand for nothing in Windows-1252.
func isAbsent(b byte) bool {
	switch b {
	case 0x81, 0x8D, 0x8F, 0x90, 0x9D:
		return true
	}
	return false
}

func (t *tally) endLine(last bool) {
	if last && t.column <= 1 {
		return // nothing stands after the last line end
	}
	t.lines++
	switch {
	case t.bad:
		t.badLines++
	case t.good:
		t.goodLines++
	}
	t.good, t.bad = false, false
}

// A file without a mark is one of Windows-1252 only where most of its letters
// beyond ASCII are no UTF-8 and they stand in more than a few lines. A few bytes
// in a file that is UTF-8, or ASCII, otherwise are damage: read as Windows-1252,
// every other letter beyond ASCII would turn into two wrong ones.
const (
	mixedFrom = 20 // a line of UTF-8 to so many of the others makes a mixed file
	fewOf     = 50 // a line in so many is few
)

func (t *tally) judge(f *Facts) (Encoding, string, error) {
	damage := func(at place, hint, format string, args ...any) (Encoding, string, error) {
		return 0, "", &Damage{at.line, at.column, fmt.Sprintf(format, args...), hint}
	}
	share := fmt.Sprintf("%d of its %d lines", t.badLines, t.lines)
	switch {
	case t.firstNul.line > 0 && bare16(f.head):
		return damage(place{1, 1}, "save it as CSV UTF-8 and give that file", "the file is UTF-16 without a byte order mark")
	case t.firstNul.line > 0:
		return damage(t.firstNul, getAgain, "the file has NUL bytes, which no text has; it is damaged, or no text at all")
	case t.cut && t.faults == 1:
		return damage(t.firstBad, getAgain, "the file ends in the middle of a character; it was cut short")
	case f.Encoding() == UTF8Marked:
		return damage(t.firstBad, saveAsUTF8, "the file is marked as UTF-8, and the byte %02X there is not (%s have such bytes)", t.badByte, share)
	case t.goodLines*mixedFrom >= t.badLines && t.goodLines > 0:
		return damage(t.firstBad, saveAsUTF8, "the byte %02X is not UTF-8, which the rest of the file is (%s have such bytes); the file is damaged", t.badByte, share)
	case t.absent.line > 0:
		return damage(t.absent, saveAsUTF8, "the byte %02X is neither UTF-8 nor Windows-1252; the file is damaged", t.absentByte)
	case t.badLines*fewOf <= t.lines:
		return damage(t.firstBad, saveAsUTF8, "the byte %02X is not UTF-8, and only %s have such bytes; the file may be damaged", t.badByte, share)
	}
	return Windows1252, fmt.Sprintf("the file is not UTF-8 (from line %d, column %d on) and is read as Windows-1252; "+
		"if accented letters look wrong, save it as UTF-8", t.firstBad.line, t.firstBad.column), nil
}

// bare16 reports whether a file begins like ASCII in UTF-16 without a mark.
func bare16(head []byte) bool {
	return len(head) >= 2 && (head[0] == 0) != (head[1] == 0)
}

// inspect16 looks for damage in a file of UTF-16.
func inspect16(r io.Reader, e Encoding) error {
	in := bufio.NewReaderSize(r, bigBuffer)
	line, column := 1, 0 // the mark is no character
	var high rune        // the first half of a character of two
	damage := func(text string) error { return &Damage{line, max(column, 1), text, getAgain} }
	for ; ; column++ { // a character of two halves counts at its second one
		var pair [2]byte
		n, err := io.ReadFull(in, pair[:])
		switch {
		case errors.Is(err, io.EOF) && high != 0:
			return damage("the file ends in the middle of a character; it was cut short")
		case errors.Is(err, io.EOF):
			return nil
		case n == 1:
			return damage("the file ends in the middle of a character; it was cut short")
		case err != nil:
			return err
		}
		unit := rune(pair[0])<<8 | rune(pair[1])
		if e == UTF16LE {
			unit = rune(pair[1])<<8 | rune(pair[0])
		}
		switch {
		case unit == 0:
			return damage("the file has NUL characters, which no text has; it is damaged")
		case high != 0 && utf16.DecodeRune(high, unit) == utf8.RuneError, high == 0 && isLow(unit):
			return damage("the file has half a character there; it is damaged")
		case high != 0:
			high = 0
		case utf16.IsSurrogate(unit):
			high, column = unit, column-1
		case unit == '\n':
			line, column = line+1, 0
		}
	}
}

// isLow knows the second halves of characters of two code units.
func isLow(unit rune) bool { return unit >= 0xDC00 && unit <= 0xDFFF }
