package files

import (
	"strconv"
	"time"

	"bulk/internal/report/human"
)

func fixed(x float64) string { return strconv.FormatFloat(x, 'f', -1, 32) }

// stamp is a time in RFC 3339, UTC, to the millisecond.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// seconds are rounded to the tenth of a millisecond.
func seconds(d time.Duration) float64 { return round(d.Seconds()) }

func orRun(kind string) string {
	if kind == "" {
		return "run"
	}
	return kind
}

func are(n int) string {
	if n == 1 {
		return "1 row is"
	}
	return human.Number(n) + " rows are"
}

func count(n int) string {
	if n == 0 {
		return "·"
	}
	return human.Number(n)
}
