package settings

import (
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// ListSeparator is what a spreadsheet program on this machine takes to stand between
// the cells of a CSV: a semicolon where numbers have a decimal comma, else a comma.
func (p *Sources) ListSeparator() rune {
	if said, known := systemSeparator(); known {
		return said
	}
	for _, name := range []string{"LC_ALL", "LC_NUMERIC", "LANG"} { // as setlocale(3) looks
		if value, _ := p.Env(name); value != "" {
			return separatorOf(value)
		}
	}
	return ','
}

func separatorOf(locale string) rune {
	locale, _, _ = strings.Cut(locale, ".")
	locale, _, _ = strings.Cut(locale, "@")
	tag, err := language.Parse(strings.ReplaceAll(locale, "_", "-"))
	if err != nil {
		return ',' // C and POSIX
	}
	if strings.Contains(message.NewPrinter(tag).Sprint(number.Decimal(1.5)), ",") {
		return ';'
	}
	return ','
}
