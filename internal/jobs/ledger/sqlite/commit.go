package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"

	"bulk/internal/jobs/ledger/store"
)

// Commit is part of [store.Committer]. That the file is still in its place is
// looked at afterwards as well: only then is it sure that the commit went into
// a file that will be found again.
func (s *Store) Commit(_ context.Context, ops []store.Op) error {
	if len(ops) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.transact(func() error {
		for _, op := range ops {
			if err := s.apply(op); err != nil {
				return err
			}
		}
		return s.beat()
	})
	if err != nil {
		err = s.explain(err)
		s.sound = s.sound && !errors.Is(err, store.ErrCorrupt)
		return fmt.Errorf("writing the ledger: %w", err)
	}
	return nil
}

// transact makes one transaction. The lock on the file is taken at its start,
// not in the middle, where another reader could be in the way for good.
func (s *Store) transact(apply func() error) error {
	if s.conn == nil {
		return errClosed
	}
	if err := s.intact(); err != nil {
		return err
	}
	if err := s.patiently(func() error { return s.do("BEGIN IMMEDIATE") }); err != nil {
		return err
	}
	clear(s.newest)
	err := s.watch()
	if err == nil {
		err = apply()
	}
	if err == nil {
		err = s.patiently(func() error { return s.do("COMMIT") }) // one that could not is still open
	}
	if err != nil {
		_ = s.do("ROLLBACK") // SQLite may have done so already
		clear(s.asks)
		return err
	}
	s.log, _ = os.Stat(s.journalPath())
	s.seen, err = s.stat()
	return err
}
