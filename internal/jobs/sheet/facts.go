package sheet

import (
	"bytes"
	"unicode/utf8"
)

// Facts learns from a file's bytes, written to it in pieces, what can be learned
// on the way. The zero value is ready for the first byte.
type Facts struct {
	size    int64
	head    []byte // the first bytes, as many as the longest mark has
	partial []byte // the beginning of a rune that the last piece cut off
	invalid bool   // as UTF-8
	nul     bool
	last    [2]byte // the last bytes
	end     byte    // the last byte before ends
	ends    int     // DOS end-of-file marks at the end
	formula bool
}

// dosEnd is the sign, Ctrl-Z, that DOS programs and COPY put at the end of a
// text.
const dosEnd = 0x1A

// Write takes the next piece. It never fails.
func (f *Facts) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	f.size += int64(len(p))
	if missing := len(mark8) - len(f.head); missing > 0 {
		f.head = append(f.head, p[:min(missing, len(p))]...)
	}
	if !f.formula {
		f.formula = f.last[1] == '=' && p[0] == '"' || bytes.Contains(p, []byte(`="`))
	}
	f.last[0] = f.last[1]
	if len(p) > 1 {
		f.last[0] = p[len(p)-2]
	}
	f.last[1] = p[len(p)-1]
	if text := bytes.TrimRight(p, string(rune(dosEnd))); len(text) > 0 {
		f.ends, f.end = len(p)-len(text), text[len(text)-1]
	} else {
		f.ends += len(p)
	}
	f.nul = f.nul || bytes.IndexByte(p, 0) >= 0
	if !f.invalid {
		f.validate(p)
	}
	return len(p), nil
}

// validate checks a piece for UTF-8, a rune across two pieces included.
func (f *Facts) validate(p []byte) {
	for len(f.partial) > 0 && len(p) > 0 && !utf8.FullRune(f.partial) {
		f.partial = append(f.partial, p[0])
		p = p[1:]
	}
	if len(f.partial) > 0 {
		if !utf8.FullRune(f.partial) {
			return
		}
		f.invalid = !utf8.Valid(f.partial)
		f.partial = f.partial[:0]
	}
	whole := len(p)
	for cut := 1; cut < utf8.UTFMax && cut <= len(p); cut++ {
		if tail := p[len(p)-cut:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole -= cut
			}
			break
		}
	}
	f.invalid = f.invalid || !utf8.Valid(p[:whole])
	f.partial = append(f.partial, p[whole:]...)
}

// Size is how many bytes of the file are its text: all but DOS end-of-file marks
// at its end.
func (f *Facts) Size() int64 {
	if f.marked16() {
		return f.size
	}
	return f.size - int64(f.ends)
}

// Ended reports whether the last line has a line end, as a file that was
// written whole mostly has.
func (f *Facts) Ended() bool {
	switch {
	case bytes.HasPrefix(f.head, mark16LE):
		return f.last == [2]byte{'\n', 0}
	case bytes.HasPrefix(f.head, mark16BE):
		return f.last == [2]byte{0, '\n'}
	}
	return f.end == '\n' || f.Size() == 0
}

// Plain reports whether the file is UTF-8 for certain, with nothing in it that
// [Inspect] would have to judge.
func (f *Facts) Plain() bool {
	return !f.invalid && len(f.partial) == 0 && !f.nul && !f.marked16()
}

func (f *Facts) marked16() bool {
	return bytes.HasPrefix(f.head, mark16LE) || bytes.HasPrefix(f.head, mark16BE)
}

// Encoding is the encoding, once the whole file has been written. Where the
// file is not Plain it is what the file may have, and [Inspect] decides.
func (f *Facts) Encoding() Encoding {
	valid := !f.invalid && len(f.partial) == 0
	switch {
	case bytes.HasPrefix(f.head, mark16LE):
		return UTF16LE
	case bytes.HasPrefix(f.head, mark16BE):
		return UTF16BE
	case bytes.HasPrefix(f.head, mark8):
		return UTF8Marked
	case valid:
		return UTF8
	default:
		return Windows1252
	}
}

// Formulas reports whether the file may hold bare ="…" cells, which [NewReader]
// must be told. In UTF-16 they are not looked for, and the answer is yes.
func (f *Facts) Formulas() bool { return f.formula || f.marked16() }
