package wire

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter caps what a Retry-After may ask for: the longest outage a run
// waits for by default. A year would be a mistake.
const maxRetryAfter = 15 * time.Minute

// RetryAfter reads a Retry-After header (RFC 9110, 10.2.3): seconds, or an HTTP
// date held against now. It is between 0 and 15 minutes. It reports false where
// the header is absent or neither.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if digits(text) {
		seconds, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return maxRetryAfter, true // all digits, and too many of them
		}
		return min(time.Duration(seconds)*time.Second, maxRetryAfter), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	return max(0, min(at.Sub(now), maxRetryAfter)), true
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
