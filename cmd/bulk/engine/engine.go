// Package engine brings runs that were handed to workers to these: by the shared
// ledger's own list of open runs, or (package temporal) by way of a Temporal server. What a worker does of a run (a leg) is for package
// batch, and what is so of a run, its approval first, for the ledger: an engine only
// says which run it is somebody's turn to look at.
package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

// Legs does what can be done of a run now.
type Legs func(ctx context.Context, run int64) (batch.Next, error)

// Engine brings runs to workers.
type Engine interface {
	// Serve has leg called for runs on the given accounts, by their one names, one run
	// an account at a time, until ctx ends; it returns once the last leg has ended.
	Serve(ctx context.Context, accounts []string, leg Legs) error
}

const (
	look      = time.Second      // how often the list is read
	afterNone = 2 * time.Second  // how long a run is left alone of which nothing could be done
	afterFail = 15 * time.Second // and one that could not be begun, or broke
)

// Ledger is the engine that needs nothing but the ledger.
type Ledger struct {
	DB   *ledger.DB
	Warn func(format string, args ...any)

	mu    sync.Mutex
	going map[int64][]string  // runs under way here, with their accounts
	until map[int64]time.Time // runs that are left alone until then
}

// Serve is part of [Engine].
func (e *Ledger) Serve(ctx context.Context, accounts []string, leg Legs) error {
	e.going, e.until = map[int64][]string{}, map[int64]time.Time{}
	var legs sync.WaitGroup
	defer legs.Wait()
	failing := false
	for tick := time.NewTicker(look); ; {
		switch err := e.round(ctx, accounts, leg, &legs); {
		case err != nil && ctx.Err() == nil && !failing:
			failing = true
			e.Warn("%v; it is tried again", err)
		case err == nil:
			failing = false
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return nil
		case <-tick.C:
		}
	}
}

// round begins a leg of each run that this worker can do and that nothing stands in
// the way of, as far as can be seen from the list.
func (e *Ledger) round(ctx context.Context, accounts []string, leg Legs, legs *sync.WaitGroup) error {
	open, err := e.DB.HandedOver(ctx)
	if err != nil {
		return err
	}
	for _, h := range open {
		if ctx.Err() != nil || !h.Ready() || batch.EngineOf(h) != settings.Postgres {
			continue
		}
		run, found, err := e.DB.Run(ctx, h.Run)
		if err != nil || !found {
			return err
		}
		if names := e.names(run); subset(names, accounts) && e.take(h.Run, names) {
			legs.Go(func() { e.leave(h.Run, func() (batch.Next, error) { return leg(ctx, h.Run) }) })
		}
	}
	return nil
}

func (e *Ledger) names(run ledger.RunInfo) (all []string) {
	for _, account := range run.Accounts {
		all = append(all, e.DB.OneName(account))
	}
	return all
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// take reports whether a leg of a run may begin here now, and notes that it does.
func (e *Ledger) take(run int64, accounts []string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if time.Now().Before(e.until[run]) {
		return false
	}
	for other, taken := range e.going {
		if other == run || slices.ContainsFunc(accounts, func(a string) bool { return slices.Contains(taken, a) }) {
			return false
		}
	}
	e.going[run] = accounts
	return true
}

// leave notes how a leg ended, and when the run is looked at again.
func (e *Ledger) leave(run int64, leg func() (batch.Next, error)) {
	next, err := leg()
	if err != nil {
		e.Warn("run %d: %v; it is tried again in %s, here or elsewhere", run, err, afterFail)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.going, run)
	switch {
	case err != nil:
		e.until[run] = time.Now().Add(afterFail)
	case next == batch.Later:
		e.until[run] = time.Now().Add(afterNone)
	}
}
