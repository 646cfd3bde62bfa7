package m2m

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

var utf8BOM = []byte("\xEF\xBB\xBF")

// toUTF8 undoes what the XML declaration cannot tell: byte order marks, and a
// charset that only the Content-Type names.
func toUTF8(body []byte, contentType string) []byte {
	if bytes.HasPrefix(body, []byte{0xFF, 0xFE}) || bytes.HasPrefix(body, []byte{0xFE, 0xFF}) {
		if decoded, err := unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder().Bytes(body); err == nil {
			return decoded
		}
		return body
	}
	body = bytes.TrimPrefix(body, utf8BOM)
	if utf8.Valid(body) || bytes.Contains(body[:min(len(body), 100)], []byte("encoding=")) {
		return body
	}
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || latin(parameters["charset"]) == nil {
		return body
	}
	decoded, err := latin(parameters["charset"]).NewDecoder().Bytes(body)
	if err != nil {
		return body
	}
	return decoded
}

// charsetReader serves the declarations <?xml encoding="…"?> other than UTF-8.
// One that names UTF-16 in a text that could be read so far is a well-known
// slip of servers that write their XML into a string first: it is UTF-8.
func charsetReader(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii", "utf8", "utf-16":
		return in, nil
	}
	if table := latin(label); table != nil {
		return table.NewDecoder().Reader(in), nil
	}
	return nil, fmt.Errorf("charset %q is not supported", label)
}

func latin(label string) *charmap.Charmap {
	switch strings.ToLower(label) {
	case "iso-8859-1", "latin1", "iso8859-1", "iso_8859-1":
		return charmap.ISO8859_1
	case "windows-1252", "cp1252":
		return charmap.Windows1252
	case "iso-8859-15", "latin9":
		return charmap.ISO8859_15
	default:
		return nil
	}
}
