package sqlite

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

	"bulk/internal/jobs"
	"bulk/internal/jobs/durable"
	"bulk/internal/jobs/ledger/store"
)

const (
	lockPoll  = 250 * time.Millisecond
	lockLeast = 60 * time.Millisecond // somebody may just be looking whether it is free
	lockRetry = 10 * time.Millisecond
	beatEvery = 5 * time.Second
)

// claim is what Hold gives.
type claim struct {
	store   *Store
	holds   []*hold
	doubted int
}

func (c *claim) Epoch(account string) int64 {
	for _, h := range c.holds {
		if h.account == account {
			return h.epoch
		}
	}
	return 0
}

func (c *claim) Doubted() int { return c.doubted }

// Release gives the accounts back. That nobody holds them is written down where
// it can be; the lock says so in any case.
func (c *claim) Release() {
	s := c.store
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range c.holds {
		if s.held[h.account] != h {
			continue // closed meanwhile
		}
		delete(s.held, h.account)
		if s.conn != nil {
			_ = s.transact(func() error { return s.giveBack(h) })
		}
		h.release()
	}
}

func (s *Store) giveBack(h *hold) error {
	return s.do(`UPDATE claims SET since = NULL, beat = ? WHERE account = ? AND epoch = ?`, stamp(s.options.Now()), h.account, h.epoch)
}

func (h *hold) release() { _ = h.lock.Unlock() }

// Hold is part of [store.Holder].
func (s *Store) Hold(ctx context.Context, accounts []string, wait time.Duration) (store.Claim, error) {
	c := &claim{store: s}
	ok := false
	defer func() {
		if !ok {
			for _, h := range c.holds {
				h.release()
			}
		}
	}()
	if err := durable.MakeFolder(s.folder()); err != nil {
		return nil, fmt.Errorf("locking the accounts: %w", err)
	}
	waiting, cancel := context.WithTimeout(ctx, max(wait, lockLeast))
	defer cancel()
	// In one order everywhere, or two processes could wait for each other.
	for _, account := range slices.Compact(slices.Sorted(slices.Values(accounts))) {
		h, err := s.lock(waiting, account, wait)
		if err != nil {
			return nil, s.whyNot(ctx, account, err)
		}
		c.holds = append(c.holds, h)
	}
	if err := s.claim(c); err != nil {
		return nil, fmt.Errorf("taking the accounts: %w", s.explain(err))
	}
	ok = true
	return c, nil
}

// whyNot says who holds an account that could not be had.
func (s *Store) whyNot(ctx context.Context, account string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", account, ctx.Err())
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("locking %s: %w", account, err)
	}
	by, err := s.claimed(account)
	if err != nil {
		by = store.Holding{}
	}
	return &store.BusyError{Account: account, By: by}
}

// lock takes the lock of an account. One whose file was replaced while it was
// waited for is nobody's, and is tried again.
func (s *Store) lock(ctx context.Context, account string, wait time.Duration) (*hold, error) {
	retry := lockPoll
	if wait < lockPoll {
		retry = lockRetry
	}
	h, err := lockFile(ctx, s.lockPath(account), retry)
	if err == nil {
		h.account = account
	}
	return h, err
}

func lockFile(ctx context.Context, path string, retry time.Duration) (*hold, error) {
	for {
		h := &hold{lock: flock.New(path, flock.SetPermissions(0o600))}
		ok, err := h.lock.TryLockContext(ctx, retry)
		if !ok {
			if err == nil {
				err = context.DeadlineExceeded
			}
			return nil, err
		}
		if h.file, err = h.lock.Stat(); err == nil && h.intact() {
			return h, nil
		}
		h.release()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (s *Store) lockPath(account string) string {
	sum := sha256.Sum256([]byte(account))
	return filepath.Join(s.folder(), "account-"+hex.EncodeToString(sum[:8])+".lock")
}

// intact reports whether the lock's file is the one that others would lock.
func (h *hold) intact() bool {
	now, err := os.Stat(h.lock.Path())
	return err == nil && os.SameFile(h.file, now)
}

// claim writes the claims down, and what earlier holders left on its way.
func (s *Store) claim(c *claim) error {
	if len(c.holds) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.transact(func() error {
		c.doubted = 0
		if err := s.stillOpen(); err != nil {
			return err
		}
		for _, h := range c.holds {
			if err := s.claimOne(c, h); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, h := range c.holds {
		s.held[h.account] = h
	}
	s.lastBeat = s.options.Now()
	return nil
}

func (s *Store) claimOne(c *claim, h *hold) error {
	ctx, now := context.Background(), s.options.Now()
	err := s.conn.QueryRowContext(ctx, `INSERT INTO claims (account, epoch, user, host, pid, since, beat) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?5)
		ON CONFLICT (account) DO UPDATE SET epoch = epoch + 1, run = 0, user = ?2, host = ?3, pid = ?4, since = ?5, beat = ?5 RETURNING epoch`,
		h.account, s.options.User, s.options.Host, os.Getpid(), stamp(now)).Scan(&h.epoch)
	if err != nil {
		return err
	}
	left, err := s.acts(ctx, store.ActQuery{Account: h.account, States: []store.State{store.Intended}})
	for i := range left {
		if left[i].Epoch >= h.epoch {
			return fmt.Errorf("%w: an act is of epoch %d, the account's is %d", store.ErrCorrupt, left[i].Epoch, h.epoch)
		}
		if err := s.doubt(&left[i], now); err != nil {
			return err
		}
		c.doubted++
	}
	return err
}

// doubt marks an act, and its row, that its holder left on its way.
func (s *Store) doubt(a *store.Act, now time.Time) error {
	err := s.settle(&store.Settle{Act: a.ID, State: store.Unknown, Code: jobs.Interrupted, At: now})
	if err != nil || a.Seq < 0 {
		return err
	}
	row, result := a.InDoubt()
	return s.record(&store.Record{Run: a.Run, Row: row, Result: result, Data: "{}"})
}

// fenced says why no intent may be written under an epoch; nil: it may.
func (s *Store) fenced(account string, epoch int64) error {
	h := s.held[account]
	if h == nil || h.epoch != epoch {
		return fmt.Errorf("%s: %w", account, store.ErrFenced)
	}
	if !h.intact() {
		return fmt.Errorf("%s: %w: its lock, %s, was removed or replaced", account, store.ErrFenced, h.lock.Path())
	}
	by, err := s.claimedNow(account)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w: %w", account, store.ErrFenced, err)
	case by.Epoch != epoch && by.Run != 0:
		return fmt.Errorf("%s: %w: run %d, %s@%s, has taken it over", account, store.ErrFenced, by.Run, by.User, by.Host)
	case by.Epoch != epoch:
		return fmt.Errorf("%s: %w: %s@%s has taken it over", account, store.ErrFenced, by.User, by.Host)
	}
	return nil
}

// beat writes down, with a commit that is made anyway, that the holder is alive.
func (s *Store) beat() error {
	now := s.options.Now()
	if len(s.held) == 0 || now.Sub(s.lastBeat) < beatEvery {
		return nil
	}
	s.lastBeat = now
	for _, h := range s.held {
		if err := s.do(`UPDATE claims SET beat = ? WHERE account = ? AND epoch = ?`, stamp(now), h.account, h.epoch); err != nil {
			return err
		}
	}
	return nil
}

// Holding is part of [store.Holder]. A lock that can be had is nobody's,
// whatever the claim says: its holder died.
func (s *Store) Holding(_ context.Context, account string) (store.Holding, bool, error) {
	by, err := s.claimed(account)
	if err != nil || by.Since.IsZero() {
		return store.Holding{}, false, err
	}
	s.mu.Lock()
	mine := s.held[account] != nil
	s.mu.Unlock()
	if mine {
		return by, true, nil
	}
	if _, err := os.Stat(s.lockPath(account)); err != nil {
		return store.Holding{}, false, nil // looking makes nothing
	}
	lock := flock.New(s.lockPath(account), flock.SetPermissions(0o600))
	free, err := lock.TryLock()
	_ = lock.Unlock()
	if err != nil || free {
		return store.Holding{}, false, err
	}
	return by, true, nil
}

func (s *Store) claimed(account string) (store.Holding, error) {
	var by store.Holding
	err := s.reading(context.Background(), func() (err error) {
		by, err = s.claimedNow(account)
		return err
	})
	return by, err
}

func (s *Store) claimedNow(account string) (store.Holding, error) {
	by := store.Holding{Account: account}
	err := s.list(context.Background(), `SELECT epoch, run, user, host, pid, coalesce(since, ''), beat FROM claims WHERE account = ?`, []any{account},
		func(scan scanner) error {
			var since, beat string
			err := scan(&by.Epoch, &by.Run, &by.User, &by.Host, &by.PID, &since, &beat)
			by.Since, by.Beat = unstamp(since), unstamp(beat)
			return err
		})
	return by, err
}
