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
	doubtful, err := r.Run.InDoubt(ctx)
	if err != nil {
		return err
	}
	for result, err := range r.Run.Results(ctx) {
		if err != nil {
			return err
		}
		if r.stays(&result, now, doubtful) {
			r.settled.add(result.Seq)
			r.book.count(result)
		}
	}
	return nil
}

// Settled lists the rows, by Seq, that an irreversible outcome of this run
// settles: they would not be sent if the run were continued.
func Settled(ctx context.Context, db *ledger.DB, run int64) (map[int]bool, error) {
	settled := map[int]bool{}
	for result, err := range db.Results(ctx, run) {
		if err != nil {
			return nil, err
		}
		if !result.Read() && (result.Outcome == jobs.OK || result.Outcome == jobs.Failed && final(&result)) {
			settled[result.Seq] = true
		}
	}
	return settled, nil
}

// stays tells whether a recorded result counts when its run is continued. What
// an irreversible row came to stays. Reads that are old, and whatever failed on
// the way, are done again; so is an unknown row that has been resolved since, or
// that an earlier run's doubt barred.
func (r *Runner) stays(result *jobs.Result, now time.Time, doubtful map[int]bool) bool {
	age := now.Sub(result.Started)
	fresh := age >= 0 && age < r.Fresh // a clock that was set back says nothing
	switch result.Outcome {
	case jobs.NotRun:
		return false
	case jobs.Unknown:
		return doubtful[result.Seq]
	case jobs.Failed:
		return !result.Read() && final(result)
	case jobs.OK, jobs.Drift:
		return !result.Read() || fresh
	case jobs.Planned, jobs.Rejected:
		return fresh
	}
	return true
}

// final tells whether a command's failure is the upstream's word on this SIM. A
// refused credential says nothing of it: the row is tried again once that is
// mended.
func final(result *jobs.Result) bool {
	return !OnTheWay(result) && result.Code != jobs.AuthFailed && result.Code != jobs.PermissionDenied
}

// OnTheWay tells whether a row failed for reasons of transport, throttling or
// unreadable answers, and not because an upstream said no.
func OnTheWay(result *jobs.Result) bool {
	switch result.Code {
	case jobs.Throttled, jobs.Timeout, jobs.Connection, jobs.BadResponse:
		return true
	case jobs.UpstreamError:
		return result.HTTPStatus >= 500
	}
	return false
}
