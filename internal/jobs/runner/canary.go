package runner

import (
	"fmt"

	"bulk/internal/jobs"
)

// canary lets the first irreversible rows go alone.
type canary struct {
	most   int          // how many go first; 0: none
	flying map[int]bool // rows that hold a place, by Seq
	passed int
}

// open reports whether rows are still held back by the canary.
func (c *canary) open() bool { return c.passed < c.most }

// free reports whether a row may go: all have passed, or it is one of them.
func (c *canary) free(seq int) bool {
	return !c.open() || c.flying[seq] || len(c.flying)+c.passed < c.most
}

// take gives a row its place.
func (c *canary) take(seq int) {
	if c.open() {
		c.flying[seq] = true
	}
}

// judge says why the run must end: a canary was sent and is not ok. Empty: it
// need not. A row that was not really sent gives its place to another.
func (c *canary) judge(row *jobs.Row, result *jobs.Result, begun bool) string {
	if !c.flying[row.Seq] {
		return ""
	}
	delete(c.flying, row.Seq)
	switch result.Outcome {
	case jobs.OK:
		c.passed++
		return ""
	case jobs.NotRun, jobs.Rejected, jobs.Skipped:
		return ""
	case jobs.Unknown:
		if !begun { // barred by the doubt of an earlier run
			return ""
		}
	}
	return fmt.Sprintf("a canary (--canary %d), line %d, ended %s (%s)", c.most, row.Line, result.Outcome, result.Code)
}
