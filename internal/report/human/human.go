// Package human writes numbers, times and the words of others for people to
// read, the same way in everything that bulk shows. It knows nothing of rows and
// runs.
package human

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Number writes a count with commas: 12,431.
func Number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Count writes a count and its noun: 1 row, 2 rows.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Duration writes a duration as a person says it, to two units at most: 850ms,
// 42s, 9m05s, 2h10m, 3d4h.
func Duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
}

// Written writes a duration as a flag takes it: 90s is 1m30s, and 48h is not 48h0m0s.
func Written(d time.Duration) string {
	text := d.String()
	if minutes, whole := strings.CutSuffix(text, "m0s"); whole {
		if hours, whole := strings.CutSuffix(minutes, "h0"); whole {
			return hours + "h"
		}
		return minutes + "m"
	}
	return text
}

// Latency writes a latency, given in seconds, to three digits: 0.4ms, 85ms,
// 1.25s, 31s.
func Latency(seconds float64) string {
	unit := "s"
	if seconds < 0.9995 {
		seconds, unit = seconds*1000, "ms"
	}
	decimals := 0
	switch {
	case seconds == 0:
	case seconds < 9.995:
		decimals = 2
	case seconds < 99.95:
		decimals = 1
	}
	text := strconv.FormatFloat(seconds, 'f', decimals, 64)
	if decimals > 0 {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + unit
}

// Rate writes a rate in requests a second: 9.8, 240.
func Rate(rate float64) string {
	if rate >= 100 {
		return Number(int(rate + 0.5))
	}
	return strings.TrimSuffix(strconv.FormatFloat(rate, 'f', 1, 64), ".0")
}

// Wrap sets words into lines of at most width runes; a longer word has a line
// to itself.
func Wrap(words []string, width int) []string {
	var lines []string
	line, length := "", 0
	for _, word := range words {
		n := utf8.RuneCountInString(word)
		if line != "" && length+1+n > width {
			lines = append(lines, line)
			line, length = "", 0
		}
		if line != "" {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	return append(lines, line)
}

// Hang wraps a text into lines of at most width runes, each with its line end: the
// first begins with lead, the others are indented as far.
func Hang(lead, text string, width int) string {
	indent := utf8.RuneCountInString(lead)
	lines := Wrap(strings.Fields(text), width-indent)
	return lead + strings.Join(lines, "\n"+strings.Repeat(" ", indent)) + "\n"
}

// Cut shortens text to width runes, two dots in place of what is lost.
func Cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	runes := []rune(text)
	return string(runes[:max(width-2, 0)]) + ".."[:min(2, max(width, 0))]
}

// OneLine makes the text one line of valid UTF-8: line breaks and other control
// characters become spaces.
func OneLine(text string) string {
	if Plain(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}

// Plain reports whether the text is printable ASCII, as nearly all of it is.
func Plain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}
