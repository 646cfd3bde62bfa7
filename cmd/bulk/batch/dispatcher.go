package batch

import (
	"context"

	"bulk/internal/jobs/ledger"
)

// Dispatcher has a run that was handed over brought to workers, where these do not find
// it in the ledger's list by themselves. It carries no more than the run's number.
type Dispatcher interface {
	// Reach makes sure that it is there.
	Reach(ctx context.Context) error
	// Start has workers look at a run until it is over; twice is as good as once.
	Start(ctx context.Context, db *ledger.DB, run int64) error
	// Knock has them look at it now, where it was started.
	Knock(ctx context.Context, db *ledger.DB, run int64) error
	// Asked reports whether a worker that could do the run has asked for work of late.
	Asked(ctx context.Context, db *ledger.DB, run int64) (bool, error)
}

// By has the run brought to workers by a dispatcher.
func (j *Job) By(d Dispatcher) { j.dispatch = d }
