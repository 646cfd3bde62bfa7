package runner

import (
	"context"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// bitset marks rows by their Seq: a bit a row.
type bitset []uint64

func (b *bitset) add(seq int) {
	for len(*b) <= seq/64 {
		*b = append(*b, 0)
	}
	(*b)[seq/64] |= 1 << (seq % 64)
}

func (b bitset) has(seq int) bool {
	return seq/64 < len(b) && b[seq/64]&(1<<(seq%64)) != 0
}

// recall reads what the ledger has of this run: the rows that are settled are
// not done again.
func (r *Runner) recall(ctx context.Context) error {
	now := r.Deps.Now()
	for result, err := range r.Run.Results(ctx) {
		if err != nil {
			return err
		}
		if r.stays(result, now) {
			r.settled.add(result.Seq)
			r.book.recalled(result)
		}
	}
	return nil
}

// Settled lists the rows, by Seq, that an irreversible outcome of this run
// settles: they would not be sent if the run were continued.
func Settled(ctx context.Context, run *ledger.Run) (map[int]bool, error) {
	settled := map[int]bool{}
	for result, err := range run.Results(ctx) {
		if err != nil {
			return nil, err
		}
		if !result.Read() && (result.Outcome == jobs.OK || result.Outcome == jobs.Failed && !OnTheWay(result)) {
			settled[result.Seq] = true
		}
	}
	return settled, nil
}

// stays tells whether a recorded result counts when its run is continued. What
// an irreversible row came to stays. Reads that are old, and whatever failed on
// the way, are done again; so is a row in doubt, for it may have been resolved
// since (where it was not, the ledger bars it before anything is sent).
func (r *Runner) stays(result jobs.Result, now time.Time) bool {
	switch result.Outcome {
	case jobs.Unknown, jobs.NotRun:
		return false
	case jobs.Failed:
		return !result.Read() && !OnTheWay(result)
	case jobs.OK, jobs.Drift:
		return !result.Read() || now.Sub(result.Started) < r.Fresh
	case jobs.Planned, jobs.Rejected:
		return now.Sub(result.Started) < r.Fresh
	}
	return true
}

// OnTheWay tells whether a row failed for reasons of transport, throttling or
// unreadable answers, and not because an upstream said no.
func OnTheWay(result jobs.Result) bool {
	switch result.Code {
	case jobs.Throttled, jobs.Timeout, jobs.Connection, jobs.BadResponse:
		return true
	case jobs.UpstreamError:
		return result.HTTPStatus >= 500
	}
	return false
}
