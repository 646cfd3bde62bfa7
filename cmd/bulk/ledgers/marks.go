package ledgers

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/ledger"
	ledgermark "bulk/internal/jobs/ledger/mark"
)

// markedLedger is a ledger as package mark asks it.
type markedLedger struct{ db *ledger.DB }

func (l markedLedger) Identity() string { return l.db.ID() }

func (l markedLedger) Place() string { return StandsAt(l.db.Path()) }

func (l markedLedger) ActAt(ctx context.Context, number int64) (ledgermark.Act, bool, error) {
	a, found, err := l.db.ActAt(ctx, number)
	return markAct(a), found, err
}

func (l markedLedger) LastAct(ctx context.Context, account string) (ledgermark.Act, bool, error) {
	a, found, err := l.db.LastAct(ctx, account)
	return markAct(a), found, err
}

func (l markedLedger) LossAccepted(ctx context.Context, account string) (at time.Time, err error) {
	losses, err := l.db.Losses(ctx, account)
	for _, loss := range losses {
		if loss.At.After(at) {
			at = loss.At
		}
	}
	return at, err
}

func markAct(a ledger.ActInfo) ledgermark.Act {
	return ledgermark.Act{Number: a.ID, SIM: a.ICCID, At: a.At}
}

// StandsAt is a ledger's path without symbolic links, as far as it is there; a
// database's address as it is.
func StandsAt(path string) string {
	if ledger.InDatabase(path) {
		return path
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// UnreadableMarks refuses to go on where there may be a mark that says otherwise.
func UnreadableMarks(err error) error {
	hint := "look at the folder, and at --mark-dir"
	if errors.Is(err, ledgermark.ErrDamaged) {
		hint = "do you know that this ledger is the newest copy? then delete that file"
	}
	return console.Refused(err.Error(), "whether the ledger is the newest copy cannot be checked", hint, "nothing was sent")
}

// Left refuses a ledger that was closed from this machine, and is open because it was put
// back as it was before.
func Left(ctx context.Context, folder ledgermark.Folder, db *ledger.DB) error {
	moved, closed, err := folder.Closed(ctx, db.ID())
	switch {
	case err != nil:
		return UnreadableMarks(err)
	case !closed:
		return nil
	}
	return console.Refused(fmt.Sprintf("the ledger %s was closed from this machine on %s: its history goes on in %s", db.Path(), console.UTC(moved.At), moved.To),
		"this is a copy of it from before, which knows nothing of what was done since", "name that one: --ledger "+console.Shell(moved.To),
		"do you mean to go on with this one all the same? then delete "+console.Shell(folder.File(moved)), "nothing was sent")
}

// MissingActs says what a ledger lacks, and what there is to do.
func MissingActs(path, account string, found ledgermark.Finding) (text string, hints []string) {
	m := found.Missing
	act := fmt.Sprintf("act %d for SIM %s of %s on %s", m.Act.Number, m.Act.SIM, console.UTC(m.Act.At), account)
	accept := "is it gone for good? then bulk ledger accept-loss says so; it asks which inputs were run since, and leaves their SIMs in doubt"
	if found.Swapped {
		return fmt.Sprintf("the ledger %s is another one than this machine saw there: %s is not in it", path, act), []string{
			"is its volume mounted? was it deleted, and another one made in its place? what was done would be done a second time",
			"bring the other one back, or, if it is elsewhere now, name it with --ledger", accept}
	}
	return fmt.Sprintf("the ledger %s is not what this machine saw: %s is not in it, or not as it was", path, act), []string{
		"was it restored from a backup, or is it a copy that was made before? what was done since would be done a second time",
		"bring back its newest copy, or name it with --ledger", accept}
}
