package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"bulk/internal/jobs/ledger/store"
)

// recognise makes sure that the file is a ledger, and gives its schema.
func (s *Store) recognise() (version int, err error) {
	var app int
	err = s.patiently(func() error {
		return s.conn.QueryRowContext(context.Background(),
			`SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version)`).Scan(&app, &version)
	})
	switch {
	case err != nil:
		return 0, err
	case app != applicationID:
		return 0, store.ErrCorrupt
	case version == closedVersion && s.options.Closed:
		return s.closedAt()
	case version == closedVersion:
		return 0, s.moved()
	case version > schemaVersion:
		return 0, fmt.Errorf("%w (its schema is %d, this bulk knows %d)", store.ErrNewer, version, schemaVersion)
	case version < 1:
		return 0, fmt.Errorf("%w: there never was a schema %d", store.ErrCorrupt, version)
	}
	return version, nil
}

// wholeMost is how many pages are checked in one go: that takes less than the
// time for which a command may hold the file. A larger file is checked slice by
// slice, its acts and what bars commands alone.
var wholeMost = 2048

// check makes sure that the file is whole, so that damage is met before
// anything is sent and not after.
func (s *Store) check(ctx context.Context) error {
	var have map[string]string
	err := s.patiently(func() (err error) {
		have, err = schemaOf(s.conn)
		return err
	})
	if err != nil {
		return err
	}
	right, err := rightSchema()
	if err != nil {
		return err
	}
	for name, text := range right { // more, such as an index of one's own, does no harm
		if have[name] != text {
			return fmt.Errorf("%w: its %s is not that of a ledger", store.ErrCorrupt, name)
		}
	}
	if !s.sound { // else it was just migrated
		if err := s.fromNowOn(); err != nil {
			return err
		}
	}
	var pages int
	if err := s.patiently(func() error { return s.one("PRAGMA page_count", &pages) }); err != nil {
		return err
	}
	if s.large = pages > wholeMost; !s.large {
		return s.patiently(s.checkWhole)
	}
	return s.checkLarge(ctx)
}

// checkLarge checks the acts and their indexes, unless the file is as it was left
// when they were known to be sound. Who only looks stands on none of them.
func (s *Store) checkLarge(ctx context.Context) error {
	if s.sound = s.sound || s.asLeft(); !s.sound && !s.options.Look {
		if err := s.checkSlices(ctx); err != nil {
			return err
		}
	}
	for _, c := range atOnce {
		var agree bool
		if err := s.patiently(func() error { return s.one(c.query, &agree) }); err != nil {
			return err
		}
		if !agree {
			return fmt.Errorf("%w: %s", store.ErrCorrupt, c.otherwise)
		}
	}
	return nil
}

// atOnce is what each opening of a large file asks: it takes no time.
var atOnce = []agreement{
	{numbersGivenOut, otherNumbers},
	{openIndexed, otherIndex},
}

// checkWhole looks at one moment of the file.
func (s *Store) checkWhole() (err error) {
	if err := s.do("BEGIN"); err != nil {
		return err
	}
	defer func() { _ = s.do("ROLLBACK") }() // nothing was changed
	var said string
	if err := s.one("PRAGMA quick_check(1)", &said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", store.ErrCorrupt, said)
	}
	for _, c := range agreements {
		var agree bool
		if err := s.one(c.query, &agree); err != nil {
			return err
		}
		if !agree {
			return fmt.Errorf("%w: %s", store.ErrCorrupt, c.otherwise)
		}
	}
	return nil
}

// indexed: each act is found where a command for its SIM would look; barring:
// and where the unique key does.
const (
	indexed = `NOT EXISTS (SELECT 1 FROM acts AS a NOT INDEXED WHERE a.id > %[1]s AND a.id <= %[2]s AND NOT EXISTS (
		SELECT 1 FROM acts AS b INDEXED BY acts_by_sim WHERE b.sim = a.sim AND b.account = a.account AND b.action = a.action
			AND b.state = a.state AND b."group" = a."group" AND b.found_group = a.found_group AND b.id = a.id))`
	inKey = `NOT EXISTS (SELECT 1 FROM acts AS a NOT INDEXED WHERE a.id > %[1]s AND a.id <= %[2]s AND +a.state IN (%[3]s) AND NOT EXISTS (
		SELECT 1 FROM acts AS b INDEXED BY acts_open_or_done WHERE b.account = a.account AND b.sim = a.sim AND b.action = a.action
			AND b.state IN (%[3]s) AND b.id = a.id))`
	numbersGivenOut = `SELECT (SELECT coalesce(max(id), 0) FROM acts) <= coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'acts'), 0)
		AND (SELECT coalesce(max(id), 0) FROM runs) <= coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0)`
	otherIndex   = "the acts and their index do not agree"
	otherKey     = "the acts and their unique key do not agree"
	otherTotals  = "the acts are not as many as they were; the file is a copy that was made while it was written, or older acts are lost"
	otherNumbers = "its numbers go further than were given out"
)

// agreements are what must be so in a ledger, and what is wrong where it is not.
// quick_check does not hold tables against indexes.
var agreements = []agreement{
	{"SELECT " + fmt.Sprintf(indexed, "0", "9223372036854775807"), otherIndex},
	{"SELECT (SELECT count(*) FROM acts NOT INDEXED) = (SELECT count(*) FROM acts INDEXED BY acts_by_sim)", otherIndex},
	{"SELECT " + fmt.Sprintf(inKey, "0", "9223372036854775807", quoted(store.Barring)), otherKey},
	{fmt.Sprintf("SELECT (SELECT count(*) FROM acts NOT INDEXED WHERE +state IN (%[1]s)) = (SELECT count(*) FROM acts INDEXED BY acts_open_or_done WHERE state IN (%[1]s))",
		quoted(store.Barring)), otherKey},
	{"SELECT (SELECT count(*) FROM acts NOT INDEXED) = (SELECT count(*) FROM acts INDEXED BY acts_by_account)", otherIndex},
	{"SELECT NOT EXISTS (SELECT state, count(*), sum(id) FROM acts NOT INDEXED GROUP BY state EXCEPT SELECT state, acts, ids FROM totals)" +
		" AND (SELECT count(*) FROM acts NOT INDEXED) = (SELECT sum(acts) FROM totals)",
		otherTotals},
	{openIndexed, otherIndex},
	{numbersGivenOut, otherNumbers},
}

type agreement struct{ query, otherwise string }

// openIndexed: what is in doubt is listed, all of it.
var openIndexed = fmt.Sprintf("SELECT (SELECT count(*) FROM acts INDEXED BY acts_open WHERE state IN (%[1]s)) = (SELECT sum(acts) FROM totals WHERE state IN (%[1]s))",
	quoted(store.Doubtful))

// asker is a connection, or a pool of them.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rightSchema is what schemaOf gives for a sound ledger.
var rightSchema = sync.OnceValues(func() (map[string]string, error) {
	pool, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1) // each connection would have a database of its own
	if _, err := pool.ExecContext(context.Background(), schema); err != nil {
		return nil, err
	}
	return schemaOf(pool)
})

// schemaOf gives the essence of each table, index, trigger and view.
func schemaOf(from asker) (map[string]string, error) {
	rows, err := from.QueryContext(context.Background(), `SELECT type || ' ' || name || ' ' || tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, unreadable(err)
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
