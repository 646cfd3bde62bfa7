package console

import (
	"runtime"
	"strings"
)

// Shell quotes a word for the shell of this system where it needs it, so that
// the commands in messages can be pasted.
func Shell(word string) string {
	if runtime.GOOS == "windows" {
		return quoteWindows(word)
	}
	return quotePOSIX(word)
}

func quotePOSIX(word string) string {
	if isPlain(word, "-_./=,:@%+") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// quoteWindows quotes a word for cmd and PowerShell, as programs there take
// their command line apart: a quotation mark, and the backslashes before one or
// at the end, are preceded by a backslash.
// https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
func quoteWindows(word string) string {
	if isPlain(word, `-_./=:+\`) {
		return word
	}
	var b strings.Builder
	b.WriteByte('"')
	backslashes := 0
	for _, r := range word {
		switch r {
		case '\\':
			backslashes++
		case '"':
			b.WriteString(strings.Repeat(`\`, backslashes+1))
			backslashes = 0
		default:
			backslashes = 0
		}
		b.WriteRune(r)
	}
	b.WriteString(strings.Repeat(`\`, backslashes))
	b.WriteByte('"')
	return b.String()
}

// isPlain reports whether a word is of letters, digits and some marks alone.
func isPlain(word, marks string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(marks, r))
	})
}
