package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
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
			return h.given
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
		if s.held[h.account] == h {
			delete(s.held, h.account)
			s.noteAlive()
			s.giveBack(h)
		}
	}
}

func (s *Store) giveBack(h *hold) {
	if s.write == nil || h.lost != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitLimit)
	defer cancel()
	_, err := s.write.Exec(ctx, `UPDATE claims SET since = NULL, beat = $3, alive = clock_timestamp() WHERE account = $1 AND epoch = $2`,
		h.account, h.epoch(), stamp(s.options.Now()))
	if err == nil {
		_, err = s.write.Exec(ctx, `SELECT pg_advisory_unlock($1, $2)`, classAccount, h.id)
	}
	if err != nil {
		s.drop() // with its session every lock ends
	}
}

// Hold is part of [store.Holder].
func (s *Store) Hold(ctx context.Context, accounts []string, wait time.Duration) (store.Claim, error) {
	c := &claim{store: s}
	waiting, cancel := context.WithTimeout(ctx, max(wait, lockLeast))
	defer cancel()
	// In one order everywhere, or two processes could wait for each other.
	for _, account := range slices.Compact(slices.Sorted(slices.Values(accounts))) {
		h, err := s.lock(waiting, account, wait)
		if err != nil {
			s.unlock(c.holds)
			return nil, s.whyNot(ctx, account, err)
		}
		c.holds = append(c.holds, h)
	}
	if err := s.claim(ctx, c); err != nil {
		s.unlock(c.holds)
		return nil, fmt.Errorf("taking the accounts: %w", err)
	}
	return c, nil
}

func (s *Store) unlock(holds []*hold) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range holds {
		delete(s.held, h.account)
		if s.write != nil {
			_, _ = s.write.Exec(context.Background(), `SELECT pg_advisory_unlock($1, $2)`, classAccount, h.id)
		}
	}
}

// whyNot says who holds an account that could not be had.
func (s *Store) whyNot(ctx context.Context, account string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", account, ctx.Err())
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("locking %s: %w", account, err)
	}
	by, err := s.claimed(ctx, account)
	if err != nil {
		by = store.Holding{}
	}
	return &store.BusyError{Account: account, By: by}
}

// lock takes the lock of an account, asking for it again until ctx ends.
func (s *Store) lock(ctx context.Context, account string, wait time.Duration) (*hold, error) {
	retry := lockPoll
	if wait < lockPoll {
		retry = lockRetry
	}
	for {
		h, err := s.tryLock(ctx, account)
		if h != nil || err != nil {
			return h, err
		}
		pause := time.NewTimer(retry)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil, context.DeadlineExceeded
		case <-pause.C:
		}
	}
}

// tryLock takes a lock if it is free; nil: it is not.
func (s *Store) tryLock(ctx context.Context, account string) (*hold, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Load() {
		return nil, errClosed
	}
	if s.held[account] != nil {
		return nil, nil // a session may take its own lock again
	}
	// What has begun is finished, or the session would be lost with it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	if err := s.again(ctx); err != nil {
		return nil, err
	}
	h := &hold{account: account}
	if err := s.known(ctx, h); err != nil {
		return nil, err
	}
	var had bool
	if err := s.write.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, $2)`, classAccount, h.id).Scan(&had); err != nil {
		return nil, err
	}
	if !had {
		return nil, s.endStuck(ctx, account)
	}
	s.held[account] = h // until it is claimed it has no epoch, and nothing is written under it
	return h, nil
}

// known finds the number of an account, or gives it one. Before a new name is
// there, what is being written under the others is finished: from then on every
// intent looks whether another name has an act that bars it.
func (s *Store) known(ctx context.Context, h *hold) error {
	err := s.write.QueryRow(ctx, `SELECT id FROM claims WHERE account = $1`, h.account).Scan(&h.id)
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	return pgx.BeginFunc(ctx, s.write, func(tx pgx.Tx) error {
		if err := addAccounts(ctx, tx, h.account); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT id FROM claims WHERE account = $1`, h.account).Scan(&h.id)
	})
}

func addAccounts(ctx context.Context, tx pgx.Tx, names ...string) error {
	if _, err := tx.Exec(ctx, `SELECT 1 FROM claims ORDER BY id FOR UPDATE`); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO claims (account) SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING`, names)
	return err
}

// endStuck ends the session of a holder that has not been heard of for long: the
// kernel of its machine may answer for it all the while. Only the very session
// that wrote the claim is ended.
func (s *Store) endStuck(ctx context.Context, account string) error {
	_, err := s.write.Exec(ctx, `SELECT pg_terminate_backend(a.pid) FROM claims c JOIN pg_stat_activity a ON a.pid = c.backend AND a.backend_start = c.backend_start
		WHERE c.account = $1 AND c.alive < clock_timestamp() - make_interval(secs => $2)`, account, stuckFor.Seconds())
	return err
}

// claim writes the claims down, and what earlier holders left on its way.
func (s *Store) claim(ctx context.Context, c *claim) error {
	if len(c.holds) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.write == nil {
		return errLost
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.write, func(tx pgx.Tx) error {
		c.doubted = 0
		if err := moved(ctx, tx); err != nil {
			return err
		}
		for _, h := range c.holds {
			if err := s.claimOne(ctx, tx, c, h); err != nil {
				return err
			}
		}
		return nil
	})
	s.lastBeat = s.options.Now()
	s.noteAlive()
	return err
}

func (s *Store) claimOne(ctx context.Context, tx pgx.Tx, c *claim, h *hold) error {
	err := tx.QueryRow(ctx, `UPDATE claims SET epoch = epoch + 1, run = 0, user_name = $2, host = $3, pid = $4, backend = $5, backend_start = $6,
		since = $7, beat = $7, alive = clock_timestamp() WHERE account = $1 RETURNING epoch`,
		h.account, s.options.User, s.options.Host, os.Getpid(), s.session.pid, s.session.started, stamp(s.options.Now())).Scan(&h.given)
	if err != nil {
		return err
	}
	h.epochs = []int64{h.given}
	left, err := readActs(ctx, tx, store.ActQuery{Account: h.account, States: []store.State{store.Intended}})
	if err != nil {
		return err
	}
	var records []*store.Record
	for i := range left {
		a := &left[i]
		if a.Epoch >= h.given {
			return fmt.Errorf("%w: an act is of epoch %d, the account's is %d", store.ErrCorrupt, a.Epoch, h.given)
		}
		r := &store.Record{Settle: &store.Settle{Act: a.ID, State: store.Unknown, Code: jobs.Interrupted, At: s.options.Now()}}
		if a.Seq >= 0 {
			r.Run, r.Data = a.Run, "{}"
			r.Row, r.Result = a.InDoubt()
		}
		records = append(records, r)
	}
	c.doubted += len(left)
	b := &batch{}
	for _, r := range records {
		b.record(r)
	}
	return b.send(ctx, tx)
}

// beats says from time to time that what holds accounts is alive.
func (s *Store) beats(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if mine := s.alive.Load(); mine != nil && len(mine.accounts) > 0 {
			limited, cancel := context.WithTimeout(ctx, beatEvery)
			_, _ = s.read.Exec(limited, beat, mine.accounts, mine.epochs, stamp(s.options.Now())) // one that fails is followed by another
			cancel()
		}
	}
}

// Holding is part of [store.Holder]. An account whose lock nobody has is nobody's,
// whatever the claim says: its holder died.
func (s *Store) Holding(ctx context.Context, account string) (store.Holding, bool, error) {
	by, err := s.claimed(ctx, account)
	if err != nil || by.Since.IsZero() {
		return store.Holding{}, false, err
	}
	var held bool
	err = s.reading(ctx, func(ctx context.Context) error {
		return s.read.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN claims c ON l.objid::bigint = c.id WHERE c.account = $1 AND l.locktype = 'advisory'
			AND l.classid::bigint = $2 AND l.objsubid = 2 AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
			account, int64(classAccount)).Scan(&held)
	})
	if err != nil || !held {
		return store.Holding{}, false, err
	}
	return by, true, nil
}

func (s *Store) claimed(ctx context.Context, account string) (store.Holding, error) {
	by := store.Holding{Account: account}
	err := s.reading(ctx, func(ctx context.Context) error {
		var since, heard *time.Time
		err := s.read.QueryRow(ctx, `SELECT epoch, run, user_name, host, pid, since, beat FROM claims WHERE account = $1`, account).
			Scan(&by.Epoch, &by.Run, &by.User, &by.Host, &by.PID, &since, &heard)
		by.Since, by.Beat = when(since), when(heard)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return by, err
}

// HoldRun is part of [store.Holder].
func (s *Store) HoldRun(ctx context.Context, run int64) (release func(), err error) {
	for deadline := time.Now().Add(lockLeast); ; {
		had, err := s.tryRun(ctx, run)
		switch {
		case err != nil:
			return nil, fmt.Errorf("locking run %d: %w", run, err)
		case had:
			return func() { s.releaseRun(run) }, nil
		case ctx.Err() != nil:
			return nil, fmt.Errorf("locking run %d: %w", run, ctx.Err())
		case time.Now().After(deadline):
			return nil, fmt.Errorf("run %d: %w", run, store.ErrBusy)
		}
		time.Sleep(lockRetry)
	}
}

func (s *Store) tryRun(ctx context.Context, run int64) (had bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Load() {
		return false, errClosed
	}
	if s.runs[run] {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	if err := s.again(ctx); err != nil {
		return false, err
	}
	err = s.write.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, $2)`, classRun, int32(run)).Scan(&had)
	if had {
		s.runs[run] = true
	}
	return had, err
}

func (s *Store) releaseRun(run int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.runs[run] {
		return
	}
	delete(s.runs, run)
	if s.write != nil {
		ctx, cancel := context.WithTimeout(context.Background(), commitLimit)
		defer cancel()
		if _, err := s.write.Exec(ctx, `SELECT pg_advisory_unlock($1, $2)`, classRun, int32(run)); err != nil {
			s.drop()
		}
	}
}
