package runner

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// book takes in every result: into the ledger, the counts and the guards.
type book struct {
	run *Runner

	mu           sync.Mutex
	tally        map[jobs.Outcome]int
	done         int // rows with a result, those of before included
	stillUnknown int // of them, those that an earlier run left in doubt
	cannotTell   int // of these, those that a person looked at and could not tell
	result       Report
	unrecorded   map[int]jobs.Result
	doneRows     Rows
	doubted      Rows
}

func newBook(r *Runner) *book {
	return &book{run: r, tally: map[jobs.Outcome]int{}, unrecorded: map[int]jobs.Result{}}
}

// finish takes a row's result to where it belongs: onto the disk, to whoever
// watches, to the guards, which may end the run. A row that was not run leaves
// no result: it is told from the others by having none.
func (r *Runner) finish(row *jobs.Row, result *jobs.Result) {
	switch {
	case result.Outcome != jobs.NotRun:
		r.book.record(row, result)
	case result.Ends == jobs.EndsDisk:
		// The ledger may have an intent that was never acted upon.
		r.book.keep(row, result)
	}
	if r.Observe != nil {
		r.Observe(row, result)
	}
	if why, cause := r.guards.judge(row, result); why != Complete {
		r.end(why, cause)
	}
	switch result.Ends {
	case jobs.EndsCredentials:
		r.end(Credentials, cause(result))
	case jobs.EndsOutage:
		r.end(Guarded, cause(result))
	case jobs.EndsDisk:
		r.end(DiskTrouble, cause(result))
	}
}

// cause is what happened, without the advice that a row's description ends in.
func cause(result *jobs.Result) string { return cmp.Or(result.Cause, result.Description) }

// record writes a result down and counts it. That of an irreversible row is on
// disk when it returns. Where the ledger cannot take a result any more, be it a
// moment later, it is kept for the result file, and the run ends; but where another
// process has gone on with the run, whose results stand.
func (b *book) record(row *jobs.Row, result *jobs.Result) {
	lost := func(err error) {
		if errors.Is(err, ledger.ErrOvertaken) { // what became of a command is written down all the same
			b.run.end(Overtaken, err.Error())
			return
		}
		b.keep(row, result)
		b.run.end(DiskTrouble, err.Error())
	}
	if err := b.run.Run.Record(row, result, lost); err != nil {
		lost(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count(counted{result.Outcome, result.Code, 1})
	switch {
	case !row.Action.Irreversible():
	case result.Outcome == jobs.OK:
		b.doneRows.Add(row.Seq)
	case result.Outcome == jobs.Unknown && result.Code != jobs.StillUnknown:
		b.doubted.Add(row.Seq)
	}
	if result.CannotTell {
		b.cannotTell++
	}
}

// amend records another result of a row that has one.
func (b *book) amend(row *jobs.Row, was, now *jobs.Result) {
	b.mu.Lock()
	b.count(counted{was.Outcome, was.Code, -1})
	if b.tally[was.Outcome] == 0 {
		delete(b.tally, was.Outcome)
	}
	b.mu.Unlock()
	b.record(row, now)
	if b.run.Observe != nil {
		b.run.Observe(row, now)
	}
}

// count notes rows that have a result.
func (b *book) count(c counted) {
	b.tally[c.outcome] += c.count
	b.done += c.count
	if c.code == jobs.StillUnknown {
		b.stillUnknown += c.count
	}
}

// keep holds on to a result that the ledger does not have.
func (b *book) keep(row *jobs.Row, result *jobs.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unrecorded[row.Seq] = *result
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
	r.Done, r.Doubted = slices.Clone(b.doneRows), slices.Clone(b.doubted)
	r.StillUnknown, r.CannotTell = b.stillUnknown, b.cannotTell
	r.BoundByDoubt = b.run.BoundByDoubt()
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

// BoundByDoubt tells for how long so far Guards.MaxInDoubt, and not the rate,
// has set the speed.
func (r *Runner) BoundByDoubt() time.Duration {
	r.guards.mu.Lock()
	defer r.guards.mu.Unlock()
	return r.guards.doubt.boundFor(r.guards.now())
}
