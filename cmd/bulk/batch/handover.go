package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// byWorkers refuses to hand a run over by a ledger that no worker could read.
func (j *loaded) byWorkers() error {
	if !j.s.ByWorkers() || ledger.InDatabase(j.ledgerPath) {
		return nil
	}
	return console.Misused("--engine %s needs a ledger that workers share: --ledger postgres://HOST/DATABASE", j.s.Engine)
}

// mayWait reports whether the run may be handed over without an approval, which
// somebody gives it later: nobody is asked here.
func (j *Job) mayWait() bool { return j.s.ByWorkers() && j.s.Detach && !j.s.Yes && !j.u.Interactive() }

// handOver gives the run to workers, unless they have it already, and waits for it to
// end, unless nobody is to.
func (j *begun) handOver(ctx context.Context) error {
	if !j.p.Watching.Away() {
		return context.Canceled // by a signal, which is what the person is told
	}
	if !j.theirs {
		if err := j.give(ctx); err != nil {
			return console.Refused(err.Error(), "nothing was sent; the run was not handed over")
		}
	}
	j.summedUp = true // from here on it is for the worker that ends it to tell
	waits := j.changes.waits
	switch {
	case j.theirs:
		j.u.Say("run %d is with the workers already", j.run.ID)
	case waits:
		j.u.Say("run %d would change %s for good and waits for an approval: bulk runs approve %d --approve %s%s", j.run.ID, Counted(j.changes.total), j.run.ID,
			j.copy.Digest, j.ledgerFlag())
	default:
		j.u.Say("run %d is handed to the workers: %s", j.run.ID, console.Plural(j.survey.Selected, "row", "rows"))
	}
	if j.s.Detach {
		_, err := fmt.Fprintln(j.p.Stdout, j.run.ID)
		j.u.Say("wait for it, and have its result file: bulk runs wait %d -o %s%s", j.run.ID, console.Shell(j.output), j.ledgerFlag())
		return err
	}
	return j.follow(ctx)
}

// give keeps what a worker needs and writes the handover down. It is the last thing:
// before it no worker knows of the run.
func (j *begun) give(ctx context.Context) error {
	h := settings.Handed{Flags: j.s.Handed, Output: j.output, Pictures: j.pictures}
	if at, flag, set := j.s.Deadline(j.started); set {
		h.Deadline, h.DeadlineFlag = at.UTC(), flag
	}
	var err error
	if h.Catalog, err = j.keepFile(ctx, j.s.Catalog); err != nil {
		return err
	}
	if h.CurrentGroups, err = j.keepFile(ctx, j.s.CurrentIn); err != nil {
		return err
	}
	handover := ledger.Handover{Run: j.run.ID, Job: h.Text(), Waits: j.changes.waits}
	for _, digest := range []string{h.Catalog, h.CurrentGroups} {
		if digest != "" {
			handover.Files = append(handover.Files, digest)
		}
	}
	if err := j.db.Want(ctx, j.run.ID, WantRun, j.p.User(), ""); err != nil {
		return err
	}
	return j.db.HandOver(ctx, handover)
}

// keepFile keeps a file's bytes in the ledger, and gives their digest; empty where
// none is named.
func (j *begun) keepFile(ctx context.Context, name string) (digest string, err error) {
	if name == "" {
		return "", nil
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	digest = hex.EncodeToString(hash.Sum(nil))
	return digest, j.db.KeepInput(ctx, digest, file)
}

// withWorkers decides, where an unfinished run was handed to workers, what is to be
// done with it: true: they have it, and it is waited for; false: it is to be handed
// over, or done here, like any other.
func (j *approved) withWorkers(ctx context.Context, last ledger.RunInfo) (bool, error) {
	h, handed, err := j.db.HandoverOf(ctx, last.ID)
	switch {
	case err != nil:
		return false, console.Refused(err.Error(), "nothing was sent")
	case !handed || !h.Over.IsZero():
		return false, nil
	case !j.s.ByWorkers():
		return false, console.Refused(fmt.Sprintf("run %d of this input is with the workers", last.ID),
			"wait for it: bulk runs wait "+strconv.FormatInt(last.ID, 10)+j.ledgerFlag(), "to do it here instead, cancel it first: bulk runs cancel "+strconv.FormatInt(last.ID, 10)+j.ledgerFlag())
	}
	j.theirs, j.unfinished = true, &last
	return true, nil
}

// CancelTheirs ends a run that was handed over and that no worker is at; one that is
// there ends it.
func CancelTheirs(ctx context.Context, db *ledger.DB, run int64) error {
	release, err := db.HoldRun(ctx, run)
	if err != nil {
		if errors.Is(err, ledger.ErrBusy) {
			return nil
		}
		return err
	}
	defer release()
	wanted, _, err := db.Wanted(ctx, run)
	if err == nil {
		err = db.HandBack(ctx, run, said(wanted), string(runner.Interrupted))
	}
	return err
}

// AtWork reports whether a worker is at a run now.
func AtWork(ctx context.Context, db *ledger.DB, run int64) bool {
	release, err := db.HoldRun(ctx, run)
	if err == nil {
		release()
	}
	return errors.Is(err, ledger.ErrBusy)
}
