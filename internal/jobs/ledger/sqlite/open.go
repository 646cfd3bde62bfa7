package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"bulk/internal/jobs/ledger/store"
)

// leastOutage is how long a write waits where Options say nothing.
const leastOutage = 30 * time.Second

// Open opens the ledger at path, making it (and its folder, private) where the
// options say so; one of an older schema is migrated, with a copy kept beside
// it. Errors wrap store.ErrMissing, ErrCorrupt or ErrNewer where that is what
// they are.
func Open(ctx context.Context, path string, options store.Options) (*Store, error) {
	if options.MaxOutage <= 0 {
		options.MaxOutage = leastOutage
	}
	s := &Store{options: options, path: path, prepared: map[string]*sql.Stmt{}, held: map[string]*hold{}, asks: map[asked]int64{}, newest: map[int64]int{}}
	if err := s.open(ctx); err != nil {
		return nil, fmt.Errorf("opening the ledger %s: %w", path, s.explain(err))
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	sweep(s.path)
	err := look(s.path)
	if errors.Is(err, store.ErrMissing) && s.options.Create {
		s.made, err = build(ctx, s.path, s.options.Now())
	}
	if err != nil {
		return err
	}
	if s.real, err = filepath.EvalSymlinks(s.path); err != nil {
		return err
	}
	if s.was, err = os.Stat(s.real); err != nil {
		return err
	}
	if err := s.alone(); err != nil {
		return err
	}
	if err := damagedIf(s.connect(ctx)); err != nil {
		return errors.Join(err, s.disconnect())
	}
	return nil
}

// leastSize is that of the smallest SQLite page: no database is smaller.
const leastSize = 512

// look refuses what cannot be a ledger before SQLite may touch it. An empty
// file is none: it would be filled without a word, and what it once held be
// forgotten. Nor is a journal without its ledger, which would be played back
// into a new one.
func look(path string) error {
	info, err := os.Stat(path)
	log, logErr := os.Stat(path + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		for _, suffix := range []string{"-journal", "-wal"} {
			if left, err := os.Stat(path + suffix); err == nil && left.Size() > 0 {
				return fmt.Errorf("%w: its file is gone but %s, which belongs to it, is there", store.ErrCorrupt, left.Name())
			}
		}
		return store.ErrMissing
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: it is not an ordinary file", store.ErrCorrupt)
	case info.Size() == 0:
		return fmt.Errorf("%w: it is empty", store.ErrCorrupt)
	case info.Size() < leastSize, info.Size()%leastSize != 0 && (logErr != nil || log.Size() == 0): // schema 1: its log may have the rest
		return fmt.Errorf("%w: it is cut short, %d bytes long", store.ErrCorrupt, info.Size())
	}
	return nil
}

// aloneFor is how long a second name of the file may be that of its making,
// which another process has not taken away yet.
const aloneFor = time.Second

// alone refuses a ledger with a second hard link: under each name SQLite would
// keep a journal of its own, and the locks would be beside each.
func (s *Store) alone() error {
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		names, err := hardLinks(s.real)
		switch {
		case err != nil:
			return err
		case names <= 1:
			return nil
		case time.Since(began) > aloneFor:
			return fmt.Errorf("%w: the file has %d names (hard links), and under each its journal and locks would be others; "+
				"remove all but one (find -samefile lists them)", errLinked, names)
		}
		sweep(s.path)
	}
}

var errLinked = errors.New("the ledger file has a second hard link")

// connect makes the one connection, and checks the file.
func (s *Store) connect(ctx context.Context) (err error) {
	if s.pool, err = sql.Open("sqlite", source(s.real)); err != nil {
		return err
	}
	s.pool.SetMaxOpenConns(1)
	err = s.patiently(func() (err error) {
		s.conn, err = s.pool.Conn(context.WithoutCancel(ctx))
		return err
	})
	if err != nil {
		return err
	}
	version, err := s.recognise()
	if err != nil {
		return err
	}
	if version < schemaVersion {
		if err := s.migrate(ctx, version); err != nil {
			return fmt.Errorf("migrating it from schema %d to %d: %w", version, schemaVersion, err)
		}
	}
	s.sweepCopies()
	// Only now that it is known to be a ledger may anything of it be changed.
	if err := s.journal("persist"); err != nil {
		return err
	}
	return s.check(ctx)
}

// journal sets how commits are made safe. It waits for others that have the
// file open as a database with a write-ahead log.
func (s *Store) journal(mode string) error {
	return s.patiently(func() error {
		var is string
		if err := s.conn.QueryRowContext(context.Background(), "PRAGMA journal_mode="+mode).Scan(&is); err != nil {
			return err
		}
		if is != mode {
			return fmt.Errorf("the ledger's journal stays %s where it should be %s; another program has it open", is, mode)
		}
		return nil
	})
}

// Close gives back the accounts and closes the file. A ledger that this process
// made and wrote nothing into is taken away again: tomorrow it would look like
// one with a clean history.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return nil
	}
	for _, h := range s.held {
		h.release()
	}
	clear(s.held)
	empty := s.made && s.unused()
	if s.intact() == nil {
		_ = s.journal("delete") // its file goes; where another program is in the way, it stays
	}
	left := s.left()
	err := s.disconnect()
	if left != "" && err == nil {
		s.leave(left)
	}
	if empty && s.intact() == nil {
		err = errors.Join(err, os.Remove(s.real))
		s.removeCompanions()
	}
	return err
}

// removeCompanions takes away what was beside a ledger that is no more. Whoever
// waits for one of its locks finds the ledger gone.
func (s *Store) removeCompanions() {
	_ = os.Remove(s.journalPath())
	locks, _ := filepath.Glob(filepath.Join(quoteGlob(s.folder()), "account-*.lock")) // the pattern is right
	for _, path := range append(locks, s.reservePath(), s.folder()) {
		_ = os.Remove(path) // the folder only if nothing else is in it
	}
}

func (s *Store) disconnect() error {
	var errs []error
	for _, stmt := range s.prepared {
		errs = append(errs, stmt.Close())
	}
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	if s.pool != nil {
		errs = append(errs, s.pool.Close())
	}
	s.conn, s.pool = nil, nil
	return errors.Join(errs...)
}

// unused reports whether nothing was ever written down.
func (s *Store) unused() bool {
	var unused bool
	err := s.conn.QueryRowContext(context.Background(), `SELECT NOT EXISTS (SELECT 1 FROM runs) AND NOT EXISTS (SELECT 1 FROM links)
		AND (SELECT init_by FROM meta) = ''`).Scan(&unused)
	return err == nil && unused
}
