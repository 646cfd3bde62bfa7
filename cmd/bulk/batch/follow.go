package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report"
	"bulk/internal/report/progress"
)

const (
	followEvery = time.Second
	// lonelyAfter is after how long it is said that no worker has come.
	lonelyAfter = 10 * time.Second
)

// follow waits until others have done the run, and then ends as if it had been done
// here: the same result file, summary and exit code.
func (j *begun) follow(ctx context.Context) error {
	f := &follower{begun: j, since: time.Now(), seen: following{db: j.db, run: j.run.ID, now: j.p.Now, deserted: "waits for a worker", turn: "waits for a worker"}, holds: holds{u: j.u, longest: j.s.MaxOutage}}
	if j.itsProcess() {
		f.seen.deserted, f.seen.turn = "its process says nothing", "waits for its turn"
	}
	f.seen.look(ctx)
	stop := f.show()
	h, err := f.wait(ctx)
	if err == nil {
		f.seen.ends(context.WithoutCancel(ctx), j.survey.Selected)
	}
	stop()
	if err != nil {
		return err
	}
	return j.concludeTheirs(context.WithoutCancel(ctx), h)
}

// follower looks from time to time how far the workers are.
type follower struct {
	*begun
	since time.Time // when somebody was at it last, or it was begun to wait
	told  bool      // that nobody is
	// failed: that it cannot be brought to workers was said
	failed bool
	// queued: that it is another run's turn was said
	queued bool

	seen  following
	holds holds
}

// wait ends once the run is no longer the workers'.
func (f *follower) wait(ctx context.Context) (ledger.Handover, error) {
	for round := 0; ; round++ {
		h, over, err := f.over(ctx)
		stopped := (*console.Stop)(nil)
		switch {
		case ctx.Err() != nil:
			return h, f.left()
		case errors.As(err, &stopped):
			return h, err
		case err != nil:
			return h, console.Broken(err, fmt.Sprintf("run %d goes on all the same; wait for it: bulk runs wait %d%s", f.run.ID, f.run.ID, f.wayThere()))
		case over:
			return h, nil
		}
		for _, of := range f.seen.look(ctx) {
			f.holds.look(of)
		}
		if round%5 == 0 && !f.itsProcess() && h.Ready() {
			f.lonely(ctx)
		}
		if !WaitFor(ctx, followEvery) {
			return h, f.left()
		}
	}
}

// over reports whether the run has ended; as workers had it, where they did.
func (f *follower) over(ctx context.Context) (h ledger.Handover, over bool, err error) {
	if f.itsProcess() {
		over, err = f.processOver(ctx)
		return h, over, err
	}
	h, found, err := f.db.HandoverOf(ctx, f.run.ID)
	f.seen.waits(h)
	return h, !found || !h.Over.IsZero(), err
}

// lonely says once that no worker has come, and has the run brought to one.
func (f *follower) lonely(ctx context.Context) {
	wanted, _, err := f.db.Wanted(ctx, f.run.ID)
	if err != nil || wanted.Want == WantPause || AtWork(ctx, f.db, f.run.ID) {
		f.since = time.Now()
		return
	}
	if by, busy := f.heldBy(ctx); busy {
		if !f.queued && time.Since(f.since) > lonelyAfter {
			f.queued = true
			f.u.Say("run %d waits for its turn: %v", f.run.ID, by)
		}
		return
	}
	if f.dispatch != nil {
		f.lonelyThere(ctx)
		return
	}
	if !f.told && time.Since(f.since) > lonelyAfter {
		f.told = true
		f.u.Warn("no worker has taken run %d for %s; is bulk worker running, with the credentials of %v and this ledger?", f.run.ID, lonelyAfter, f.accounts)
	}
}

// heldBy is who holds one of the run's accounts.
func (f *follower) heldBy(ctx context.Context) (*ledger.BusyError, bool) {
	for _, account := range f.accounts {
		if by, held, err := f.db.Holder(ctx, account); err == nil && held && by.Run != f.run.ID {
			return &ledger.BusyError{Account: account, By: by}, true
		}
	}
	return nil, false
}

// left is the end of the waiting by a signal. The run goes on all the same.
func (f *follower) left() error {
	who, output := "the workers go on with it", ""
	if f.itsProcess() {
		who = "it goes on"
	}
	if f.output != "" {
		output = " -o " + console.Shell(f.output)
	}
	s := &console.Stop{Code: report.ExitInterrupted, Text: fmt.Sprintf("nobody waits for run %d here any more; %s", f.run.ID, who), Hints: []string{
		fmt.Sprintf("wait for it again: bulk runs wait %d%s%s", f.run.ID, output, f.wayThere()),
		fmt.Sprintf("end it: bulk runs cancel %d%s", f.run.ID, f.wayThere()),
	}}
	if f.p.Watching.Signal() == syscall.SIGTERM {
		s.Code = report.ExitTerminated
	}
	return s
}

// show shows how far the workers are, until stop is called.
func (f *follower) show() (stop func()) {
	stopMetrics := f.currentMetrics(f.seen.far(f.survey.Selected))
	kind, err := progress.Choose(f.s.Progress, f.u.Terminal() && !f.u.Dumb())
	if err != nil || f.survey.Selected == 0 || f.u.Quiet {
		return stopMetrics
	}
	screen := progress.NewScreen(f.p.Stderr, f.u.Width)
	back := f.u.Through(screen)
	shown := progress.New(kind, screen, f.u.Log)
	shown.Start(f.seen.snapshots(f.survey.Selected, f.s.MaxInDoubt))
	return func() {
		shown.Stop()
		back()
		stopMetrics()
	}
}

// concludeTheirs puts the result file of a run in place that others did, with its
// pictures, and sums it up.
func (j *begun) concludeTheirs(ctx context.Context, h ledger.Handover) error {
	info, _, err := j.db.Run(ctx, j.run.ID)
	if err != nil {
		return console.Broken(err)
	}
	d, err := j.howTheirsEnded(ctx, info, h)
	if err != nil {
		return console.Broken(err)
	}
	if info.NotRun < 0 { // no worker ever ended a leg
		d.NotRun = j.survey.Selected
	}
	w := &ResultFile{File: j.file, Survey: j.survey, Output: j.output, Results: j.db.Results(ctx, j.run.ID), Rest: notRun(d), plan: j.kind == ledger.DryRun,
		Leaving: j.leave, Separator: Separator(j.p, j.s), Portal: j.s.Checked.Portal.Of, Pictures: j.pictures}
	if d.StillUnknown, d.CannotTell, err = StillInDoubt(ctx, j.db, w); err != nil {
		return console.Broken(err)
	}
	digest, err := j.putTheirs(ctx, w, info)
	if err != nil {
		j.sayUnpublished(ctx, err, nil)
		d.Ending = runner.DiskTrouble
	}
	j.theirs = true
	return j.conclude(d, &published{w, digest})
}

// howTheirsEnded says how a run ended that others did.
func (j *begun) howTheirsEnded(ctx context.Context, info ledger.RunInfo, h ledger.Handover) (d *done, err error) {
	if j.itsProcess() {
		return j.howItEnded(ctx, info)
	}
	d = &done{Report: runner.Report{Ending: runner.Ending(h.Cause), Cause: h.Ending, NotRun: info.NotRun, Tally: info.Tally}, words: h.Ending, signals: &console.Listening{},
		since: h.Since, until: h.Over}
	d.handed, err = settings.ReadHanded(h.Job)
	return d, err
}

// putTheirs puts the result file in place, and its pictures.
func (j *begun) putTheirs(ctx context.Context, w *ResultFile, info ledger.RunInfo) (digest string, err error) {
	if j.waiting != nil && !j.waiting.writes {
		if j.itsProcess() && info.Finished() && info.Host == console.Host() {
			j.output = settings.Numbered(info.ID)(info.Output) // where the run put it
		}
		j.unwritten = j.output == ""
		return info.OutputDigest, w.To(ctx, io.Discard)
	}
	if w.Pictures != "" {
		// What workers saved is in the ledger alone.
		if err := SavePictures(ctx, j.db, j.run.ID, w, !j.itsProcess()); err != nil {
			j.u.Warn("%v", err)
		}
	}
	return j.put(ctx, w, func(string) error { return nil })
}
