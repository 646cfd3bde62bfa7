package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// requoter puts quotes around bare ="…" cells, which encoding/csv refuses:
// ="8944" becomes "=""8944""". Everything else, broken quotes included, passes
// as it is, and no line is added or taken away.
type requoter struct {
	src    *bufio.Reader
	delim  byte
	out    []byte // what is left of the current line
	line   []byte // a line longer than src's buffer
	buf    []byte // a rewritten line
	quoted bool   // the last line ended inside a quoted field
	err    error
}

func (q *requoter) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(q.out) == 0 {
			if q.err != nil {
				break
			}
			q.next()
		}
		k := copy(p[n:], q.out)
		n, q.out = n+k, q.out[k:]
	}
	if n == 0 && len(p) > 0 && q.err != nil {
		return 0, q.err
	}
	return n, nil
}

// next reads a line and makes it ready.
func (q *requoter) next() {
	line, err := q.src.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		q.line = q.line[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			q.line = append(q.line, line...)
			line, err = q.src.ReadSlice('\n')
		}
		q.line = append(q.line, line...)
		line = q.line
	}
	q.err = err
	if !bytes.Contains(line, []byte(`"`)) {
		q.out = line
		return
	}
	q.out = q.rewrite(line)
}

// rewrite walks over the fields of a line that has quotes in it.
func (q *requoter) rewrite(line []byte) []byte {
	out, rest := q.buf[:0], line
	for first := true; len(rest) > 0; first = false {
		inside := 0
		switch {
		case first && q.quoted:
			inside = closing(rest)
		case rest[0] == '"':
			inside = 1 + closing(rest[1:])
		default:
			if n := formula(rest, q.delim); n > 0 {
				out = append(out, '"')
				out = append(out, bytes.ReplaceAll(rest[:n], []byte(`"`), []byte(`""`))...)
				out = append(out, '"')
				rest = rest[n:]
			}
		}
		q.quoted = inside > len(rest)
		if q.quoted {
			out = append(out, rest...)
			break
		}
		end := bytes.IndexByte(rest[inside:], q.delim)
		if end < 0 {
			out = append(out, rest...)
			break
		}
		end += inside + 1
		out, rest = append(out, rest[:end]...), rest[end:]
	}
	q.buf = out
	return out
}

// closing finds the quote that ends a quoted field and gives the position
// after it; where there is none in text, one that is past its end.
func closing(text []byte) int {
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			i++
			continue
		}
		return i + 1
	}
	return len(text) + 1
}

// formula gives the length of the bare ="…" cell that text begins with, or 0.
func formula(text []byte, delim byte) int {
	start := 0
	for start < len(text) && text[start] == ' ' {
		start++
	}
	if !bytes.HasPrefix(text[start:], []byte(`="`)) {
		return 0
	}
	start += len(`="`)
	end := closing(text[start:])
	if end > len(text)-start {
		return 0
	}
	end += start
	if bytes.IndexByte(text[start:end], delim) >= 0 {
		return 0
	}
	for end < len(text) && text[end] == ' ' {
		end++
	}
	switch after := text[end:]; {
	case len(after) == 0, after[0] == delim, after[0] == '\n', bytes.HasPrefix(after, []byte("\r\n")):
		return end
	}
	return 0
}

// bigBuffer keeps the number of reads from disk small.
const bigBuffer = 64 << 10

func newRequoter(r io.Reader, delim byte) io.Reader {
	return &requoter{src: bufio.NewReaderSize(r, bigBuffer), delim: delim}
}
