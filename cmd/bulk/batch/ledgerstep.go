package batch

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
)

// open opens the ledger, takes the accounts, and looks whether it is the ledger
// that it should be.
func (j *Job) open(ctx context.Context) error {
	options := ledger.Options{Create: true, MaxOutage: j.S.MaxOutage, Waiting: func(waited time.Duration) {
		j.U.Warn("another program holds the ledger; rows have waited %s for it", waited.Round(time.Second))
	}}
	db, err := ledgers.OpenLedger(ctx, j.P, j.ledger, options)
	if err != nil {
		return err
	}
	j.db = db
	// A ledger that failed has been spoken of; all else was written with the
	// run's end.
	j.later(func() { _ = j.db.Close() })
	j.oneNames()
	if err := j.hold(ctx); err != nil {
		return err
	}
	return j.each(ctx, j.holdAgainstMarks, j.knownLedger, j.recentLedger)
}

// oneNames calls the accounts by the names under which their history stands.
func (j *Job) oneNames() {
	for u, name := range j.up.accounts {
		j.up.accounts[u] = j.db.OneName(name)
	}
	for i, name := range j.accounts {
		j.accounts[i] = j.db.OneName(name)
	}
}

// choose decides between a new run and the continuation of an unfinished one.
func (j *Job) choose(ctx context.Context) error {
	last, found, err := j.db.Last(ctx, j.runInfo())
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	unfinished := found && !last.Finished()
	switch {
	case j.S.Resume && j.S.Restart:
		return console.Misused("--resume and --restart exclude each other")
	case !unfinished || j.S.Restart:
		return nil
	case !last.PrunedAt.IsZero():
		j.note(fmt.Sprintf("run %d of this input was left unfinished and its results are %s, so a new run begins; what is done stays done", last.ID, ledgers.Pruned(last)))
		return nil
	case !j.S.Resume:
		return console.Refused(fmt.Sprintf("run %d of this input, begun %s, is unfinished", last.ID, last.StartedAt.Local().Format("2006-01-02 15:04")),
			"continue it:  "+j.again("--resume"), "start anew:   "+j.again("--restart"), "what is done stays done either way")
	case !sameSettings(last.Settings, j.S.Record()):
		return console.Refused(fmt.Sprintf("run %d of this input is unfinished and was begun with other settings: %s", last.ID, last.Settings),
			"continue it with those, or start anew: "+j.again("--restart"))
	}
	return j.goOnWith(ctx, last)
}

// goOnWith takes an unfinished run up again, unless whoever did it has ended it
// just now.
func (j *Job) goOnWith(ctx context.Context, run ledger.RunInfo) error {
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

// begin writes the run down, keeps the copy of its input, and records the
// approval.
func (j *Job) begin(ctx context.Context) error {
	if err := j.keepInput(); err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	if j.survey.Irreversible == 0 || j.Kind == ledger.DryRun {
		j.db.OnlyReads()
	}
	var err error
	if j.unfinished != nil {
		if err := j.numberOutputs(j.unfinished.ID); err != nil {
			return err
		}
		j.run, err = j.db.Continue(ctx, *j.unfinished, j.P.User(), console.Host(), settings.Absolute(j.output))
	} else {
		j.run, err = j.db.Start(ctx, j.runInfo())
	}
	if err == nil && j.unfinished == nil {
		if err = j.holdRun(ctx, j.run.RunInfo); err == nil {
			err = j.numberOutputs(j.run.ID)
		}
	}
	if err == nil {
		err = j.keepWord(ctx)
	}
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	if j.changes.approval == "" {
		return nil
	}
	err = j.run.Approve(ctx, ledger.Approval{
		User: cmp.Or(j.changes.recorded.User, j.P.User()), How: j.changes.approval, Digest: j.copy.Digest, SIMs: j.changes.total,
		Groups: j.changes.groups, Reason: cmp.Or(j.S.Reason, j.changes.recorded.Reason),
	})
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	return nil
}

// runInfo describes the run: what is done with which input.
func (j *Job) runInfo() ledger.RunInfo {
	return ledger.RunInfo{
		Kind: j.Kind, Input: settings.Absolute(j.Name), Digest: j.copy.Digest, Action: j.S.Action, Group: j.S.Group, Accounts: j.accounts,
		Settings: j.S.Record(), User: j.P.User(), Host: console.Host(), Version: console.VersionText(), Output: settings.Absolute(j.output),
	}
}

// keepInput moves the copy of the input to where it is kept for resuming and
// for writing the results again.
func (j *Job) keepInput() error {
	kept := keptInput(j.ledger, j.copy.Digest)
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		return err
	}
	if err := j.copy.Keep(kept); err == nil {
		return nil
	}
	// The temporary files are on another file system.
	source, err := os.Open(j.copy.Path)
	if err != nil {
		return err
	}
	defer source.Close()
	dir, err := j.temporary(filepath.Dir(kept))
	if err != nil {
		return err
	}
	second, err := input.Take(source, dir)
	if err != nil {
		return err
	}
	return second.Keep(kept)
}
