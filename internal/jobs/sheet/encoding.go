package sheet

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Encoding is how a file's text is stored.
type Encoding int

// The encodings that are found out.
const (
	UTF8        Encoding = iota
	UTF8Marked           // with a byte order mark
	UTF8Broken           // with a byte order mark, and bytes that are not UTF-8
	UTF16LE              // with a byte order mark
	UTF16BE              // with a byte order mark
	Windows1252          // not UTF-8, and no byte order mark
)

// Note says what a person should know about how the file was read; empty:
// nothing.
func (e Encoding) Note() string {
	switch e {
	case UTF8Broken:
		return "the file is marked as UTF-8 but has bytes that are not; they were replaced by \uFFFD"
	case Windows1252:
		return "the file is not UTF-8 and was read as Windows-1252; if accented letters look wrong, save it as UTF-8"
	default:
		return ""
	}
}

// Decode gives the text of r as UTF-8 without a byte order mark.
func Decode(r io.Reader, e Encoding) io.Reader {
	switch e {
	case UTF8Marked:
		return &skipper{r: r, left: len(mark8)}
	case UTF8Broken:
		return unicode.UTF8BOM.NewDecoder().Reader(r)
	case UTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(r)
	case UTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Reader(r)
	case Windows1252:
		return charmap.Windows1252.NewDecoder().Reader(r)
	default:
		return r
	}
}

var (
	mark8    = []byte("\xEF\xBB\xBF")
	mark16LE = []byte("\xFF\xFE")
	mark16BE = []byte("\xFE\xFF")
)

// skipper passes over the first bytes of r.
type skipper struct {
	r    io.Reader
	left int
}

func (s *skipper) Read(p []byte) (int, error) {
	if s.left > 0 {
		n, err := io.CopyN(io.Discard, s.r, int64(s.left))
		s.left -= int(n)
		if err != nil {
			return 0, err
		}
	}
	return s.r.Read(p)
}

// Facts learns from a file's bytes, written to it in pieces, how the file must
// be read. The zero value is ready for the first byte.
type Facts struct {
	head    []byte // the first bytes, as many as the longest mark has
	partial []byte // the beginning of a rune that the last piece cut off
	invalid bool
	last    byte
	formula bool
}

// Write takes the next piece. It never fails.
func (f *Facts) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if missing := len(mark8) - len(f.head); missing > 0 {
		f.head = append(f.head, p[:min(missing, len(p))]...)
	}
	if !f.formula {
		f.formula = f.last == '=' && p[0] == '"' || bytes.Contains(p, []byte(`="`))
	}
	f.last = p[len(p)-1]
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

// Encoding tells the encoding, once the whole file has been written.
func (f *Facts) Encoding() Encoding {
	valid := !f.invalid && len(f.partial) == 0
	switch {
	case bytes.HasPrefix(f.head, mark16LE):
		return UTF16LE
	case bytes.HasPrefix(f.head, mark16BE):
		return UTF16BE
	case bytes.HasPrefix(f.head, mark8) && valid:
		return UTF8Marked
	case bytes.HasPrefix(f.head, mark8):
		return UTF8Broken
	case valid:
		return UTF8
	default:
		return Windows1252
	}
}

// Formulas tells whether the file may hold bare ="…" cells, which [NewReader]
// must be told. In UTF-16 they are not looked for, and the answer is yes.
func (f *Facts) Formulas() bool {
	e := f.Encoding()
	return f.formula || e == UTF16LE || e == UTF16BE
}
