package ledger

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed schema.sql
var schema string

const (
	applicationID = 0x62756c6b // "bulk", in the file's header
	schemaVersion = 1
)

// build makes an empty ledger beside path and puts it in place whole, so that a
// file without its schema is never a ledger to be. Where another process was
// first, its ledger stands.
func build(ctx context.Context, path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, filepath.Base(path)+".new-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if err := file.Close(); err != nil {
		return err
	}
	if err := lay(ctx, file.Name()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		// A file system without hard links.
		if err := os.Rename(file.Name(), path); err != nil {
			return err
		}
	}
	return syncFolder(dir)
}

// lay writes the schema into an empty file; all of it is on disk on return.
func lay(ctx context.Context, path string) error {
	handle, err := sql.Open("sqlite", source(path, "journal_mode(WAL)"))
	if err != nil {
		return err
	}
	handle.SetMaxOpenConns(1)
	_, err = handle.ExecContext(ctx, fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
		schema, applicationID, schemaVersion))
	return errors.Join(err, handle.Close())
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// check makes sure that the file is a ledger and whole, so that damage is met
// before anything is sent and not after. It walks all pages once, and holds the
// acts against their indexes: a command is barred by what is found in those.
func check(ctx context.Context, handle *sql.DB) error {
	err := examine(ctx, handle)
	if code(err) == sqlite3.SQLITE_ERROR { // these questions are right, so it is the file that is wrong
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

func examine(ctx context.Context, handle *sql.DB) error {
	var app, version, tables int
	row := handle.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
		(SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('runs', 'approvals', 'acts', 'results'))`)
	if err := row.Scan(&app, &version, &tables); err != nil {
		return err
	}
	switch {
	case app != applicationID:
		return ErrCorrupt
	case version > schemaVersion:
		return fmt.Errorf("%w (its schema is %d, this bulk knows %d)", ErrNewer, version, schemaVersion)
	case version != schemaVersion, tables != 4:
		return fmt.Errorf("%w: its tables are not those of a ledger", ErrCorrupt)
	}
	for _, pragma := range []string{"quick_check(1)", "integrity_check(acts)"} {
		var said string
		if err := handle.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&said); err != nil {
			return err
		}
		if said != "ok" {
			return fmt.Errorf("%w: %s", ErrCorrupt, said)
		}
	}
	return nil
}
