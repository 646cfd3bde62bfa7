package runner

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
)

// Runner is a run under way.
type Runner struct {
	Settings
	order  *order
	guards *guards
	book   *book
	quit   context.CancelFunc // ends the intake
}

// New prepares a run.
func New(s Settings) *Runner {
	if s.Kept == nil {
		s.Kept = &Kept{}
	}
	r := &Runner{Settings: s, order: newOrder()}
	r.book = newBook(r)
	for _, c := range s.Kept.results {
		r.book.count(c)
	}
	r.guards = newGuards(s.Guards, s.Deps.Now)
	r.guards.goesOn, r.guards.say = s.Deps.Command == nil, s.Notice
	if s.Guards.Unattended {
		r.guards.doubt.unknown = s.Kept.inDoubt
	}
	r.guards.canary.bars = s.Kept.canary
	if s.Kept.legs != nil {
		r.guards.afterLegs(s.Kept.legs)
	}
	if s.Earlier != nil {
		r.guards.takeOver(s.Earlier.guards)
	}
	r.Deps.Ledger = intents{r}
	return r
}

// Do does the run. intake ends it gently: no new rows, those under way finish
// within the grace period; work ends it at once. A row's failure is in its
// result; the error is one of reading the input.
func (r *Runner) Do(intake, work context.Context) (Report, error) {
	intake, r.quit = context.WithCancel(intake)
	defer r.quit()
	work, leave := context.WithCancel(work)
	defer leave()
	done := make(chan struct{})
	defer close(done)
	go r.wind(intake, done, leave)

	var feeders errgroup.Group
	for _, l := range r.lanes() {
		feeders.Go(func() error {
			err := l.feed(intake, work)
			if err != nil {
				r.quit()
			}
			return err
		})
	}
	err := feeders.Wait()
	if err == nil {
		if err := r.compareCodes(work); err != nil && work.Err() == nil {
			r.end(DiskTrouble, err.Error())
		}
	}
	// What cannot be written any more has been told, and kept, by then.
	_ = r.DB.Flush(context.WithoutCancel(work))
	return r.book.report(intake.Err() != nil), err
}

// wind lets a run end once its intake has: lines send nothing new, and after
// the grace period what is still under way is cut off.
func (r *Runner) wind(intake context.Context, done <-chan struct{}, leave context.CancelFunc) {
	select {
	case <-done:
		return
	case <-intake.Done():
	}
	r.shut()
	grace := time.NewTimer(r.Grace)
	defer grace.Stop()
	select {
	case <-done:
	case <-grace.C:
		leave()
	}
}

// end ends the run early; the first reason given stands. Once it has returned
// nothing new is sent.
func (r *Runner) end(why Ending, cause string) {
	r.book.ended(why, cause)
	r.shut()
	r.quit()
}

// shut lets nothing new be sent.
func (r *Runner) shut() {
	r.guards.close()
	for _, l := range r.Lines {
		l.Drain()
	}
}

// lanes makes one lane for each upstream that the input needs, and one at
// least: wrong rows must be recorded even where nothing can be sent.
func (r *Runner) lanes() []*lane {
	var all []*lane
	for _, u := range jobs.Upstreams {
		if line, ok := r.Lines[u]; ok {
			all = append(all, newLane(r, u, line))
		}
	}
	if all == nil {
		all = []*lane{newLane(r, "", nil)}
	}
	all[0].rest = true
	return all
}

// intents is the ledger as a row sees it: its record, and the guards on it.
type intents struct{ r *Runner }

func (i intents) Standing(ctx context.Context, account string, iccid jobs.ICCID) (jobs.Standing, error) {
	return i.r.DB.Standing(ctx, account, iccid)
}

func (i intents) Intend(account string, row *jobs.Row, over jobs.Standing) jobs.Intent {
	return &guarded{Act: i.r.Run.Intend(account, row, over), run: i.r, row: row}
}
