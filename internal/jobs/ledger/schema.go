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
	"regexp"
	"strings"
	"sync"
)

//go:embed schema.sql
var schema string

const (
	applicationID = 0x62756c6b // "bulk", in the file's header
	schemaVersion = 1          // of schema.sql: whatever changes there but comments makes a new one
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

// rightSchema is what schemaOf gives for a sound ledger.
var rightSchema = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for statement := range strings.SplitSeq(comment.ReplaceAllString(schema, ""), ";") {
		words := strings.Fields(statement)
		if len(words) == 0 {
			continue
		}
		kind, name := strings.ToLower(words[1]), words[2] // CREATE TABLE runs (…
		table := name
		if kind == "index" {
			table = words[4] // CREATE INDEX runs_by_digest ON runs (…
		}
		all[kind+" "+name+" "+table] = essence(statement)
	}
	return all
})

// schemaOf gives the essence of each table, index and view.
func schemaOf(ctx context.Context, handle *sql.DB) (map[string]string, error) {
	rows, err := handle.QueryContext(ctx, `SELECT type || ' ' || name || ' ' || tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		all[name] = essence(text)
	}
	return all, rows.Err()
}

var comment = regexp.MustCompile(`--[^\n]*`)

// essence is a statement without its comments and line breaks, which may change
// from version to version.
func essence(statement string) string {
	return strings.Join(strings.Fields(comment.ReplaceAllString(statement, "")), " ")
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
