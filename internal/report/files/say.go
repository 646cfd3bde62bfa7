package files

import (
	"strconv"
	"time"

	"bulk/internal/report"
	"bulk/internal/report/human"
)

// requestWords says what a run asked of an upstream.
func requestWords(u report.UpstreamTotals) []string {
	said := []string{human.Count(u.Requests, "request", "requests")}
	if u.Rate > 0 {
		said = append(said, human.Rate(u.Rate)+" a second")
	}
	if u.Retries > 0 {
		said = append(said, human.Count(u.Retries, "retry", "retries"))
	}
	if u.Throttled > 0 {
		said = append(said, "throttled "+human.Count(u.Throttled, "time", "times"))
	}
	if u.Held >= time.Second {
		said = append(said, "held "+human.Duration(u.Held)+" while it was down")
	}
	return said
}

// moment writes a latency, given in seconds, to three digits: 0.4ms, 85ms,
// 1.25s, 31s.
func moment(seconds float64) string {
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
		text = trimZeros(text)
	}
	return text + unit
}

func trimZeros(text string) string {
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	return text
}
