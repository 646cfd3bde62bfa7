package workbook

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// openPart opens a part as UTF-8 without a byte order mark, whatever its XML is
// written in (XML 1.0, appendix F).
func openPart(part *zip.File) (io.ReadCloser, error) {
	r, err := part.Open()
	if err != nil {
		return nil, err
	}
	text, err := asUTF8(r)
	if err != nil {
		_ = r.Close()
		return nil, err
	}
	return &openedPart{text, r}, nil
}

type openedPart struct {
	io.Reader
	io.Closer
}

// peeked is how much of a part is looked at for its encoding.
const peeked = 256

func asUTF8(r io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(r, peeked)
	start, _ := in.Peek(peeked)
	switch {
	case bytes.HasPrefix(start, []byte("\xEF\xBB\xBF")):
		_, _ = in.Discard(3)
		return in, nil
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("<\x00")):
		return decoded(in, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)), nil
	case bytes.HasPrefix(start, []byte("\xFE\xFF")), bytes.HasPrefix(start, []byte("\x00<")):
		return decoded(in, unicode.UTF16(unicode.BigEndian, unicode.UseBOM)), nil
	}
	name := declared(start)
	if name == "" {
		return in, nil
	}
	known, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("its XML is written in %.20q, which is not known", name)
	}
	if canonical, _ := htmlindex.Name(known); canonical == "utf-8" {
		return in, nil
	}
	return decoded(in, known), nil
}

func decoded(r io.Reader, e encoding.Encoding) io.Reader { return e.NewDecoder().Reader(r) }

// declared gives the encoding that an XML declaration names; empty: none.
func declared(start []byte) string {
	inside, found := bytes.CutPrefix(start, []byte("<?xml"))
	end := bytes.Index(inside, []byte("?>"))
	if !found || end < 0 {
		return ""
	}
	m := markup{attrs: inside[:end]}
	for name, value := m.attribute(); name != nil; name, value = m.attribute() {
		if string(name) == "encoding" {
			return string(value)
		}
	}
	return ""
}

// decodeXML reads a small part.
func decodeXML(r io.Reader, into any) error {
	d := xml.NewDecoder(io.LimitReader(r, mostSmall))
	d.CharsetReader = func(_ string, text io.Reader) (io.Reader, error) { return text, nil } // it is UTF-8 by now
	return d.Decode(into)
}
