package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// open opens the ledger, takes the accounts, and looks whether it is the ledger
// that it should be.
func (j *connected) open(ctx context.Context) (*opened, error) {
	options := ledger.Options{Create: true, MaxOutage: j.s.MaxOutage, Waiting: func(waited time.Duration) {
		j.u.Warn("another program holds the ledger; rows have waited %s for it", waited.Round(time.Second))
	}}
	db, err := ledgers.OpenLedger(ctx, j.p, j.ledger, options)
	if err != nil {
		return nil, err
	}
	// A ledger that failed has been spoken of; all else was written with the
	// run's end.
	j.later(func() { _ = db.Close() })
	o := &opened{connected: j, db: db}
	o.oneNames()
	if err := o.hold(ctx); err != nil {
		return nil, err
	}
	return o, j.each(ctx, o.holdAgainstMarks, o.knownLedger, o.recentLedger)
}

// approve chooses the run, counts what it would change, and gets a yes for that.
// All that is in the way is said at once.
func (j *opened) approve(ctx context.Context) (*approved, error) {
	a := &approved{opened: j, kept: &runner.Kept{}, again: j.s.Again}
	if err := j.each(ctx, j.checkPlan, a.choose, a.count, a.canaryIsHeeded, a.agree); err != nil {
		return nil, err
	}
	return a, j.refusal()
}

// oneNames calls the accounts by the names under which their history stands.
func (j *opened) oneNames() {
	for u, name := range j.up.accounts {
		j.up.accounts[u] = j.db.OneName(name)
	}
	for i, name := range j.accounts {
		j.accounts[i] = j.db.OneName(name)
	}
}

// choose decides between a new run and the continuation of an unfinished one.
func (j *approved) choose(ctx context.Context) error {
	last, found, err := j.db.Last(ctx, j.runInfo())
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	unfinished := found && !last.Finished()
	switch {
	case j.s.Resume && j.s.Restart:
		return console.Misused("--resume and --restart exclude each other")
	case !unfinished || j.s.Restart:
		return nil
	case !last.PrunedAt.IsZero():
		j.note(fmt.Sprintf("run %d of this input was left unfinished and its results are %s, so a new run begins; what is done stays done", last.ID, ledgers.Pruned(last)))
		return nil
	case !j.s.Resume:
		return console.Refused(fmt.Sprintf("run %d of this input, begun %s, is unfinished", last.ID, last.StartedAt.Local().Format("2006-01-02 15:04")),
			"continue it:  "+j.repeated("--resume"), "start anew:   "+j.repeated("--restart"), "what is done stays done either way")
	case !sameSettings(last.Settings, j.s.Record()):
		return console.Refused(fmt.Sprintf("run %d of this input is unfinished and was begun with other settings: %s", last.ID, last.Settings),
			"continue it with those, or start anew: "+j.repeated("--restart"))
	}
	return j.goOnWith(ctx, last)
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

// begin writes the run down, keeps the copy of its input, and records the
// approval.
func (j *approved) begin(ctx context.Context) (*begun, error) {
	b := &begun{approved: j}
	err := j.keepInput()
	if err == nil {
		err = b.writeDown(ctx)
	}
	if err == nil {
		err = j.keepWord(ctx)
	}
	if err == nil && j.changes.approval != "" {
		err = b.run.Approve(ctx, ledger.Approval{
			User: cmp.Or(j.changes.recorded.User, j.p.User()), How: j.changes.approval, Digest: j.copy.Digest, SIMs: j.changes.total,
			Groups: j.changes.groups, Reason: cmp.Or(j.s.Reason, j.changes.recorded.Reason),
		})
	}
	if stopped := (*console.Stop)(nil); err == nil || errors.As(err, &stopped) {
		return b, err
	}
	return nil, console.Refused(err.Error(), "nothing was sent")
}

// writeDown begins a run in the ledger, or goes on with the unfinished one.
func (j *begun) writeDown(ctx context.Context) (err error) {
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun {
		j.db.OnlyReads()
	}
	if j.unfinished != nil {
		if err := j.numberOutputs(j.unfinished.ID); err != nil {
			return err
		}
		j.run, err = j.db.Continue(ctx, *j.unfinished, j.p.User(), console.Host(), settings.Absolute(j.output))
		return err
	}
	if j.run, err = j.db.Start(ctx, j.runInfo()); err != nil {
		return err
	}
	if err := j.holdRun(ctx, j.run.RunInfo); err != nil {
		return err
	}
	return j.numberOutputs(j.run.ID)
}

// runInfo describes the run: what is done with which input.
func (j *connected) runInfo() ledger.RunInfo {
	return ledger.RunInfo{
		Kind: j.kind, Input: settings.Absolute(j.name), Digest: j.copy.Digest, Action: j.s.Action, Group: j.s.Group, Accounts: j.accounts,
		Settings: j.s.Record(), User: j.p.User(), Host: console.Host(), Version: console.VersionText(), Output: settings.Absolute(j.output),
	}
}

// keepInput moves the copy of the input to where it is kept for resuming and
// for writing the results again.
func (j *connected) keepInput() error {
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
