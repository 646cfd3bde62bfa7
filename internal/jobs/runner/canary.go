package runner

import (
	"context"
	"fmt"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// canary lets the first irreversible rows go alone.
type canary struct {
	most   int          // how many go first; 0: none
	flying map[int]bool // rows that hold a place, by Seq
	passed int
	bars   barrier
}

// barredByCanary finds the canary of an earlier start of the run that bars the
// rest. One that is in doubt ended that start, or was with it when it was killed:
// a start that it bars sends none of its own and is not counted as ended by one.
func barredByCanary(ctx context.Context, db *ledger.DB, run int64) (barrier, error) {
	bad, found, err := db.BadCanary(ctx, run)
	switch {
	case err != nil || !found:
		return barrier{}, err
	case bad.State == ledger.RefusedState:
		return barrier{BadCanary, fmt.Sprintf("the canary on line %d was refused before the last start of this run was killed", bad.Line)}, nil
	}
	return barrier{Guarded, fmt.Sprintf("the canary on line %d is unknown and bars the rest: look SIM %s up and settle it with bulk resolve", bad.Line, bad.ICCID)}, nil
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

// putOff are the rows of a lane that are done last: those whose SIM was refused
// at its last attempt, while canaries are still looked for, and the rows that
// follow them in the file for the same SIM.
type putOff struct {
	rows Rows
	sims map[jobs.SIM]bool
}

func (p *putOff) add(row *jobs.Row) {
	if p.sims == nil {
		p.sims = map[jobs.SIM]bool{}
	}
	p.rows.Add(row.Seq)
	p.sims[row.ICCID.SIM()] = true
}

// any reports whether there are such rows.
func (p *putOff) any() bool { return p.sims != nil }

// awaitsCanary reports whether the canary is still out.
func (g *guards) awaitsCanary() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.canary.open()
}
