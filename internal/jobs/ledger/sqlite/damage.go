package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"bulk/internal/jobs/ledger/store"
)

// explain turns SQLite's own words for damage into ErrCorrupt, and adds to
// those for a disk that takes nothing what is mostly the reason.
func explain(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%w: %w", store.ErrNoRoom, err)
	}
	return err
}

// damagedIf takes SQLite's word that a question cannot be asked for damage: the
// questions are right, so it is the file that is wrong.
func damagedIf(err error) error {
	if code(err) == sqlite3.SQLITE_ERROR {
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	return err
}

// unreadable is a value that is not of its column's kind.
func unreadable(err error) error {
	if err == nil || code(err) != 0 {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
}

func busy(err error) bool { return code(err) == sqlite3.SQLITE_BUSY }

// code is SQLite's primary result code; 0 where err is not SQLite's.
func code(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}
