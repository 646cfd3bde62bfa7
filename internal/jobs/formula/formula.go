// Package formula keeps spreadsheets from running what others wrote. What an
// upstream says goes into result files that people open with a double click,
// and a cell that begins with = + - or @ is run then (OWASP, CSV Injection).
//
// Which cells hold the words of others is for its users to know.
package formula

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// separators are where a spreadsheet may split a cell in two, whatever quotes
// stand around it: one whose list separator is a semicolon takes the commas of
// a CSV, and its quotes, for text.
const separators = ",;|\t"

// Guard puts an apostrophe before whatever in the text a spreadsheet might run:
// a formula at its beginning, or behind a separator at which it might be split.
// Guarding a guarded text changes nothing.
func Guard(text string) string {
	return each(text, func(cell string, split bool) string {
		if runs(cell, split) {
			return "'" + cell
		}
		return cell
	})
}

// Strip takes away the apostrophes that Guard puts in.
func Strip(text string) string {
	return each(text, func(cell string, split bool) string {
		if inner, found := strings.CutPrefix(cell, "'"); found && runs(inner, split) {
			return inner
		}
		return cell
	})
}

// each changes a text cell by cell, as it may be split; split is true for all
// of them but the first.
func each(text string, change func(cell string, split bool) string) string {
	at := strings.IndexAny(text, separators)
	if at < 0 {
		return change(text, false)
	}
	var out strings.Builder
	for split := false; ; split = true {
		if at < 0 {
			out.WriteString(change(text, split))
			return out.String()
		}
		out.WriteString(change(text[:at], split))
		out.WriteByte(text[at])
		text = text[at+1:]
		at = strings.IndexAny(text, separators)
	}
}

// runs reports whether a spreadsheet may run the cell. Spreadsheets pass over
// space before the sign, take the quotes of a cell that was split off for
// their own, and in East Asian settings the full-width signs for the plain ones.
func runs(cell string, split bool) bool {
	cell = strings.TrimLeftFunc(cell, func(r rune) bool { return split && r == '"' || invisible(r) })
	first, _ := utf8.DecodeRuneInString(cell)
	return cell != "" && strings.ContainsRune("=+-@＝＋－＠", first)
}

// invisible reports whether a rune shows nothing: space, control characters,
// byte order marks and the like.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}
