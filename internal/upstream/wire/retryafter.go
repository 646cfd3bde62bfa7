package wire

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longest is what a Retry-After of more is taken for: it makes no difference,
// since no run waits for a year.
const longest = 366 * 24 * time.Hour

// RetryAfter reads a Retry-After header (RFC 9110, 10.2.3): seconds, with or
// without a fraction, or an HTTP date held against now. It is never negative. It
// reports false where the header is absent or neither.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if isDecimal(text) {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || seconds > longest.Seconds() {
			return longest, true // all digits, and too many of them
		}
		return time.Duration(math.Ceil(seconds * float64(time.Second))), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return max(0, min(at.Sub(now), longest)), true
}

// isDecimal reports whether a text is digits with at most one point among them.
func isDecimal(text string) bool {
	whole, fraction, _ := strings.Cut(text, ".")
	return whole+fraction != "" && strings.Trim(whole+fraction, "0123456789") == ""
}
