package runner

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// Guards are the limits that hold rows back or end a run.
type Guards struct {
	MaxFailures Limit // of all rows: failed on the way, or unknown
	MaxRefusals Limit // of the irreversible rows: refused by a live check or the upstream
	MaxInDoubt  int   // most irreversible requests unanswered or unknown together; 0: no bound
	Canary      int   // so many irreversible rows are sent first; 0: none
	Unattended  bool  // nobody is there: what earlier starts of the run left in doubt counts against MaxInDoubt, too
}

// guards watches a run's results and its irreversible requests.
type guards struct {
	maxFailures Limit
	now         func() time.Time
	goesOn      bool              // a dry run: too many refusals are said and do not end it
	say         func(text string) // what does not end the run; may be nil

	mu      sync.Mutex
	waiting []*waiter // irreversible rows that may not set out yet, in the order they came
	closed  bool      // the run is ending
	done    int       // rows of this run that sent something
	failed  int       // of them, those that failed on the way or are unknown
	doubt   inDoubt
	canary  canary
	refused refusals
}

// waiter is a row that waits to set out.
type waiter struct {
	seq   int
	ready chan struct{} // closed once it may, or the run is ending
}

func newGuards(g Guards, now func() time.Time) *guards {
	return &guards{
		maxFailures: g.MaxFailures, now: now,
		doubt:   inDoubt{most: g.MaxInDoubt, places: map[int]bool{}},
		canary:  canary{most: g.Canary, flying: map[int]bool{}},
		refused: refusals{limit: g.MaxRefusals, codes: map[jobs.Code]int{}},
	}
}

// takeOver goes on counting where the part of a start before a pause left off.
func (g *guards) takeOver(earlier *guards) {
	earlier.mu.Lock()
	defer earlier.mu.Unlock()
	g.done, g.failed, g.refused = earlier.done, earlier.failed, earlier.refused
	g.doubt.unknown = max(g.doubt.unknown, earlier.doubt.unknown)
	g.doubt.bound = earlier.doubt.boundFor(earlier.now())
	g.canary.passed = earlier.canary.passed
}

// afterLegs goes on counting where the legs before left off.
func (g *guards) afterLegs(l *legs) {
	g.done, g.failed, g.canary.passed = l.done, l.failed, l.canaries
	limit := g.refused.limit
	g.refused = l.refused
	g.refused.limit = limit
}

// update changes what rows wait for, and lets go those that may go now.
func (g *guards) update(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
	g.waiting = slices.DeleteFunc(g.waiting, func(w *waiter) bool {
		if !g.closed && (!g.doubt.free() || !g.admit(w.seq)) {
			return false
		}
		close(w.ready)
		return true
	})
	g.clock()
}

// admit lets a row set out, if it may, and takes its places: the canary's and
// the one in doubt.
func (g *guards) admit(seq int) bool {
	if !g.canary.free(seq) || !g.doubt.take(seq) {
		return false
	}
	g.canary.take(seq)
	return true
}

// clock measures for how long places in doubt have set the speed. While the
// canary goes, nothing else does.
func (g *guards) clock() { g.doubt.clock(len(g.waiting) > 0 && !g.canary.open(), g.now()) }

// close lets no irreversible request set out any more.
func (g *guards) close() { g.update(func() { g.closed = true }) }

// clear waits until a row's irreversible request may set out, and reports whether
// it is a canary. What it was given then is taken back when the row is judged.
func (g *guards) clear(ctx context.Context, seq int) (isCanary bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	g.mu.Lock()
	if g.closed || g.admit(seq) {
		defer g.mu.Unlock()
		return g.canary.flying[seq], g.ended()
	}
	w := &waiter{seq, make(chan struct{})}
	g.waiting = append(g.waiting, w)
	g.clock()
	g.mu.Unlock()
	select {
	case <-w.ready:
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.canary.flying[seq], g.ended()
	case <-ctx.Done():
		g.update(func() {
			g.waiting = slices.DeleteFunc(g.waiting, func(other *waiter) bool { return other == w })
		})
		return false, ctx.Err()
	}
}

// forbids says why no irreversible row may be sent before a person has looked;
// Complete: they may.
func (g *guards) forbids() (why Ending, cause string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.canary.bars.cause != "" {
		return g.canary.bars.why, g.canary.bars.cause
	}
	if lost := g.doubt.lost(); lost != "" {
		return Guarded, lost + ": look the SIMs up and settle them with bulk resolve"
	}
	return Complete, ""
}

// mayBegin says whether a row that was let go may still be sent: not once the
// run is ending.
func (g *guards) mayBegin() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ended()
}

func (g *guards) ended() error {
	if g.closed {
		return context.Canceled
	}
	return nil
}

// judge takes in a result that is on disk, and says why the run must end;
// Complete: it need not.
func (g *guards) judge(row *jobs.Row, result *jobs.Result) (why Ending, cause string) {
	g.update(func() {
		begun := g.landed(row, result)
		if cause = g.canary.judge(row, result, begun); cause != "" {
			why = BadCanary
		} else if cause = g.weigh(row, result, begun); cause != "" {
			why = Guarded
		}
		// Here and not only when the run ends: between the two a row could
		// slip through.
		g.closed = g.closed || why != Complete
	})
	return why, cause
}

// weigh counts a result and says why the run must end; empty: it need not.
func (g *guards) weigh(row *jobs.Row, result *jobs.Result, begun bool) (cause string) {
	if lost := g.doubt.lost(); begun && result.Outcome == jobs.Unknown && lost != "" {
		return fmt.Sprintf("%s; the last on line %d (%s)", lost, row.Line, result.Code)
	}
	// A row that sent nothing says nothing of the upstream.
	if !result.Asked() || result.Outcome == jobs.NotRun {
		return ""
	}
	g.done++
	if result.Outcome == jobs.Unknown || result.Outcome == jobs.Failed && OnTheWay(result) {
		g.failed++
	}
	if g.maxFailures.Reached(g.failed, g.done) {
		return fmt.Sprintf("%d of %d rows failed on the way or became unknown (--max-failures %s), the last on line %d (%s)", g.failed, g.done, g.maxFailures, row.Line, result.Code)
	}
	if row.Action.Irreversible() && g.refused.count(result) {
		return g.tooManyRefused()
	}
	return ""
}

// landed gives a row's place in doubt back, unless the row is unknown, or has
// an intent that the ledger could not settle.
func (g *guards) landed(row *jobs.Row, result *jobs.Result) (begun bool) {
	if g.doubt.places[row.Seq] && result.Outcome == jobs.NotRun {
		return true
	}
	begun = g.doubt.leave(row.Seq)
	if begun && result.Outcome == jobs.Unknown {
		g.doubt.unknown++
	}
	return begun
}

// tooManyRefused says so once; a dry run goes on all the same.
func (g *guards) tooManyRefused() (cause string) {
	text := fmt.Sprintf("too many SIMs were refused (--max-refusals %s): %s", g.refused.limit, g.refused.common())
	if !g.goesOn {
		return text
	}
	g.refused.limit = Limit{}
	if g.say != nil {
		g.say(text)
	}
	return ""
}

// guarded is the record around a command, with the guards in front of it.
type guarded struct {
	*ledger.Act
	run *Runner
	row *jobs.Row
}

// Clear ends the run where the row may not be sent at all.
func (a *guarded) Clear(ctx context.Context) error {
	if why, cause := a.run.forbids(a.row); why != Complete {
		a.run.end(why, cause)
		return context.Canceled
	}
	isCanary, err := a.run.guards.clear(ctx, a.row.Seq)
	a.Canary = isCanary
	return err
}

// forbids says why an irreversible row must not be sent, and the run must end;
// Complete: it need not.
func (r *Runner) forbids(row *jobs.Row) (why Ending, cause string) {
	if r.Approved != nil && !r.Approved.Has(row.Seq) {
		return Guarded, fmt.Sprintf("line %d was not among the rows that were approved, and could be sent now: its SIM was settled meanwhile", row.Line)
	}
	return r.guards.forbids()
}

func (a *guarded) Begin(ctx context.Context) error {
	g := a.run.guards
	if err := g.mayBegin(); err != nil {
		return err
	}
	if err := a.Act.Begin(ctx); err != nil {
		return err
	}
	g.update(func() { g.doubt.begin(a.row.Seq) })
	return nil
}

// NotSent gives the place in doubt back once the ledger says that nothing was
// done: a row that waits to be sent again holds none.
func (a *guarded) NotSent() error {
	if err := a.Act.NotSent(); err != nil {
		return err
	}
	g := a.run.guards
	g.update(func() { g.doubt.leave(a.row.Seq) })
	return nil
}
