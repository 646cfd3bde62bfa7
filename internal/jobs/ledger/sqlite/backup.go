package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"

	"bulk/internal/jobs/ledger/store"
)

const (
	backupPages    = 500              // copied at a time: the file is held for a few milliseconds
	backupPause    = time.Millisecond // for those who wait to write
	backupPatience = time.Minute      // for a moment in which nobody writes
)

// Backup is part of [store.BackerUp]. The file is held for a few milliseconds at a
// time; what another process writes meanwhile has it begin anew.
func (s *Store) Backup(ctx context.Context, into string) error {
	if _, err := os.Lstat(into); err == nil {
		return fmt.Errorf("%s exists already", into)
	}
	dir, err := os.MkdirTemp(filepath.Dir(into), ".backup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "ledger.db")
	if err := s.copyPages(ctx, made); err != nil {
		return err
	}
	if err := os.Chmod(made, 0o600); err != nil {
		return err
	}
	// What is kept for a bad day is looked at now.
	kept, err := Open(ctx, made, store.Options{Now: s.options.Now})
	if err != nil {
		return fmt.Errorf("the copy is not whole: %w", err)
	}
	if err := kept.Close(); err != nil {
		return err
	}
	file, err := os.OpenFile(made, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(fsync(file), file.Close()); err != nil {
		return err
	}
	if err := os.Link(made, into); err != nil { // unlike a rename it replaces nothing
		if err := os.Rename(made, into); err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(into))
}

// copying is a driver's connection that can be copied from.
type copying interface {
	NewBackup(uri string) (*sqlite.Backup, error)
}

func (s *Store) copyPages(ctx context.Context, into string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return errClosed
	}
	return s.conn.Raw(func(conn any) error {
		b, err := conn.(copying).NewBackup(into)
		if err != nil {
			return s.explain(err)
		}
		err = s.step(ctx, b)
		return errors.Join(err, b.Finish())
	})
}

func (s *Store) step(ctx context.Context, b *sqlite.Backup) error {
	for began := time.Now(); ; time.Sleep(backupPause) {
		more, err := b.Step(backupPages)
		switch {
		case err != nil && !busy(err):
			return s.explain(err)
		case err == nil && !more:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Since(began) > backupPatience:
			return fmt.Errorf("for %s there was no moment in which nobody wrote to it", backupPatience)
		}
	}
}
