package workbook

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// markup goes through the XML of a part tag by tag. It is for the large parts,
// of which encoding/xml reads 25 MB a second and this some hundreds. It reads
// what spreadsheet programs write: UTF-8, to which [openPart] brings it, and no
// document type.
type markup struct {
	src *bufio.Reader

	// Of the tag that next found:
	name  []byte // without a prefix; good until the following next
	attrs []byte // what follows the name
	opens bool   // <name> or <name/>
	ends  bool   // </name> or <name/>

	text []byte // what stands before the tag, escaped as it is written

	long []byte // a piece longer than src's buffer
	tag  []byte // a tag with a > inside quotes
}

// Errors of a part that no spreadsheet program would have written so.
var (
	errMarkup  = errors.New("its XML is not well formed")
	errTooLong = errors.New("a text in it is longer than a megabyte")
	errDoctype = errors.New("its XML has a document type")
)

const (
	markupBuffer = 128 << 10
	longestText  = 1 << 20 // bytes; a cell of Excel's holds 32,767 characters
)

func newMarkup(r io.Reader) *markup {
	return &markup{src: bufio.NewReaderSize(r, markupBuffer)}
}

// next goes to the next tag. After the last one the error is io.EOF.
func (m *markup) next() error {
	m.text = m.text[:0]
	for {
		piece, err := m.until('<')
		m.text = append(m.text, piece...)
		if err != nil {
			return err
		}
		if len(m.text) > longestText {
			return errTooLong
		}
		first, err := m.src.Peek(1)
		if err != nil {
			return errMarkup
		}
		switch first[0] {
		case '?':
			err = m.pass("?>")
		case '!':
			err = m.special()
		default:
			return m.readTag()
		}
		if err != nil {
			return err
		}
	}
}

// until reads up to a sign, which is read and left out.
func (m *markup) until(sign byte) ([]byte, error) {
	piece, err := m.src.ReadSlice(sign)
	if errors.Is(err, bufio.ErrBufferFull) {
		m.long = m.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			if m.long = append(m.long, piece...); len(m.long) > longestText {
				return nil, errTooLong
			}
			piece, err = m.src.ReadSlice(sign)
		}
		m.long = append(m.long, piece...)
		piece = m.long
	}
	if err != nil {
		return nil, err
	}
	return piece[:len(piece)-1], nil
}

// pass goes on behind the next occurrence of end.
func (m *markup) pass(end string) error {
	_, err := m.section(end, false)
	return err
}

// section reads up to end, and gives what stands before it where it is kept.
func (m *markup) section(end string, keep bool) ([]byte, error) {
	var content, tail []byte
	for {
		b, err := m.src.ReadByte()
		if err != nil {
			return nil, errMarkup
		}
		if keep {
			content = append(content, b)
		}
		if tail = append(tail, b); len(tail) > len(end) {
			tail = tail[1:]
		}
		if string(tail) == end {
			return bytes.TrimSuffix(content, []byte(end)), nil
		}
		if len(content) > longestText {
			return nil, errTooLong
		}
	}
}

// special reads a comment or a CDATA section.
func (m *markup) special() error {
	if start, _ := m.src.Peek(len("!--")); string(start) == "!--" {
		_, _ = m.src.Discard(len("!--"))
		return m.pass("-->")
	}
	if start, _ := m.src.Peek(len("![CDATA[")); string(start) == "![CDATA[" {
		_, _ = m.src.Discard(len("![CDATA["))
		content, err := m.section("]]>", true)
		content = bytes.ReplaceAll(content, []byte("&"), []byte("&amp;"))
		m.text = append(m.text, content...)
		return err
	}
	return errDoctype
}

// readTag reads from behind the < of a tag to behind its >.
func (m *markup) readTag() error {
	tag, err := m.until('>')
	if err != nil {
		return errMarkup
	}
	if bytes.IndexByte(tag, '"') >= 0 || bytes.IndexByte(tag, '\'') >= 0 {
		if tag, err = m.wholeTag(tag); err != nil {
			return err
		}
	}
	m.opens, m.ends = true, false
	switch {
	case len(tag) > 0 && tag[0] == '/':
		m.opens, m.ends, tag = false, true, tag[1:]
	case len(tag) > 0 && tag[len(tag)-1] == '/':
		m.ends, tag = true, tag[:len(tag)-1]
	}
	m.name, m.attrs = tag, nil
	if space := bytes.IndexAny(tag, " \t\r\n"); space >= 0 {
		m.name, m.attrs = tag[:space], tag[space:]
	}
	if colon := bytes.IndexByte(m.name, ':'); colon >= 0 {
		m.name = m.name[colon+1:]
	}
	if len(m.name) == 0 {
		return errMarkup
	}
	return nil
}

// wholeTag reads on where the > that was found stands inside quotes.
func (m *markup) wholeTag(tag []byte) ([]byte, error) {
	for openQuote(tag) {
		m.tag = append(append(m.tag[:0], tag...), '>')
		more, err := m.until('>')
		if err != nil {
			return nil, errMarkup
		}
		if m.tag = append(m.tag, more...); len(m.tag) > longestText {
			return nil, errTooLong
		}
		tag = m.tag
	}
	return tag, nil
}

func openQuote(tag []byte) bool {
	var quote byte
	for _, b := range tag {
		switch {
		case quote == 0 && (b == '"' || b == '\''):
			quote = b
		case b == quote:
			quote = 0
		}
	}
	return quote != 0
}

// is reports whether the tag has this name.
func (m *markup) is(name string) bool { return string(m.name) == name }

// attribute cuts the next attribute off m.attrs; without one the name is empty.
func (m *markup) attribute() (name, value []byte) {
	rest := bytes.TrimLeft(m.attrs, " \t\r\n")
	equals := bytes.IndexByte(rest, '=')
	if equals < 0 {
		return nil, nil
	}
	name = bytes.TrimRight(rest[:equals], " \t\r\n")
	rest = bytes.TrimLeft(rest[equals+1:], " \t\r\n")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return nil, nil
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return nil, nil
	}
	value, m.attrs = rest[1:1+end], rest[end+2:]
	return name, value
}
