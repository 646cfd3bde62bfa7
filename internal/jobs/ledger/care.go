package ledger

import (
	"context"
	"errors"

	"bulk/internal/jobs/ledger/store"
)

// ErrNotHere: the place that the ledger is kept in does not offer that.
var ErrNotHere = errors.New("a ledger that is kept here does not offer that")

// Facts says what the ledger is kept in.
func (db *DB) Facts(ctx context.Context) ([]Fact, error) {
	if d, ok := db.store.(store.Describer); ok {
		return d.Facts(ctx)
	}
	return nil, nil
}

// Verify looks through all of the ledger. told hears of each part, with how many
// rows were looked at so far.
func (db *DB) Verify(ctx context.Context, told func(what string, rows int64)) error {
	if v, ok := db.store.(store.Verifier); ok {
		return v.Verify(ctx, told)
	}
	return ErrNotHere
}

// Backup copies the ledger, while it is in use, into a file that is not there yet.
func (db *DB) Backup(ctx context.Context, into string) error {
	if b, ok := db.store.(store.BackerUp); ok {
		return b.Backup(ctx, into)
	}
	return ErrNotHere
}

// ShareFor is how long a process counts that does not say any more that it calls an
// account.
const ShareFor = store.ShareFor

// Share notes that this process calls an account, at most so many times a second, and
// gives how many processes do so now, by a ledger that is shared, and the lowest of
// their rates. It is to be said again and again, see store.ShareFor.
func (db *DB) Share(ctx context.Context, account string, rate float64) (processes int, lowest float64, err error) {
	if s, ok := db.store.(store.Sharer); ok {
		return s.Share(ctx, db.oneName(account), rate)
	}
	return 1, rate, nil
}

// Unshare notes that this process calls an account no more.
func (db *DB) Unshare(ctx context.Context, account string) error {
	if s, ok := db.store.(store.Sharer); ok {
		return s.Unshare(ctx, db.oneName(account))
	}
	return nil
}

// EndHolder ends the session of whoever holds an account and is not heard of any
// more. The error is a [*BusyError] where the holder is alive, and wraps ErrFree
// where there is none.
func (db *DB) EndHolder(ctx context.Context, account string) error {
	if r, ok := db.store.(store.Releaser); ok {
		return r.End(ctx, db.oneName(account))
	}
	return ErrNotHere
}
