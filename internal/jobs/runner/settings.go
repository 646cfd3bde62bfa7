package runner

import (
	"context"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
)

// MostWorkers is the most rows of one upstream that are ever under way at once.
// Where Settings.Workers leaves the number open, it is as many as the upstream's
// [Line] lets set out: what its rate needs at its latency.
const MostWorkers = 1024

// Line is the way to an upstream, as far as a lane must know it.
type Line interface {
	// Reserve waits, at most until intake ends, for room for one more row, and
	// returns its place in the queue, to be released when the row has ended.
	Reserve(intake context.Context) (jobs.Turn, error)
	// Drain lets nothing new be sent.
	Drain()
}

// Settings is what a run is made of.
type Settings struct {
	Deps     jobs.Deps // its Ledger is set by the runner
	DB       *ledger.DB
	Run      *ledger.Run
	File     *input.File
	Survey   *input.Survey
	Lines    map[jobs.Upstream]Line
	Workers  map[jobs.Upstream]int // most rows under way at once; without one: MostWorkers
	Grace    time.Duration         // how long rows under way may go on once the run is ending
	Guards   Guards
	Observe  func(*jobs.Row, *jobs.Result) // told of every row that ended in this run, which it must not change; may be nil; called from many goroutines
	Notice   func(text string)             // told of what a reader must know and what does not end the run; may be nil
	Earlier  *Runner                       // the part of this start before it was paused: its guards go on; nil: there is none
	Kept     *Kept                         // what stands of an unfinished run; nil: it is a new one
	Approved *Rows                         // the irreversible rows that somebody said yes to; nil: all
}
