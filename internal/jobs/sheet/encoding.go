package sheet

import (
	"io"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Encoding is how a file's text is stored.
type Encoding int

// The encodings that are found out.
const (
	UTF8        Encoding = iota
	UTF8Marked           // with a byte order mark
	UTF16LE              // with a byte order mark
	UTF16BE              // with a byte order mark
	Windows1252          // not UTF-8, and no byte order mark
)

// Decode gives the text of r as UTF-8 without a byte order mark.
func Decode(r io.Reader, e Encoding) io.Reader {
	switch e {
	case UTF8Marked:
		return &skipper{r: r, left: len(mark8)}
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
