package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Errors that Open wraps.
var (
	ErrMissing = errors.New("the ledger file does not exist")
	ErrCorrupt = errors.New("the ledger file is damaged or is no ledger")
	ErrNewer   = errors.New("the ledger was written by a newer bulk")
)

// DB is an open ledger.
type DB struct {
	path  string
	real  string // without symbolic links
	files []opened
	read  *sql.DB
	write *writer
	met   *met
	now   func() time.Time

	reserve int64 // how much room is kept for the case that the disk fills up
}

// opened is a file as it was when the ledger was opened.
type opened struct {
	path string
	was  os.FileInfo
}

// Open opens the ledger at path, making it (and its folder, private) where
// create says so. Errors wrap ErrMissing, ErrCorrupt or ErrNewer where that is
// what they are.
func Open(ctx context.Context, path string, create bool, now func() time.Time) (*DB, error) {
	db := &DB{path: path, now: now, met: newMet(), reserve: reserveSize}
	if err := db.open(ctx, create); err != nil {
		return nil, fmt.Errorf("opening the ledger %s: %w", path, explain(err))
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, create bool) error {
	err := look(db.path)
	if errors.Is(err, ErrMissing) && create {
		err = build(ctx, db.path)
	}
	if err != nil {
		return err
	}
	if db.real, err = filepath.EvalSymlinks(db.path); err != nil {
		return err
	}
	if err := checkLog(db.real + "-wal"); err != nil {
		return err
	}
	return db.connect(ctx)
}

// unheld lets the writer go without the schema's CHECKs, which are for other
// programs: SQLite would make a table of the states for each row. They are held
// against everything at the next opening.
const unheld = "ignore_check_constraints(ON)"

// leastSize is that of the smallest SQLite page: no database is smaller.
const leastSize = 512

// look refuses what cannot be a ledger before SQLite may touch it. An empty
// file is none: it would be filled without a word, and what it once held be
// forgotten. Nor is a write-ahead log without its ledger.
func look(path string) error {
	info, err := os.Stat(path)
	log, logErr := os.Stat(path + "-wal")
	logged := logErr == nil && log.Size() > 0
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if logged {
			return fmt.Errorf("%w: its file is gone but %s-wal, which belongs to it, is there", ErrCorrupt, filepath.Base(path))
		}
		return ErrMissing
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: it is not an ordinary file", ErrCorrupt)
	case info.Size() == 0:
		return fmt.Errorf("%w: it is empty", ErrCorrupt)
	case info.Size() < leastSize, info.Size()%leastSize != 0 && !logged: // a log may have the rest
		return fmt.Errorf("%w: it is cut short, %d bytes long", ErrCorrupt, info.Size())
	}
	return nil
}

// connect opens the two handles and checks the file.
func (db *DB) connect(ctx context.Context) (err error) {
	if db.read, err = sql.Open("sqlite", source(db.real)); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(2)
	if err := check(ctx, db.read); err != nil {
		return errors.Join(err, db.read.Close())
	}
	// Only now that it is known to be a ledger may anything of it be changed.
	handle, err := sql.Open("sqlite", source(db.real, "journal_mode(WAL)", unheld))
	if err != nil {
		return errors.Join(err, db.read.Close())
	}
	handle.SetMaxOpenConns(1)
	// Connected here, so that the write-ahead log is there to be looked at.
	err = handle.PingContext(ctx)
	if err == nil {
		err = db.remember()
	}
	if err != nil {
		return errors.Join(err, handle.Close(), db.read.Close())
	}
	db.write = startWriter(handle, db.intact, db.giveUpRoom)
	return nil
}

// remember notes which files these are.
func (db *DB) remember() error {
	for _, path := range []string{db.real, db.real + "-wal"} {
		was, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: it takes no write-ahead log", ErrCorrupt) // its header says what no header of ours does
		}
		if err != nil {
			return err
		}
		db.files = append(db.files, opened{path, was})
	}
	return nil
}

// source names the database for the driver. Another process may hold the file
// for a while: prune, a person with the sqlite3 command.
func source(path string, pragmas ...string) string {
	values := url.Values{"_pragma": append([]string{
		"busy_timeout(30000)", "synchronous(FULL)", "fullfsync(ON)", "foreign_keys(ON)", "cache_size(-2000)", "temp_store(MEMORY)",
	}, pragmas...)}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: values.Encode()}).String()
}

// intact fails once the file is no longer the one that was opened: removed,
// replaced, or its volume gone. SQLite would go on writing into nowhere.
func (db *DB) intact() error {
	for _, file := range db.files {
		now, err := os.Stat(file.path)
		if err != nil {
			return fmt.Errorf("the ledger is gone: %w", err)
		}
		if !os.SameFile(file.was, now) {
			return fmt.Errorf("the ledger's file %s was replaced by another one while it was in use", file.path)
		}
	}
	return nil
}

// explain does as the function does; but where the file is no longer the one
// that was opened, that is the reason, whatever SQLite says.
func (db *DB) explain(err error) error {
	if gone := db.intact(); gone != nil {
		return gone
	}
	return explain(err)
}

// Path is where the ledger is.
func (db *DB) Path() string { return db.path }

// Folder is the private folder beside the ledger for what belongs to it: the
// copies of inputs.
func (db *DB) Folder() string { return db.path + ".d" }

// lockFolder is where the locks are: the same folder under whichever name the
// ledger was opened.
func (db *DB) lockFolder() string { return db.real + ".d" }

// Close writes what is left and closes the file.
func (db *DB) Close() error { return errors.Join(db.write.close(), db.read.Close()) }
