package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"bulk/internal/jobs/ledger/store"
)

const (
	busyTimeout = 100 * time.Millisecond // how long SQLite itself waits for another program, at a time
	saidAfter   = 2 * time.Second        // when it is first said that a write waits
	saidEvery   = 30 * time.Second
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
		return fmt.Errorf("writing the ledger: %w", s.explain(err))
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
	err := apply()
	if err == nil {
		err = s.patiently(func() error { return s.do("COMMIT") }) // one that could not is still open
	}
	if err != nil {
		_ = s.do("ROLLBACK") // SQLite may have done so already
		return err
	}
	s.log, _ = os.Stat(s.journalPath())
	return s.intact()
}

var errClosed = errors.New("the ledger is closed")

// patiently tries again as long as another program holds the file.
func (s *Store) patiently(try func() error) error {
	began, said := time.Now(), saidAfter
	for {
		err := try()
		if !busy(err) {
			return err
		}
		waited := time.Since(began)
		if waited >= s.options.MaxOutage {
			return fmt.Errorf("another program has held the file for %s: %w", waited.Round(time.Second), err)
		}
		if gone := s.intact(); gone != nil {
			return gone
		}
		if waited >= said && s.options.Waiting != nil {
			s.options.Waiting(waited)
			said += saidEvery
		}
		time.Sleep(time.Millisecond)
	}
}

// do executes a statement with a text that is always the same.
func (s *Store) do(text string, args ...any) error {
	_, err := s.exec(text, args...)
	return err
}

// exec does so, and gives its result. A context that can end would have the
// driver start a goroutine to watch it.
func (s *Store) exec(text string, args ...any) (sql.Result, error) {
	stmt, err := s.prepare(text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(context.Background(), args...)
}

// prepare keeps a statement for the next time.
func (s *Store) prepare(text string) (*sql.Stmt, error) {
	if stmt, ok := s.prepared[text]; ok {
		return stmt, nil
	}
	stmt, err := s.conn.PrepareContext(context.Background(), text)
	if err == nil {
		s.prepared[text] = stmt
	}
	return stmt, err
}

// changed executes a statement and reports whether it changed anything.
func (s *Store) changed(text string, args ...any) (bool, error) {
	done, err := s.exec(text, args...)
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}
