package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"bulk/internal/jobs/ledger/store"
)

const (
	busyTimeout = 100 * time.Millisecond // how long SQLite itself waits for another program, at a time
	saidAfter   = 2 * time.Second        // when it is first said that a write waits
	saidEvery   = 30 * time.Second
)

// Store is an open ledger file.
type Store struct {
	options store.Options
	path    string
	real    string      // without symbolic links
	was     os.FileInfo // the file that was opened
	log     os.FileInfo // its journal, after the last commit
	made    bool        // by this process

	mu       sync.Mutex // one connection, for one at a time
	pool     *sql.DB
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	held     map[string]*hold // by account
	asks     map[asked]int64  // their numbers
	newest   map[int64]int    // the newest start of runs, within a transaction
	lastBeat time.Time

	large bool        // too large to be checked whole
	sound bool        // it was checked, or left so, and only this store has written into it since
	since int64       // the moment of that
	seen  os.FileInfo // the file when it was last looked at
}

// hold is an account that this process holds: the lock of the operating system,
// which ends with the process however that ends, and the epoch of its claim,
// which nobody can take away unnoticed.
type hold struct {
	account string
	lock    *flock.Flock
	file    os.FileInfo // the lock's file
	epoch   int64
}

// asked is what was asked of an account.
type asked struct{ account, action, group string }

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

// explain does as the function does; but where the file is no longer the one
// that was opened, that is the reason, whatever SQLite says.
func (s *Store) explain(err error) error {
	if s.was != nil && err != nil {
		if gone := s.intact(); gone != nil {
			return gone
		}
	}
	return explain(err)
}

// folder is the private folder beside the ledger for what belongs to it: the
// same under whichever name it was opened.
func (s *Store) folder() string { return s.real + ".d" }

func (s *Store) journalPath() string { return s.real + "-journal" }

// source names the database for the driver.
func source(path string) string {
	values := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "synchronous(FULL)", "fullfsync(ON)", "foreign_keys(ON)",
		"cache_size(-4000)", "temp_store(MEMORY)", "journal_size_limit(16777216)", "recursive_triggers(OFF)",
	}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: values.Encode()}).String()
}

// intact fails once the file is no longer the one that was opened: removed,
// replaced, or its volume gone. SQLite would go on writing into nowhere.
func (s *Store) intact() error {
	_, err := s.stat()
	return err
}

// stat looks at the file, which must be the one that was opened.
func (s *Store) stat() (os.FileInfo, error) {
	now, err := os.Stat(s.real)
	if err != nil {
		return nil, fmt.Errorf("the ledger is gone: %w", err)
	}
	if !os.SameFile(s.was, now) {
		return nil, fmt.Errorf("the ledger's file %s was replaced by another one while it was in use", s.real)
	}
	return now, nil
}

// dropJournal takes the journal of a ledger that is gone away too, if it is still
// that one: what is in the file, which is open, can then be read for the last
// time, for the result file. With the journal SQLite would look for its ledger.
func (s *Store) dropJournal() bool {
	if _, err := os.Stat(s.real); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	now, err := os.Stat(s.journalPath())
	return err == nil && s.log != nil && os.SameFile(s.log, now) && os.Remove(s.journalPath()) == nil
}

// moment changes whenever another connection has changed the file.
func (s *Store) moment() (at int64, err error) {
	err = s.patiently(func() error {
		return s.conn.QueryRowContext(context.Background(), "PRAGMA data_version").Scan(&at)
	})
	return at, err
}
