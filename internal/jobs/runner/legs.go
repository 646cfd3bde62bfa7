package runner

import (
	"context"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// legs is what the rows that earlier workers did of a run came to, as far as its
// guards count it: they go on counting from leg to leg, until a person or a scheduler
// hands the run over anew.
type legs struct {
	done, failed int
	refused      refusals
	canaries     int // that were sent and are ok
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

// count takes in a result as the guards of its leg did. SIMs that an earlier run saw
// refused are not told from others any more, and count.
func (l *legs) count(result *jobs.Result) {
	if result.Attempts == 0 || result.Outcome == jobs.NotRun {
		return
	}
	l.done++
	if result.Outcome == jobs.Unknown || result.Outcome == jobs.Failed && OnTheWay(result) {
		l.failed++
	}
	if result.Action.Irreversible() {
		l.refused.count(result)
	}
}

// afterLegs goes on counting where the legs before left off.
func (g *guards) afterLegs(l *legs) {
	g.done, g.failed, g.canary.passed = l.done, l.failed, l.canaries
	limit := g.refused.limit
	g.refused = l.refused
	g.refused.limit = limit
}
