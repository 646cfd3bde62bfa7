package sqlite

import (
	"time"

	"bulk/internal/jobs"
)

func stamp(t time.Time) string { return jobs.Stamp(t) }

// null is a time that may be none.
func null(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// rowID is the id of a row's result.
func rowID(run int64, seq int) int64 {
	if seq < 0 {
		return -1
	}
	return run<<32 + int64(seq)
}

// seqOf is a row's place in its input, which the id of its result ends in.
func seqOf(id int64) int {
	if id < 0 {
		return -1
	}
	return int(id & (1<<32 - 1))
}

// millis is a time as results have it, and ofMillis that back again.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func ofMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func unstamp(text string) time.Time {
	t, err := time.Parse(jobs.StampLayout, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
