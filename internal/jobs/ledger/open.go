package ledger

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed schema.sql
var schema string

const (
	applicationID = 0x62756c6b // "bulk", in the file's header
	schemaVersion = 1
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
	file  os.FileInfo // what the file was when it was opened
	read  *sql.DB
	write *writer
	now   func() time.Time
}

// Open opens the ledger at path, making it (and its folder, private) where
// create says so. Errors wrap ErrMissing, ErrCorrupt or ErrNewer where that is
// what they are.
func Open(ctx context.Context, path string, create bool, now func() time.Time) (*DB, error) {
	if err := prepare(path, create); err != nil {
		return nil, fmt.Errorf("opening the ledger %s: %w", path, err)
	}
	db := &DB{path: path, now: now}
	if err := db.connect(ctx); err != nil {
		return nil, fmt.Errorf("opening the ledger %s: %w", path, explain(err))
	}
	return db, nil
}

// prepare makes sure that there is a file, and that it is private: SQLite would
// make it as the umask says.
func prepare(path string, create bool) error {
	_, err := os.Stat(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !create {
		return ErrMissing
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), syncFolder(filepath.Dir(path)))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// connect opens the two handles, checks the file, and brings an empty one up to
// the schema.
func (db *DB) connect(ctx context.Context) error {
	if err := checkHeader(db.path); err != nil {
		return err
	}
	handle, err := sql.Open("sqlite", source(db.path))
	if err != nil {
		return err
	}
	handle.SetMaxOpenConns(1)
	if err := settle(ctx, handle); err != nil {
		return errors.Join(err, handle.Close())
	}
	if db.read, err = sql.Open("sqlite", source(db.path)); err != nil {
		return errors.Join(err, handle.Close())
	}
	db.read.SetMaxOpenConns(2)
	if db.file, err = os.Stat(db.path); err != nil {
		return errors.Join(err, handle.Close(), db.read.Close())
	}
	db.write = startWriter(handle, db.intact)
	return nil
}

func source(path string) string {
	pragmas := url.Values{"_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "cache_size(-2000)", "temp_store(MEMORY)",
	}, "_txlock": {"immediate"}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: pragmas.Encode()}).String()
}

// checkHeader refuses a file that cannot be a ledger before SQLite may touch
// it. An empty file is a ledger to be.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	header := make([]byte, 16)
	if _, err := f.ReadAt(header, 0); err != nil || string(header) != "SQLite format 3\x00" {
		return ErrCorrupt
	}
	return nil
}

// settle checks what the file is and makes the schema where it is empty.
func settle(ctx context.Context, handle *sql.DB) error {
	tx, err := handle.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var app, version, tables int
	row := tx.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&app, &version, &tables); err != nil {
		return err
	}
	switch {
	case tables == 0 && app == 0:
		return create(ctx, tx)
	case app != applicationID:
		return ErrCorrupt
	case version > schemaVersion:
		return fmt.Errorf("%w (its schema is %d, this bulk knows %d)", ErrNewer, version, schemaVersion)
	}
	return check(ctx, tx)
}

func create(ctx context.Context, tx *sql.Tx) error {
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
	if _, err := tx.ExecContext(ctx, schema+marks); err != nil {
		return err
	}
	return tx.Commit()
}

// check walks the file's pages once, so that damage is met before anything is
// sent and not after.
func check(ctx context.Context, tx *sql.Tx) error {
	var said string
	if err := tx.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, said)
	}
	return tx.Commit()
}

// intact fails once the file is no longer the one that was opened: removed,
// replaced, or its volume gone. SQLite would go on writing into nowhere.
func (db *DB) intact() error {
	now, err := os.Stat(db.path)
	if err != nil {
		return fmt.Errorf("the ledger is gone: %w", err)
	}
	if !os.SameFile(db.file, now) {
		return fmt.Errorf("the ledger %s was replaced by another file while it was in use", db.path)
	}
	return nil
}

// Path is where the ledger is.
func (db *DB) Path() string { return db.path }

// Folder is the private folder beside the ledger for what belongs to it: the
// copies of inputs, and locks.
func (db *DB) Folder() string { return db.path + ".d" }

// Close writes what is left and closes the file.
func (db *DB) Close() error { return errors.Join(db.write.close(), db.read.Close()) }
