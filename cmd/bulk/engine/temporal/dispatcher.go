package temporal

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

var _ batch.Dispatcher = (*Dispatcher)(nil)

// Dispatcher has runs brought to workers.
type Dispatcher struct {
	at *settings.Temporal
	c  client.Client
}

// NewDispatcher is one by way of a server, which is not asked yet.
func NewDispatcher(at *settings.Temporal, identity string, log *slog.Logger) (*Dispatcher, error) {
	c, err := connect(at, identity, log)
	return &Dispatcher{at: at, c: c}, err
}

// Reach is part of [batch.Dispatcher].
func (d *Dispatcher) Reach(ctx context.Context) error { return reach(ctx, d.c, d.at) }

// Start is part of [batch.Dispatcher]. Where the run's workflow goes on it is knocked
// at; where there is none, or it has ended, there is one from then on.
func (d *Dispatcher) Start(ctx context.Context, db *ledger.DB, run int64) error {
	names, err := accounts(ctx, db, run)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	id := workflowID(db.ID(), run)
	_, err = d.c.SignalWithStartWorkflow(ctx, id, knock, nil, client.StartWorkflowOptions{
		ID: id, TaskQueue: queue(db.ID(), names),
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, workflowName, run)
	return d.failed(err)
}

// Knock is part of [batch.Dispatcher].
func (d *Dispatcher) Knock(ctx context.Context, db *ledger.DB, run int64) error {
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	err := d.c.SignalWorkflow(ctx, workflowID(db.ID(), run), "", knock, nil)
	var absent *serviceerror.NotFound
	if errors.As(err, &absent) {
		return nil // nobody is there to hear it
	}
	return d.failed(err)
}

// heardOf is for how long a worker that asked for work is taken to be there: it asks
// again after a minute at the latest.
const heardOf = 75 * time.Second

// Asked is part of [batch.Dispatcher].
func (d *Dispatcher) Asked(ctx context.Context, db *ledger.DB, run int64) (bool, error) {
	names, err := accounts(ctx, db, run)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	told, err := d.c.DescribeTaskQueue(ctx, queue(db.ID(), names), enums.TASK_QUEUE_TYPE_ACTIVITY)
	if err != nil {
		return false, d.failed(err)
	}
	for _, p := range told.GetPollers() {
		if time.Since(p.GetLastAccessTime().AsTime()) < heardOf {
			return true, nil
		}
	}
	return false, nil
}

func (d *Dispatcher) failed(err error) error {
	if err == nil {
		return nil
	}
	return &Unreached{At: d.at.TemporalAt, cause: err}
}

// accounts are those of a run, by their one names.
func accounts(ctx context.Context, db *ledger.DB, run int64) (names []string, err error) {
	info, _, err := db.Run(ctx, run)
	for _, account := range info.Accounts {
		names = append(names, db.OneName(account))
	}
	return names, err
}
