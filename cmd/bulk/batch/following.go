package batch

import (
	"context"
	"sync"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
	"bulk/internal/report/progress"
)

// quietAfter is after how long without a word of it nobody is taken to be at a run: a
// process that is says each second how far it is.
const quietAfter = 4 * time.Second

// following is what is seen from elsewhere of a run that goes on.
type following struct {
	db  *ledger.DB
	run int64
	now func() time.Time

	mu       sync.Mutex
	told     ledger.Progress
	heard    time.Time // when that was another one than before
	parts    []counted
	approval bool // it waits for one
	goesOn   bool // a person has said that it is to go on since it was paused

	deserted string // what is said where nobody says how far the run is
	turn     string // what is said where it is to go on and does not yet
}

// waits notes what a run that was handed over waits for.
func (f *following) waits(h ledger.Handover) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.approval = !h.Ready()
}

// look looks once, and gives how the upstreams do where somebody is at the run. What
// cannot be read now is read the next time.
func (f *following) look(ctx context.Context) []countedOf {
	told, err := f.db.ProgressOf(ctx, []int64{f.run})
	if err != nil {
		return nil
	}
	wanted, _, err := f.db.Wanted(ctx, f.run)
	if err != nil {
		return nil
	}
	recorded, err := f.db.CountsOf(ctx, f.run)
	if err != nil {
		return nil
	}
	parts, err := readCounted(recorded)
	if err != nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := told[f.run]; !p.At.Equal(f.told.At) {
		f.told, f.heard = p, f.now()
	}
	f.parts, f.goesOn = parts, wanted.Want == WantRun
	return f.upstreams()
}

// ends notes how far the run came in the end, where it came to one.
func (f *following) ends(ctx context.Context, total int) {
	info, found, err := f.db.Run(ctx, f.run)
	if err != nil || !found || info.NotRun < 0 {
		return
	}
	f.look(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told.Done, f.told.Tally = total-info.NotRun, info.Tally
}

// quiet reports whether nobody says how far the run is.
func (f *following) quiet() bool { return f.told.Paused || f.now().Sub(f.heard) > quietAfter }

// upstreams is how they do, for the process that is at the run now.
func (f *following) upstreams() []countedOf {
	if len(f.parts) == 0 || f.quiet() {
		return nil
	}
	return f.parts[len(f.parts)-1].Upstreams
}

// far gives how far the run is, of so many rows.
func (f *following) far(total int) func() (int, map[jobs.Outcome]int) {
	return func() (int, map[jobs.Outcome]int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		return total, f.told.Tally
	}
}

// snapshots gives what is to be shown of the run, of so many rows, now and later.
func (f *following) snapshots(total, mostInDoubt int) func() progress.Snapshot {
	begun := f.now()
	meter, bound := &rateMeter{}, &boundMeter{most: mostInDoubt}
	return func() progress.Snapshot {
		f.mu.Lock()
		defer f.mu.Unlock()
		now := f.now()
		s := progress.Snapshot{Total: total, Done: f.told.Done, Outcomes: report.Counts(f.told.Tally), Elapsed: now.Sub(begun)}
		for _, of := range f.upstreams() {
			s.Upstreams = append(s.Upstreams, progress.Upstream{Name: of.Name, Limit: of.Limit, InFlight: of.InFlight, Trouble: of.Trouble, Detail: of.Detail})
		}
		sums, soFar := totals(f.parts)
		requests := map[jobs.Upstream]int{}
		for _, u := range sums {
			requests[u.Name] = u.Requests
		}
		meter.measure(&s, requests, now)
		bound.look(&s, soFar, now)
		s.Left = f.told.Left
		switch {
		case f.approval:
			s.Waits = "waits for an approval"
		case f.told.Paused && !f.goesOn:
			s.Waits = "paused"
		case f.told.Paused:
			s.Waits = f.turn
		case f.quiet():
			s.Waits = f.deserted
		}
		if s.Waits != "" {
			s.Left = 0
		}
		return s
	}
}
