package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"bulk/internal/report/words"
)

// harmless makes upstream text safe in a cell: one line of valid UTF-8, and
// with a leading apostrophe where a spreadsheet would take it for a formula.
func harmless(text string) string {
	text = words.Flat(text)
	if formula(text) {
		return "'" + text
	}
	return text
}

// formula tells whether a spreadsheet may run the text. Spreadsheets pass over
// space before the sign, and in East Asian settings take the full-width signs
// for the plain ones (OWASP, CSV Injection).
func formula(text string) bool {
	if text == "" || '0' <= text[0] && text[0] <= '9' || 'A' <= text[0] && text[0] <= 'z' {
		return false
	}
	text = strings.TrimLeftFunc(text, invisible)
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && strings.ContainsRune("=+-@＝＋－＠", first)
}

// invisible tells whether a rune shows nothing: space, control characters,
// byte order marks and the like.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}
