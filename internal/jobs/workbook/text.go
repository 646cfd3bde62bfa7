package workbook

import (
	"errors"
	"io"
	"strings"
)

// mostStrings is how much text the table of shared texts may unpack to, in
// bytes; it is held in memory.
const mostStrings = 1 << 30

var errStrings = errors.New("its texts unpack to more than a gigabyte")

// readStrings reads the table of shared texts (18.4), which cells refer to by
// number.
func readStrings(r io.Reader) ([]string, error) {
	m := newMarkup(r)
	var table []string
	size := 0
	for {
		err := m.next()
		if errors.Is(err, io.EOF) {
			return nil, errCut
		}
		if err != nil {
			return nil, err
		}
		switch {
		case m.is("si") && m.opens:
			text := ""
			if !m.ends {
				if text, err = m.richText("si"); err != nil {
					return nil, err
				}
			}
			if size += len(text); size > mostStrings {
				return nil, errStrings
			}
			table = append(table, text)
		case m.is("sst") && m.ends:
			return table, nil
		}
	}
}

// richText reads the text up to the end of the element end: that of all its
// runs, without the phonetic hints above East Asian ones (18.4.6).
func (m *markup) richText(end string) (string, error) {
	var parts []string
	hints := false
	for {
		if err := m.next(); err != nil {
			return "", unlessCut(err)
		}
		switch {
		case m.is("rPh"):
			hints = m.opens && !m.ends
		case m.is("t") && !m.opens && !hints:
			text, err := m.content()
			if err != nil {
				return "", err
			}
			parts = append(parts, unescape(text))
		case m.is(end) && m.ends && !m.opens:
			if len(parts) == 1 {
				return parts[0], nil
			}
			return strings.Join(parts, ""), nil
		}
	}
}
