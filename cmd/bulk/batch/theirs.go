package batch

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// byWorkers refuses to hand a run over by a ledger that no worker could read.
func (j *loaded) byWorkers() error {
	if !j.s.ByWorkers() || ledger.InDatabase(j.ledgerPath) {
		return nil
	}
	return console.Misused("--engine %s needs a ledger that workers share: --ledger postgres://HOST/DATABASE", j.s.Engine)
}

// mayWait reports whether the run may be handed over without an approval, which
// somebody gives it later: nobody is asked here.
func (j *Job) mayWait() bool { return j.s.ByWorkers() && j.s.Detach && !j.s.Yes && !j.u.Interactive() }

// withWorkers decides, where an unfinished run was handed to workers, what is to be
// done with it: true: they have it, and it is waited for; false: it is to be handed
// over, or done here, like any other.
func (j *approved) withWorkers(ctx context.Context, last ledger.RunInfo) (bool, error) {
	h, handed, err := j.db.HandoverOf(ctx, last.ID)
	switch {
	case err != nil:
		return false, console.Refused(err.Error(), "nothing was sent")
	case !handed || !h.Over.IsZero():
		return false, nil
	case !j.s.ByWorkers():
		return false, console.Refused(fmt.Sprintf("run %d of this input is with the workers", last.ID),
			"wait for it: bulk runs wait "+strconv.FormatInt(last.ID, 10)+j.wayThere(), "to do it here instead, cancel it first, then start anew (--restart): bulk runs cancel "+strconv.FormatInt(last.ID, 10)+j.wayThere())
	}
	j.theirs, j.unfinished = true, &last
	if EngineOf(h) != settings.ByTemporal {
		j.dispatch = nil
	}
	return true, nil
}

// CancelTheirs ends a run that was handed over and that no worker is at; one that is
// there ends it.
func CancelTheirs(ctx context.Context, db *ledger.DB, run int64) error {
	release, err := db.HoldRun(ctx, run)
	if err != nil {
		if errors.Is(err, ledger.ErrBusy) {
			return nil
		}
		return err
	}
	defer release()
	wanted, _, err := db.Wanted(ctx, run)
	if err == nil {
		err = db.HandBack(ctx, run, said(wanted), string(runner.Interrupted))
	}
	return err
}

// AtWork reports whether a worker is at a run now.
func AtWork(ctx context.Context, db *ledger.DB, run int64) bool {
	release, err := db.HoldRun(ctx, run)
	if err == nil {
		release()
	}
	return errors.Is(err, ledger.ErrBusy)
}
