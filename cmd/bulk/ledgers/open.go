package ledgers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

// OpenLedger opens a ledger for a command, saying what to do where it cannot.
func OpenLedger(ctx context.Context, p *settings.Sources, path string, options ledger.Options) (*ledger.DB, error) {
	options.Now, options.User, options.Host = p.Now, p.User(), console.Host()
	if options.Migrating == nil {
		options.Migrating = func(from, to int) { SayMigrating(p, path, from, to) }
	}
	if ledger.InDatabase(path) {
		var err error
		if options.Password, err = p.LedgerPassword(); err != nil {
			return nil, err
		}
	}
	db, err := ledger.Open(ctx, path, options)
	var problem *ledger.Problem
	var moved *ledger.Moved
	switch {
	case err == nil:
		return db, nil
	case errors.As(err, &moved):
		text := moved.Error()
		if moved.Word != "" {
			text += ": " + moved.Word
		}
		return nil, console.Refused(strings.Replace(text, "this ledger", "the ledger "+path, 1), "name that one: --ledger "+console.Shell(moved.To), "nothing was sent")
	case errors.As(err, &problem):
		s := console.Refused(problem.Text, problem.Hint, "nothing was sent")
		s.Cause = err
		return nil, s
	case errors.Is(err, ledger.ErrMissing):
		return nil, console.Refused(err.Error(), "look at --ledger; is its volume mounted?")
	case errors.Is(err, ledger.ErrCorrupt):
		return nil, console.Refused(err.Error(), "do not delete it: it says what was done to which SIM",
			"keep a copy, then bring back a backup or save what can be read: sqlite3 "+path+" .recover")
	case errors.Is(err, ledger.ErrNewer):
		return nil, console.Refused(err.Error(), "use the newer bulk")
	}
	return nil, console.Refused(err.Error(), "nothing was sent")
}

// OpenInUse opens a ledger that is to be written into: one that was closed from this
// machine, and is open because it was put back as it was before, is refused.
func OpenInUse(ctx context.Context, p *settings.Sources, path string) (*ledger.DB, error) {
	db, err := OpenLedger(ctx, p, path, ledger.Options{})
	if err != nil {
		return nil, err
	}
	if folder, err := p.Marks(""); err == nil {
		if err := Left(ctx, folder, db); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return db, nil
}

// SayMigrating says why a command takes its time.
func SayMigrating(p *settings.Sources, path string, from, to int) {
	fmt.Fprintf(p.Stderr, "bulk: the ledger %s is brought from schema %d to %d; a large one takes some minutes\n", path, from, to)
}

// Pruned says that a run's results are gone.
func Pruned(r ledger.RunInfo) string {
	switch {
	case r.LeftBehind():
		return "left in the ledger that it was carried from (" + r.Origin.Name + ")"
	case r.PrunedAt.IsZero():
		return "pruned"
	}
	return "pruned on " + console.Local(r.PrunedAt)
}

// Run gives a run of the ledger; the error is for the person who named it.
func Run(ctx context.Context, db *ledger.DB, id int64) (ledger.RunInfo, error) {
	info, found, err := db.Run(ctx, id)
	switch {
	case err != nil:
		return info, console.Broken(err)
	case !found:
		return info, console.Refused(fmt.Sprintf("the ledger has no run %d", id), "bulk runs lists those it has")
	}
	return info, nil
}
