package temporal

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	sdk "go.temporal.io/sdk/temporal"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/engine"
	"bulk/internal/jobs/ledger"
)

const (
	beatEvery = 3 * time.Second
	afterNone = 2 * time.Second  // how long a run is left alone that another process is at
	afterFail = 15 * time.Second // and one that could not be begun, or broke
)

// history is what the activities ask of the ledger.
type history interface {
	Run(ctx context.Context, run int64) (ledger.RunInfo, bool, error)
	HandoverOf(ctx context.Context, run int64) (ledger.Handover, bool, error)
	Wanted(ctx context.Context, run int64) (ledger.Control, bool, error)
}

// hands are a worker's activities for runs on some accounts.
type hands struct {
	db       history
	do       engine.Legs
	accounts []string
	turns    *turns
	end      context.Context // of the worker
	legs     *sync.WaitGroup
	warn     func(format string, args ...any)
}

// look is an activity: what is to be done with a run. Nothing is said of it to the
// server but that; of what went wrong, not even the words.
func (h *hands) look(ctx context.Context, run int64) (Standing, error) {
	standing, err := h.standing(ctx, run)
	if err != nil {
		h.warn("run %d: %v; it is tried again in %s, here or elsewhere", run, err, lookAgain)
		return "", sdk.NewApplicationError("the ledger could not be read; the worker's log says why", "ledger")
	}
	return standing, nil
}

// standing leaves to a leg what is to be written down.
func (h *hands) standing(ctx context.Context, run int64) (Standing, error) {
	_, found, err := h.db.Run(ctx, run)
	if err != nil {
		return "", err
	}
	handover, handed, err := h.db.HandoverOf(ctx, run)
	if err != nil {
		return "", err
	}
	wanted, _, err := h.db.Wanted(ctx, run)
	switch {
	case err != nil:
		return "", err
	case !found || !handed || !handover.Over.IsZero():
		return Over, nil
	case wanted.Want == batch.WantCancel:
		return Ready, nil
	case wanted.Want == batch.WantPause || !handover.Ready():
		return Waits, nil
	}
	return Ready, nil
}

// leg is an activity: what this worker can do of a run. While another process has the
// run, or its account, it waits here, where that makes no history.
func (h *hands) leg(ctx context.Context, run int64) error {
	h.legs.Add(1)
	defer h.legs.Done()
	defer beat(ctx)()
	work, end := context.WithCancel(h.end)
	defer end()
	defer context.AfterFunc(ctx, func() {
		if asked(ctx) {
			end()
		}
	})()
	return h.stay(work, run)
}

// stay does legs of a run until there is something to be looked at.
func (h *hands) stay(work context.Context, run int64) error {
	for {
		next, err := h.turn(work, run)
		if err != nil {
			h.warn("run %d: %v; it is tried again in %s, here or elsewhere", run, err, afterFail)
			return sdk.NewApplicationErrorWithOptions("the leg broke; the worker's log says why", "leg", sdk.ApplicationErrorOptions{NextRetryDelay: afterFail})
		}
		if next != batch.Later || work.Err() != nil {
			return nil
		}
		if standing, err := h.standing(work, run); err != nil || standing != Ready {
			return nil
		}
		if !batch.WaitFor(work, afterNone) {
			return nil
		}
	}
}

// turn is a leg, once this worker is at no other run on the accounts. One that panics
// has broken: the library would tell the server where, and with what words.
func (h *hands) turn(work context.Context, run int64) (next batch.Next, err error) {
	leave, took := h.turns.take(work, h.accounts)
	if !took {
		return batch.Later, nil
	}
	defer leave()
	defer func() {
		if why := recover(); why != nil {
			err = fmt.Errorf("a fault in bulk: %v\n%s", why, debug.Stack())
		}
	}()
	return h.do(work, run)
}

// beat tells the server from time to time that this worker is alive, until stop is
// called; also while a leg that was cancelled comes to its end.
func beat(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var beating sync.WaitGroup
	beating.Go(func() {
		for {
			activity.RecordHeartbeat(ctx)
			if !batch.WaitFor(ctx, beatEvery) {
				return
			}
		}
	})
	return func() {
		cancel()
		beating.Wait()
	}
}

// asked reports whether an activity that was cancelled is to end because somebody said
// so. A server that is away, or was, and has given the leg up, does not: rows flow on,
// and whoever the leg is given to next finds the run taken.
func asked(ctx context.Context) bool {
	var cancelled *sdk.CanceledError
	return errors.As(context.Cause(ctx), &cancelled)
}
