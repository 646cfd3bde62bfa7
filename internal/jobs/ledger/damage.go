package ledger

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// explain turns SQLite's own words for damage into ErrCorrupt, and adds to
// those for a disk that takes nothing what is mostly the reason.
func explain(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
		return fmt.Errorf("the disk is full or cannot be written: %w", err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("another program has held the file for half a minute: %w", err)
	}
	return err
}

// noRoom tells whether a write failed since the disk, or a quota, is full:
// SQLite says so, or just that it could not write.
func noRoom(err error) bool {
	c := code(err)
	return c == sqlite3.SQLITE_FULL || c == sqlite3.SQLITE_IOERR
}

// code is SQLite's primary result code; 0 where err is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}
