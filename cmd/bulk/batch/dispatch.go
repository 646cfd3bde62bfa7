package batch

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

// EngineOf is the engine that a run was handed to.
func EngineOf(h ledger.Handover) string {
	if given, err := settings.ReadHanded(h.Job); err == nil && given.Engine != "" {
		return given.Engine
	}
	return settings.Postgres
}

// reachDispatcher refuses a run that could not be brought to a worker.
func (j *connected) reachDispatcher(ctx context.Context) error {
	if j.dispatch == nil {
		return nil
	}
	err := j.dispatch.Reach(ctx)
	if err == nil {
		return nil
	}
	hints := []string{"nothing was sent"}
	if h, ok := err.(interface{ Hint() string }); ok {
		hints = append([]string{h.Hint()}, hints...)
	}
	return console.Refused(err.Error(), hints...)
}

// bring has a run that stands in the ledger as handed over brought to a worker.
func (j *begun) bring(ctx context.Context) error {
	if j.dispatch == nil {
		return nil
	}
	return Bring(ctx, j.dispatch, j.db, j.run.ID, j.wayThere())
}

// Bring is bring for a run that was handed over by another command. flags are those that
// the next one needs.
func Bring(ctx context.Context, d Dispatcher, db *ledger.DB, run int64, flags string) error {
	err := d.Start(ctx, db, run)
	if err == nil {
		return nil
	}
	return console.Refused(fmt.Sprintf("run %d is handed over, but no worker was told: %v", run, err),
		"nothing of it is done before one is; to tell them:  bulk runs continue "+strconv.FormatInt(run, 10)+flags)
}

// bringAgainAfter is for how long nobody is at a run until it is started once more:
// whoever can write to what brings it may have ended it there.
const bringAgainAfter = 5 * time.Second

// lonelyThere has a run that no worker is at started once more, and says once that none
// asks for work like it.
func (f *follower) lonelyThere(ctx context.Context) {
	if time.Since(f.since) < bringAgainAfter {
		return
	}
	if err := f.dispatch.Start(ctx, f.db, f.run.ID); err != nil {
		if !f.failed && ctx.Err() == nil {
			f.failed = true
			f.u.Warn("%v; it is tried again", err)
		}
		return
	}
	if f.told {
		return
	}
	if asked, err := f.dispatch.Asked(ctx, f.db, f.run.ID); err != nil || asked || time.Since(f.since) <= lonelyAfter {
		return
	}
	f.told = true
	f.u.Warn("no worker has asked for work on %v for %s; is bulk worker running, with --temporal, these credentials and this ledger?", f.accounts, lonelyAfter)
}
