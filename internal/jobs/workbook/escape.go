package workbook

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errText = errors.New("a text in it is not UTF-8")

// content is the text before the tag with its escapes resolved.
func (m *markup) content() (string, error) {
	if !utf8.Valid(m.text) {
		return "", errText
	}
	return resolve(m.text), nil
}

// resolve resolves the escapes of XML, and gives lines the ends that XML gives
// them.
func resolve(text []byte) string {
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	}
	at := bytes.IndexByte(text, '&')
	if at < 0 {
		return string(text)
	}
	var out strings.Builder
	for at >= 0 {
		out.Write(text[:at])
		text = text[at:]
		end := bytes.IndexByte(text[:min(len(text), len("&#x10FFFF;"))], ';')
		if sign, ok := entity(text[:end+1]); ok {
			out.WriteRune(sign)
			text = text[end+1:]
		} else {
			out.WriteByte('&')
			text = text[1:]
		}
		at = bytes.IndexByte(text, '&')
	}
	out.Write(text)
	return out.String()
}

// entity reads &name; or &#number;.
func entity(text []byte) (rune, bool) {
	switch string(text) {
	case "&amp;":
		return '&', true
	case "&lt;":
		return '<', true
	case "&gt;":
		return '>', true
	case "&quot;":
		return '"', true
	case "&apos;":
		return '\'', true
	}
	digits, ok := strings.CutPrefix(strings.TrimSuffix(string(text), ";"), "&#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err == nil && utf8.ValidRune(rune(n))
}

// unescape resolves _x000D_ and its like, by which these files write characters
// that XML does not allow (ST_Xstring, 22.9.2.19).
func unescape(text string) string {
	at := strings.Index(text, "_x")
	if at < 0 {
		return text
	}
	var out strings.Builder
	for ; at >= 0; at = strings.Index(text, "_x") {
		out.WriteString(text[:at])
		text = text[at:]
		if len(text) >= len("_x0000_") && text[6] == '_' {
			if n, err := strconv.ParseUint(text[2:6], 16, 16); err == nil {
				out.WriteRune(rune(n))
				text = text[len("_x0000_"):]
				continue
			}
		}
		out.WriteString("_x")
		text = text[len("_x"):]
	}
	out.WriteString(text)
	return out.String()
}
