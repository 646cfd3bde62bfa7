package batch

import (
	"context"
	"fmt"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// choose decides between a new run and the continuation of an unfinished one.
func (j *approved) choose(ctx context.Context) error {
	last, found, err := j.db.Last(ctx, j.runInfo())
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	unfinished := found && !last.Finished()
	if unfinished && !j.s.Restart {
		if theirs, err := j.withWorkers(ctx, last); theirs || err != nil {
			return err
		}
	}
	switch {
	case !unfinished && j.s.Resume && !j.s.Restart:
		return j.noteLeftOpen(ctx)
	case !unfinished || j.s.Restart:
		return nil
	case !last.PrunedAt.IsZero():
		j.note(fmt.Sprintf("run %d of this input was left unfinished and its results were %s, so a new run begins; what is done stays done", last.ID, ledgers.Pruned(last)))
		return nil
	case j.stopped(ctx, last):
		wanted, _, _ := j.db.Wanted(ctx, last.ID)
		return console.Refused(fmt.Sprintf("run %d of this input was %s", last.ID, said(wanted)),
			fmt.Sprintf("is it to go on? bulk runs continue %d%s says so", last.ID, j.ledgerFlag()), "start anew:   "+j.repeated("--restart"), "what is done stays done either way")
	case !j.s.Resume:
		return console.Refused(fmt.Sprintf("run %d of this input, begun %s, is unfinished", last.ID, last.StartedAt.Local().Format("2006-01-02 15:04")),
			"continue it:  "+j.repeated("--resume"), "start anew:   "+j.repeated("--restart"), "what is done stays done either way")
	case !sameSettings(last.Settings, j.s.Record()):
		return console.Refused(fmt.Sprintf("run %d of this input is unfinished and was begun with other settings: %s", last.ID, settings.HowOther(withoutAgain(last.Settings), withoutAgain(j.s.Record()))),
			"continue it with those, or start anew: "+j.repeated("--restart"))
	}
	return j.goOnWith(ctx, last)
}

// noteLeftOpen says, where nothing is there to be continued, that the same file was left
// unfinished with something else asked of it.
func (j *approved) noteLeftOpen(ctx context.Context) error {
	left, found, err := j.db.LeftOpen(ctx, j.runInfo())
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	if found {
		j.note(fmt.Sprintf("run %d of the same file is unfinished, and was begun with something else asked of it (%s), so a new run begins; what is done stays done",
			left.ID, settings.HowOther(withoutAgain(left.Settings), withoutAgain(j.s.Record()))))
	}
	return nil
}

// stopped reports whether a person paused or cancelled a run, and has not said since
// that it goes on.
func (j *approved) stopped(ctx context.Context, run ledger.RunInfo) bool {
	wanted, _, err := j.db.Wanted(ctx, run.ID)
	return err == nil && (wanted.Want == WantPause || wanted.Want == WantCancel)
}

// goOnWith takes an unfinished run up again, unless whoever did it has ended it
// just now.
func (j *approved) goOnWith(ctx context.Context, run ledger.RunInfo) error {
	if err := j.holdRun(ctx, run); err != nil {
		return err
	}
	run, found, err := j.db.Run(ctx, run.ID)
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	if !found || run.Finished() {
		return nil
	}
	j.unfinished = &run
	return j.goesOn()
}

// keep decides what stands of the run that is continued.
func (j *approved) keep(ctx context.Context) (*runner.Kept, error) {
	if j.leg != nil {
		return runner.KeepForLeg(ctx, j.db, j.unfinished.ID, j.p.Now(), j.leg.since, fresh)
	}
	return runner.Keep(ctx, j.db, j.unfinished.ID, j.p.Now(), fresh)
}
