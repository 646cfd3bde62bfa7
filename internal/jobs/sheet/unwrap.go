package sheet

import (
	"strings"
	"unicode"
)

// Unwrap takes away what a spreadsheet puts around a value to keep it text:
// spaces (no-break and zero-width ones too), a leading apostrophe, ="…".
func Unwrap(text string) string {
	if text == "" || plain(text[0]) && plain(text[len(text)-1]) {
		return text
	}
	text = strings.TrimFunc(text, Invisible)
	text = strings.TrimFunc(strings.TrimPrefix(text, "'"), Invisible)
	if len(text) >= 3 && strings.HasPrefix(text, `="`) && strings.HasSuffix(text, `"`) {
		text = strings.ReplaceAll(text[2:len(text)-1], `""`, `"`)
		text = strings.TrimFunc(text, Invisible)
		text = strings.TrimFunc(strings.TrimPrefix(text, "'"), Invisible)
	}
	return text
}

func plain(b byte) bool {
	return b > ' ' && b < 0x7F && b != '\'' && b != '='
}

// Invisible tells whether a rune is a space of any kind, a zero-width one
// included.
func Invisible(r rune) bool {
	switch r {
	case '\u200B', '\u200C', '\u200D', '\u200E', '\u200F', '\u2060', '\uFEFF', '\u00AD':
		return true
	}
	return unicode.IsSpace(r)
}
