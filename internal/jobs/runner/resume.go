package runner

import (
	"context"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// Keep decides what of a run that is to be continued stands, now. It is the one
// place where that is decided: a person is asked about, and the run sends, the
// rows that are not in it. A read counts for as long as fresh says.
func Keep(ctx context.Context, db *ledger.DB, run int64, now time.Time, fresh time.Duration) (*Kept, error) {
	doubtful, err := db.RowsInDoubt(ctx, run)
	if err != nil {
		return nil, err
	}
	k := &Kept{inDoubt: len(doubtful)}
	if k.canary, err = barredByCanary(ctx, db, run); err != nil {
		return nil, err
	}
	for result, err := range db.Results(ctx, run) {
		if err != nil {
			return nil, err
		}
		age := now.Sub(result.Started)
		if stands(&result, age >= 0 && age < fresh, doubtful[result.Seq]) { // a clock that was set back says nothing
			k.Rows.Add(result.Seq)
			k.count(&result)
		}
	}
	return k, nil
}

// KeepForLeg is [Keep] for a worker that goes on with a run that was handed over at
// since. What was read in a leg since then is fresh, however long the run takes; what
// legs came to since then counts for the guards.
func KeepForLeg(ctx context.Context, db *ledger.DB, run int64, now, since time.Time, fresh time.Duration) (*Kept, error) {
	k, err := Keep(ctx, db, run, now, max(fresh, now.Sub(since)))
	if err != nil {
		return nil, err
	}
	l := &legs{refused: refusals{codes: map[jobs.Code]int{}}}
	for result, err := range db.Results(ctx, run) {
		if err != nil {
			return nil, err
		}
		if !result.Started.Before(since) {
			l.count(&result)
		}
	}
	l.canaries, err = db.CanariesDone(ctx, run, since)
	k.legs = l
	return k, err
}

func (k *Kept) count(result *jobs.Result) {
	for i := range k.results {
		if c := &k.results[i]; c.outcome == result.Outcome && c.code == result.Code {
			c.count++
			return
		}
	}
	k.results = append(k.results, counted{result.Outcome, result.Code, 1})
}

// stands reports whether a recorded result counts when its run is continued.
// What an irreversible row came to stands. Reads that are not fresh, and
// whatever failed on the way, are done again; so are rejections that a request
// found and that are not fresh, and those that cost none; and unknown rows that
// have been resolved since, or that an earlier run's doubt barred.
func stands(result *jobs.Result, fresh, inDoubt bool) bool {
	switch result.Outcome {
	case jobs.NotRun:
		return false
	case jobs.Unknown:
		return inDoubt
	case jobs.Failed:
		return !result.Read() && final(result)
	case jobs.OK, jobs.Drift:
		return !result.Read() || fresh
	case jobs.Planned:
		return fresh
	case jobs.Rejected:
		return fresh && result.Asked()
	}
	return true
}

// final reports whether a command's failure is the upstream's word on this SIM. A
// refused credential says nothing of it: the row is tried again once that is
// mended.
func final(result *jobs.Result) bool {
	return !OnTheWay(result) && result.Code != jobs.AuthFailed && result.Code != jobs.PermissionDenied
}
