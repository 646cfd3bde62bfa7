package batch

import (
	"context"
	"sync"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// Worker does legs: what one process does of a run that was handed over, until it is
// done, told to stop, or dead.
type Worker struct {
	P       *settings.Sources
	U       *console.UI
	S       *settings.Options // its own: its ledger and marks, and who hears of ends
	Ledger  string
	Signals *console.Listening
	Settled func(*jobs.Result) // is told of every row; called from many goroutines

	mu   sync.Mutex
	busy map[int64]time.Time // since when another process has been found to have a run
}

// hungAfter is for how long a run must be found taken before its holder may be one that
// hangs: who only looks at it has it for a moment.
const hungAfter = 10 * time.Second

// endHung ends the session of a worker that has a run, hangs, and would keep it for
// ever: its machine still answers.
func (w *Worker) endHung(ctx context.Context, db *ledger.DB, run int64) error {
	w.mu.Lock()
	if w.busy == nil {
		w.busy = map[int64]time.Time{}
	}
	since, known := w.busy[run]
	if !known {
		since = time.Now()
		w.busy[run] = since
	}
	w.mu.Unlock()
	if time.Since(since) < hungAfter {
		return nil
	}
	ended, err := db.EndHung(ctx, run)
	if ended {
		w.U.Warn("run %d: the worker that had it was not heard of any more; its session is ended", run)
	}
	return err
}

// free notes that nobody else has a run.
func (w *Worker) free(run int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, run)
}

// beat says from time to time that this worker is alive, until stop is called.
func (w *Worker) beat(ctx context.Context, db *ledger.DB, run int64) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var beating sync.WaitGroup
	beating.Go(func() {
		for {
			_ = db.Beat(ctx, run) // one that fails is followed by another
			if !WaitFor(ctx, ledger.BeatEvery) {
				return
			}
		}
	})
	return func() {
		cancel()
		beating.Wait()
	}
}
