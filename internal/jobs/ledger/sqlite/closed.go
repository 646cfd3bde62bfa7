package sqlite

import (
	"context"
	"fmt"

	"bulk/internal/jobs/ledger/store"
)

// closedVersion is the schema of a ledger that was closed. A program that does not
// know it takes the ledger for a newer one's, and leaves it alone.
const closedVersion = 1000

// shut closes the ledger. Whoever holds an account loses it, and claim gives none
// away any more.
func (s *Store) shut(op *store.Close) error {
	m := op.Moved
	for _, text := range []string{
		`CREATE TABLE moved (one INTEGER PRIMARY KEY CHECK (one = 1), "to" TEXT NOT NULL, by_user TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL) STRICT`,
		`UPDATE claims SET epoch = epoch + 1, since = NULL`,
		`PRAGMA user_version = 1000`,
	} {
		if _, err := s.conn.ExecContext(context.Background(), text); err != nil {
			return err
		}
	}
	_, err := s.conn.ExecContext(context.Background(), `INSERT INTO moved (one, "to", by_user, reason, at) VALUES (1, ?, ?, ?, ?)`, m.To, m.User, m.Word, stamp(m.At))
	return err
}

// closedAt is the schema of a ledger that was closed, which no longer says so.
func (s *Store) closedAt() (version int, err error) {
	err = s.patiently(func() error {
		return s.one(fmt.Sprintf(`SELECT CASE WHEN EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'asks') THEN %d ELSE 2 END`, schemaVersion), &version)
	})
	return version, err
}

// moved is where a closed ledger's history goes on.
func (s *Store) moved() error {
	m := &store.MovedError{}
	var at string
	if err := s.one(`SELECT "to", by_user, reason, at FROM moved`, &m.To, &m.User, &m.Word, &at); err != nil {
		return err
	}
	m.At = unstamp(at)
	return m
}

// stillOpen fails where the ledger was closed meanwhile.
func (s *Store) stillOpen() error {
	var version int
	if err := s.one(`PRAGMA user_version`, &version); err != nil || version != closedVersion {
		return err
	}
	return s.moved()
}
