package runner

import (
	"maps"
	"strings"
	"sync"

	"bulk/internal/jobs"
)

// book takes in every result: into the ledger, the counts and the guards.
type book struct {
	run *Runner

	mu         sync.Mutex
	tally      map[jobs.Outcome]int
	done       int // rows with a result, those of before included
	result     Report
	unrecorded map[int]jobs.Result
}

func newBook(r *Runner) *book {
	return &book{run: r, tally: map[jobs.Outcome]int{}, unrecorded: map[int]jobs.Result{}}
}

// recalled counts a result that the ledger had already.
func (b *book) recalled(result jobs.Result) {
	b.tally[result.Outcome]++
	b.done++
}

// finished is a row that has ended, and how.
type finished struct {
	row    jobs.Row
	result *jobs.Result
}

// finish books how a row ended. A row that was not run leaves no result: it is
// told from the others by having none.
func (b *book) finish(e *finished) {
	switch {
	case e.result.Outcome != jobs.NotRun:
		b.record(e)
	case e.result.Ends == jobs.EndsDisk:
		// The ledger may have an intent that was never acted upon.
		b.keep(e)
	}
	if b.run.Observe != nil {
		b.run.Observe(&e.row, e.result)
	}
	if cause := b.run.guards.judge(&e.row, e.result); cause != "" {
		b.run.end(Guarded, cause)
	}
	switch e.result.Ends {
	case jobs.EndsCredentials:
		b.run.end(Credentials, cause(e.result))
	case jobs.EndsOutage:
		b.run.end(Guarded, cause(e.result))
	case jobs.EndsDisk:
		b.run.end(DiskTrouble, cause(e.result))
	}
}

// cause is what happened, without the advice that a row's description ends in.
func cause(result *jobs.Result) string {
	return strings.TrimSuffix(result.Description, " "+jobs.Explain(result.Code).Cure)
}

// record writes a result down and counts it. Where the ledger cannot take it
// any more, be it a moment later, the result is kept for the result file, and
// the run ends.
func (b *book) record(e *finished) {
	lost := func(err error) {
		b.keep(e)
		b.run.end(DiskTrouble, err.Error())
	}
	if err := b.run.Run.Record(&e.row, e.result, lost); err != nil {
		lost(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tally[e.result.Outcome]++
	b.done++
}

// keep holds on to a result that the ledger does not have.
func (b *book) keep(e *finished) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unrecorded[e.row.Seq] = *e.result
}

func (b *book) ended(why Ending, cause string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.result.Ending == Complete {
		b.result.Ending, b.result.Cause = why, cause
	}
}

// report sums up once nothing is under way and nothing is left to be written.
func (b *book) report(quit bool) Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.result
	r.Tally = maps.Clone(b.tally)
	r.NotRun = b.run.Survey.Selected - b.done
	r.Unrecorded = maps.Clone(b.unrecorded)
	if quit && r.Ending == Complete && r.NotRun > 0 {
		r.Ending = Interrupted
	}
	return r
}

// Progress tells how far the run is: rows with a result, of how many, and the
// counts by outcome.
func (r *Runner) Progress() (done, total int, tally map[jobs.Outcome]int) {
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	return r.book.done, r.Survey.Selected, maps.Clone(r.book.tally)
}
