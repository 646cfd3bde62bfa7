package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/durable"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
)

// begin writes the run down, keeps the copy of its input, and records the
// approval.
func (j *approved) begin(ctx context.Context) (*begun, error) {
	b := &begun{approved: j, leave: j.leaving()}
	b.named.portal = j.s.Checked.Portal.Of
	if j.theirs {
		b.run = &ledger.Run{RunInfo: *j.unfinished}
		return b, b.numberOutputs(b.run.ID)
	}
	err := j.keepInput(ctx)
	if err == nil {
		err = b.writeDown(ctx)
	}
	if err == nil {
		err = j.keepWord(ctx)
	}
	if err == nil && j.changes.approval != "" {
		err = b.run.Approve(ctx, ledger.Approval{
			User: cmp.Or(j.changes.recorded.User, j.p.User()), How: ForWhom(j.changes.approval, j.s.ApprovedBy), Digest: j.copy.Digest, SIMs: j.changes.total,
			Groups: j.changes.groups, Reason: cmp.Or(j.s.Reason, j.changes.recorded.Reason),
		})
	}
	if stopped := (*console.Stop)(nil); err == nil || errors.As(err, &stopped) {
		return b, err
	}
	return nil, console.Refused(err.Error(), "nothing was sent")
}

// ForWhom is how it was approved, with who is said to have done so.
func ForWhom(how, by string) string {
	if by == "" {
		return how
	}
	return how + ", approved by " + by
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
		if j.s.ByWorkers() {
			j.run = &ledger.Run{RunInfo: *j.unfinished}
			return nil
		}
		j.run, err = j.db.Continue(ctx, *j.unfinished, j.p.User(), console.Host(), settings.Absolute(j.output))
		return err
	}
	info := j.runInfo()
	info.Settings = j.s.RecordWith(j.keptCatalog())
	if j.run, err = j.db.Start(ctx, info); err != nil {
		return err
	}
	if !j.s.ByWorkers() {
		if err := j.holdRun(ctx, j.run.RunInfo); err != nil {
			return err
		}
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
// for writing the results again; into a ledger that other machines use as well.
func (j *opened) keepInput(ctx context.Context) error {
	if err := j.moveInput(); err != nil || !j.db.Shared() {
		return err
	}
	if err := j.keepFile(ctx, j.copy.Path, j.copy.Digest); err != nil || j.keptCatalog() == "" || j.itsOwn {
		return err
	}
	return j.keepFile(ctx, j.s.Catalog, j.catalog.Digest)
}

// keptCatalog is the digest of the catalogue that the ledger keeps with the run's
// input; empty: there is none, or the ledger keeps none.
func (j *opened) keptCatalog() string {
	if j.catalog == nil || !j.db.Shared() {
		return ""
	}
	return j.catalog.Digest
}

// keepFile keeps a file's bytes in the ledger, if they are still those that were read.
func (j *opened) keepFile(ctx context.Context, name, digest string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := j.db.KeepInput(ctx, digest, file); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (j *opened) moveInput() error {
	inputs, err := InputsDir(j.p, j.ledger)
	if err != nil {
		return err
	}
	kept := filepath.Join(inputs, j.copy.Digest+".csv")
	if err := durable.MakeFolder(filepath.Dir(kept)); err != nil {
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
	if err := second.Keep(kept); err != nil {
		return err
	}
	j.copy.Path = kept
	return nil
}
