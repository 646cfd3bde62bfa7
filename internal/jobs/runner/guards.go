package runner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

const (
	longUnanswered = 5 * time.Second // an irreversible request older than this counts as in doubt
	sharesFrom     = 50              // rows before a share of failures says anything
)

// Guards are the limits that end a run.
type Guards struct {
	MaxFailures Limit
	MaxInDoubt  int // 0: none
	Canary      int // so many irreversible rows are sent first; 0: none
}

// Limit is a number of rows, or a share of those done.
type Limit struct {
	Count int
	Share float64 // 0.2 is 20 %; used where above 0
}

// Reached tells whether failed of done rows are too many.
func (l Limit) Reached(failed, done int) bool {
	switch {
	case failed == 0:
		return false
	case l.Share > 0:
		return done >= sharesFrom && float64(failed) >= l.Share*float64(done)
	default:
		return l.Count > 0 && failed >= l.Count
	}
}

// guards watches a run's results and its irreversible requests.
type guards struct {
	Guards
	now func() time.Time

	mu      sync.Mutex
	changed chan struct{} // nil: nobody waits
	done    int           // rows of this run that sent something
	failed  int
	unknown int
	flying  []flight // unanswered irreversible requests, oldest first
	canary  canary
	closed  bool // the run is ending
}

type flight struct {
	seq   int
	since time.Time
}

// canary is how the first irreversible rows fare.
type canary struct {
	singing map[int]bool // rows that hold a place, by Seq
	passed  int
	failed  bool
}

func newGuards(g Guards, now func() time.Time) *guards {
	return &guards{Guards: g, now: now, canary: canary{singing: map[int]bool{}}}
}

func (g *guards) tell() {
	if g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
}

// wake lets waiting rows see that the run is ending.
func (g *guards) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.tell()
}

// clear waits until one more irreversible request may set out.
func (g *guards) clear(ctx context.Context, seq int) error {
	for {
		g.mu.Lock()
		ok := g.mayGo(seq)
		if !ok && g.changed == nil {
			g.changed = make(chan struct{})
		}
		closed, changed := g.closed, g.changed
		g.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case closed:
			return context.Canceled
		case ok:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// mayGo decides, and takes a canary's place.
func (g *guards) mayGo(seq int) bool {
	if g.MaxInDoubt > 0 && g.late() >= g.MaxInDoubt {
		return false
	}
	c := &g.canary
	if g.Canary == 0 || c.passed >= g.Canary || c.singing[seq] {
		return true
	}
	if c.failed || len(c.singing)+c.passed >= g.Canary {
		return false
	}
	c.singing[seq] = true
	return true
}

// late counts the requests that are unanswered for long.
func (g *guards) late() int {
	n, limit := 0, g.now().Add(-longUnanswered)
	for _, f := range g.flying {
		if !f.since.Before(limit) {
			break
		}
		n++
	}
	return n
}

// sent notes that an irreversible request leaves; landed that its row has an
// outcome, or that the attempt did nothing.
func (g *guards) sent(seq int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.flying = append(g.flying, flight{seq, g.now()})
}

func (g *guards) landed(seq int) {
	for i, f := range g.flying {
		if f.seq == seq {
			g.flying = append(g.flying[:i], g.flying[i+1:]...)
			return
		}
	}
}

// judge takes in a result and says why the run must end; empty: it need not.
func (g *guards) judge(row *jobs.Row, result *jobs.Result) (cause string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer func() {
		// Here and not only in wake: between the two a row could slip through.
		g.closed = g.closed || cause != ""
		g.tell()
	}()
	g.landed(row.Seq)
	if row.Action.Irreversible() {
		if cause = g.hear(row, result); cause != "" {
			return cause
		}
	}
	// What was barred by a doubt of before sent nothing and says nothing of
	// the upstream.
	if result.Attempts == 0 || result.Outcome == jobs.NotRun {
		return ""
	}
	g.done++
	if result.Outcome == jobs.Unknown {
		g.unknown++
	}
	if result.Outcome == jobs.Unknown || result.Outcome == jobs.Failed && OnTheWay(result) {
		g.failed++
	}
	switch {
	case g.MaxInDoubt > 0 && g.unknown >= g.MaxInDoubt:
		return fmt.Sprintf("%d irreversible rows of this run became unknown (--max-in-doubt %d), the last on line %d (%s)", g.unknown, g.MaxInDoubt, row.Line, result.Code)
	case g.MaxFailures.Reached(g.failed, g.done):
		return fmt.Sprintf("%d of %d rows failed on the way or became unknown (--max-failures), the last on line %d (%s)", g.failed, g.done, row.Line, result.Code)
	}
	return ""
}

// hear listens to the canaries: one that was sent and is not ok ends the run.
func (g *guards) hear(row *jobs.Row, result *jobs.Result) (cause string) {
	seq := row.Seq
	c := &g.canary
	if !c.singing[seq] {
		return ""
	}
	delete(c.singing, seq)
	switch result.Outcome {
	case jobs.OK:
		c.passed++
	case jobs.NotRun, jobs.Rejected, jobs.Skipped:
		// It was not really sent: another row takes the place.
	default:
		c.failed = true
		return fmt.Sprintf("a canary (--canary %d), line %d, ended %s (%s)", g.Canary, row.Line, result.Outcome, result.Code)
	}
	return ""
}

// guarded is the record around a command, with the guards in front of it.
type guarded struct {
	*ledger.Act
	guards *guards
	seq    int
}

func (a *guarded) Clear(ctx context.Context) error { return a.guards.clear(ctx, a.seq) }

func (a *guarded) Begin(ctx context.Context) error {
	if err := a.Act.Begin(ctx); err != nil {
		return err
	}
	a.guards.sent(a.seq)
	return nil
}

func (a *guarded) NotSent() error {
	a.guards.mu.Lock()
	a.guards.landed(a.seq)
	a.guards.tell()
	a.guards.mu.Unlock()
	return a.Act.NotSent()
}
