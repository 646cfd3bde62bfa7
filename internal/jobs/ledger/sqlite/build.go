package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/google/uuid"

	"bulk/internal/jobs"
	"bulk/internal/jobs/durable"
)

// schema is that of a ledger. What is about results can be made anew by itself.
var schema = schemaBut + resultsSchema

//go:embed schema.sql
var schemaBut string

//go:embed results.sql
var resultsSchema string

const (
	applicationID = 0x62756c6b // "bulk", in the file's header
	schemaVersion = 3          // of schema.sql and results.sql: whatever changes there but comments makes a new one
)

// building is what a ledger is called while it is made.
const building = ".new-"

// build makes an empty ledger beside path and puts it in place whole, so that a
// file without its schema is never a ledger to be. Where another process was
// first, its ledger stands.
func build(ctx context.Context, path string, now time.Time) (made bool, err error) {
	dir := filepath.Dir(path)
	if err := durable.MakeFolder(dir); err != nil {
		return false, err
	}
	file, err := os.CreateTemp(dir, filepath.Base(path)+building+"*") // 0600
	if err != nil {
		return false, err
	}
	defer os.Remove(file.Name())
	if err := file.Close(); err != nil {
		return false, err
	}
	if err := lay(ctx, file.Name(), now); err != nil {
		return false, err
	}
	err = os.Link(file.Name(), path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil: // a file system without hard links
		if err := os.Rename(file.Name(), path); err != nil {
			return false, err
		}
	}
	return true, syncFolder(dir)
}

// lay writes the schema into an empty file; all of it is on disk on return.
func lay(ctx context.Context, path string, now time.Time) error {
	pool, err := sql.Open("sqlite", source(path))
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	_, err = pool.ExecContext(ctx, "BEGIN IMMEDIATE;"+schema+headers()+"INSERT INTO meta (one, id, made_at) VALUES (1, ?, ?); COMMIT;",
		uuid.NewString(), jobs.Stamp(now))
	return errors.Join(err, pool.Close())
}

func headers() string {
	return fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
}

// leftFor is how old a ledger in the making must be to have been left by a
// process that was killed: it takes a moment to make one.
const leftFor = 10 * time.Minute

// sweep takes away what processes left beside the ledger that were killed while
// they made one.
func sweep(path string) {
	left, _ := filepath.Glob(quoteGlob(path) + building + "*") // the pattern is right
	ledger, err := os.Stat(path)
	for _, name := range left {
		info, statErr := os.Stat(name)
		if statErr != nil {
			continue
		}
		if time.Since(info.ModTime()) > leftFor || err == nil && os.SameFile(ledger, info) {
			_ = os.Remove(name)
		}
	}
}

// quoteGlob takes a path for what it says.
func quoteGlob(path string) string {
	if runtime.GOOS == "windows" {
		return path // there \ separates and cannot quote
	}
	var quoted []byte
	for i := range len(path) {
		switch path[i] {
		case '*', '?', '[', '\\':
			quoted = append(quoted, '\\')
		}
		quoted = append(quoted, path[i])
	}
	return string(quoted)
}

// fsync is what syncs; tests count its calls.
var fsync = func(file *os.File) error { return file.Sync() }

// syncFolder has the names in a folder on disk. On Windows a folder cannot be
// synced, and its names are journaled.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(fsync(d), d.Close())
}
