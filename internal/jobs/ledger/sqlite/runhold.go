package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bulk/internal/jobs/durable"
	"bulk/internal/jobs/ledger/store"
)

// HoldRun is part of [store.Holder]. It is a lock of the operating system, in a
// file that is there as long as it is held.
func (s *Store) HoldRun(ctx context.Context, run int64) (release func(), err error) {
	if err := durable.MakeFolder(s.folder()); err != nil {
		return nil, fmt.Errorf("locking run %d: %w", run, err)
	}
	waiting, cancel := context.WithTimeout(ctx, lockLeast)
	defer cancel()
	h, err := lockFile(waiting, filepath.Join(s.folder(), fmt.Sprintf("run-%d.lock", run)), lockRetry)
	switch {
	case err == nil:
		return func() {
			// Taken away first: whoever locks it meanwhile sees that it is gone, and makes another.
			err := os.Remove(h.lock.Path())
			h.release()
			if err != nil { // Windows keeps what is open, and afterwards what another has opened
				_ = os.Remove(h.lock.Path())
			}
		}, nil
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("run %d: %w", run, store.ErrBusy)
	}
	return nil, fmt.Errorf("locking run %d: %w", run, err)
}
