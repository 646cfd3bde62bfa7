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

// Invisible reports whether a rune shows nothing: a space of any kind, a
// zero-width sign, a byte order or direction mark of any kind (the format
// characters of Unicode, category Cf), a variation selector, or the end-of-file
// mark of DOS.
func Invisible(r rune) bool {
	switch {
	case r <= unicode.MaxASCII:
		return r == ' ' || r >= '\t' && r <= '\r' || r == dosEnd
	case r >= '\uFE00' && r <= '\uFE0F', r == '\u034F':
		return true
	}
	return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r)
}
