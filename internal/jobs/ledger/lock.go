package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// ErrBusy is returned where another process runs on one of the accounts.
var ErrBusy = errors.New("another run holds the account")

const lockPoll = 250 * time.Millisecond

// Lock takes the accounts for this process, waiting for them at most wait. The
// operating system gives them back when the process ends, however it ends.
func (db *DB) Lock(ctx context.Context, accounts []string, wait time.Duration) (release func(), err error) {
	dir := db.lockFolder()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("locking the accounts: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, max(wait, lockPoll/2))
	defer cancel()
	var held []*flock.Flock
	release = func() {
		for _, l := range held {
			_ = l.Unlock()
		}
	}
	// In one order everywhere, or two processes could wait for each other.
	for _, account := range slices.Sorted(slices.Values(accounts)) {
		sum := sha256.Sum256([]byte(account))
		l := flock.New(filepath.Join(dir, "account-"+hex.EncodeToString(sum[:8])+".lock"), flock.SetPermissions(0o600))
		ok, err := l.TryLockContext(ctx, lockPoll)
		if !ok {
			release()
			if err == nil || errors.Is(err, context.DeadlineExceeded) {
				err = ErrBusy
			}
			return nil, fmt.Errorf("%s: %w", account, err)
		}
		held = append(held, l)
	}
	return release, nil
}
