package jobs

import "time"

// StampLayout is how times are written in results and in the ledger: RFC 3339,
// UTC, to the millisecond.
const StampLayout = "2006-01-02T15:04:05.000Z"

// Stamp writes a time as StampLayout says; empty for the zero time. It goes by
// way of time.RFC3339, which package time writes several times as fast as any
// other layout: every row has two or three stamps.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	ms := t.Nanosecond() / int(time.Millisecond)
	text := t.AppendFormat(make([]byte, 0, len(StampLayout)), time.RFC3339)
	text = text[:len(text)-len("Z")]
	return string(append(text, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10), 'Z'))
}
