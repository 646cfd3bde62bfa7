package ledger

import (
	"context"
	"fmt"
	"io"
	"io/fs"

	"bulk/internal/jobs/ledger/store"
)

// Shared reports whether several machines work by this ledger: it is no file.
func (db *DB) Shared() bool {
	_, shared := db.store.(store.Keeper)
	return shared
}

// Warning is what whoever sends by the ledger should know of it, in words; empty:
// nothing.
func (db *DB) Warning(ctx context.Context) (string, error) {
	if w, ok := db.store.(store.Warner); ok {
		return w.Warning(ctx)
	}
	return "", nil
}

// KeepInput keeps the bytes of a run's input in a ledger that is shared, known by
// their SHA-256. Beside a file they are kept in a folder, by whoever runs.
func (db *DB) KeepInput(ctx context.Context, digest string, from io.ReadSeeker) error {
	if keeper, ok := db.store.(store.Keeper); ok {
		return keeper.KeepInput(ctx, digest, from)
	}
	return nil
}

// Input writes what a ledger keeps of an input. The error wraps fs.ErrNotExist
// where it keeps nothing.
func (db *DB) Input(ctx context.Context, digest string, into io.Writer) error {
	if keeper, ok := db.store.(store.Keeper); ok {
		return keeper.Input(ctx, digest, into)
	}
	return fmt.Errorf("the ledger is a file and keeps no inputs: %w", fs.ErrNotExist)
}

// DropInputs drops the inputs that are not needed, see [DB.Prune], and counts
// them.
func (db *DB) DropInputs(ctx context.Context, needed []string) (int, error) {
	if keeper, ok := db.store.(store.Keeper); ok {
		return keeper.DropInputs(ctx, needed)
	}
	return 0, nil
}
