package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

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
const wholeMost = 2048

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
	var pages int
	if err := s.patiently(func() error { return s.one("PRAGMA page_count", &pages) }); err != nil {
		return err
	}
	if pages <= wholeMost {
		return s.patiently(s.checkWhole)
	}
	return s.checkSlices(ctx)
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
	otherIndex = "the acts and their index do not agree"
	otherKey   = "the acts and their unique key do not agree"
)

// agreements are what must be so in a ledger, and what is wrong where it is not.
// quick_check does not hold tables against indexes.
var agreements = []struct{ query, otherwise string }{
	{"SELECT " + fmt.Sprintf(indexed, "0", "9223372036854775807"), otherIndex},
	{"SELECT (SELECT count(*) FROM acts NOT INDEXED) = (SELECT count(*) FROM acts INDEXED BY acts_by_sim)", otherIndex},
	{"SELECT " + fmt.Sprintf(inKey, "0", "9223372036854775807", quoted(store.Barring)), otherKey},
	{fmt.Sprintf("SELECT (SELECT count(*) FROM acts NOT INDEXED WHERE +state IN (%[1]s)) = (SELECT count(*) FROM acts INDEXED BY acts_open_or_done WHERE state IN (%[1]s))",
		quoted(store.Barring)), otherKey},
	{"SELECT (SELECT count(*) FROM acts NOT INDEXED) = (SELECT count(*) FROM acts INDEXED BY acts_by_account)", otherIndex},
	{"SELECT NOT EXISTS (SELECT state, count(*), sum(id) FROM acts NOT INDEXED GROUP BY state EXCEPT SELECT state, acts, ids FROM totals)" +
		" AND (SELECT count(*) FROM acts NOT INDEXED) = (SELECT sum(acts) FROM totals)",
		"the acts are not as many as they were; the file is a copy that was made while it was written, or older acts are lost"},
	{"SELECT (SELECT coalesce(max(id), 0) FROM acts) <= coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'acts'), 0)" +
		" AND (SELECT coalesce(max(id), 0) FROM runs) <= coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'runs'), 0)",
		"its numbers go further than were given out"},
}

const (
	sliceActs = 4000
	sliceRest = 5 * time.Millisecond // for those who wait to write
	tries     = 3                    // of a check of a file that is written to meanwhile
)

// checkSlices does as checkWhole, as far as it bars commands, without holding
// the file for long. Where another process writes all the while, what can only
// be said of one moment is left to that process, which has checked the file.
func (s *Store) checkSlices(ctx context.Context) error {
	for try := 1; ; try++ {
		before, err := s.totals()
		if err != nil {
			return err
		}
		found, err := s.walk(ctx)
		if err != nil {
			return err
		}
		after, err := s.totals()
		switch {
		case err != nil:
			return err
		case before == after && found != before:
			return fmt.Errorf("%w: the acts are not as many as they were, or not all in their indexes", store.ErrCorrupt)
		case before == after || try == tries:
			return nil
		}
	}
}

// totals is what the ledger says of its acts: their number, the sum of their
// numbers, and how many of them are in the unique key.
type totals struct{ acts, ids, barring, inIndex int64 }

func (s *Store) totals() (t totals, err error) {
	err = s.patiently(func() error {
		return s.one(`SELECT coalesce(sum(acts), 0), coalesce(sum(ids), 0), coalesce(sum(acts) FILTER (WHERE state IN (`+quoted(store.Barring)+`)), 0) FROM totals`,
			&t.acts, &t.ids, &t.barring)
	})
	t.inIndex = t.acts
	return t, err
}

// walk goes through the acts and both indexes.
func (s *Store) walk(ctx context.Context) (t totals, err error) {
	walked := func(from int64) (to int64, err error) {
		var n, ids, barring int64
		var agree bool
		err = s.slice(ctx, fmt.Sprintf(`WITH part AS (SELECT id, state FROM acts NOT INDEXED WHERE id > ?1 ORDER BY id LIMIT %d)
			SELECT count(*), coalesce(sum(id), 0), coalesce(max(id), 0), coalesce(sum(state IN (%s)), 0) FROM part`, sliceActs, quoted(store.Barring)),
			[]any{from}, &n, &ids, &to, &barring)
		if err != nil || n == 0 {
			return 0, err
		}
		t.acts, t.ids, t.barring = t.acts+n, t.ids+ids, t.barring+barring
		for _, c := range []struct{ query, otherwise string }{
			{"SELECT " + fmt.Sprintf(indexed, "?1", "?2"), otherIndex},
			{"SELECT " + fmt.Sprintf(inKey, "?1", "?2", quoted(store.Barring)), otherKey},
		} {
			if err := s.slice(ctx, c.query, []any{from, to}, &agree); err != nil {
				return 0, err
			}
			if !agree {
				return 0, fmt.Errorf("%w: %s", store.ErrCorrupt, c.otherwise)
			}
		}
		return to, nil
	}
	for at, more := int64(0), true; more; more = at > 0 {
		if at, err = walked(at); err != nil {
			return t, err
		}
	}
	barring, err := s.walkIndex(ctx, "acts_open_or_done", " AND state IN ("+quoted(store.Barring)+")", "account, sim")
	if err != nil {
		return t, err
	}
	if t.inIndex, err = s.walkIndex(ctx, "acts_by_sim", "", "sim, account"); err != nil {
		return t, err
	}
	if barring != t.barring {
		t.inIndex = -1 // not all are in both
	}
	return t, nil
}

// walkIndex counts the entries of an index, a slice of its keys at a time.
func (s *Store) walkIndex(ctx context.Context, index, where, keys string) (all int64, err error) {
	after := []any{"", ""}
	for {
		var n int64
		var first, second string
		err := s.slice(ctx, fmt.Sprintf(`WITH part AS (SELECT %[3]s FROM acts INDEXED BY %[1]s WHERE (%[3]s) > (?1, ?2)%[2]s ORDER BY %[3]s LIMIT %[4]d)
			SELECT count(*), coalesce((SELECT max(%[5]s) FROM part), ''), coalesce((SELECT max(%[6]s) FROM part WHERE %[5]s = (SELECT max(%[5]s) FROM part)), '') FROM part`,
			index, where, keys, sliceActs, strings.Split(keys, ", ")[0], strings.Split(keys, ", ")[1]), after, &n, &first, &second)
		if err != nil {
			return all, err
		}
		if n < sliceActs {
			return all + n, nil
		}
		// The last key may have more entries than fitted: it is counted whole, the next time.
		var ofLast int64
		err = s.slice(ctx, fmt.Sprintf(`WITH part AS (SELECT %[3]s FROM acts INDEXED BY %[1]s WHERE (%[3]s) > (?1, ?2)%[2]s ORDER BY %[3]s LIMIT %[4]d)
			SELECT count(*) FROM part WHERE (%[3]s) = (?3, ?4)`, index, where, keys, sliceActs), append(after, first, second), &ofLast)
		if err != nil {
			return all, err
		}
		var whole int64
		err = s.slice(ctx, fmt.Sprintf(`SELECT count(*) FROM acts INDEXED BY %[1]s WHERE (%[3]s) = (?1, ?2)%[2]s`, index, where, keys), []any{first, second}, &whole)
		if err != nil {
			return all, err
		}
		all += n - ofLast + whole
		after = []any{first, second}
	}
}

// slice asks one question about a part, and leaves the file to others for a
// moment.
func (s *Store) slice(ctx context.Context, query string, args []any, into ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	stmt, err := s.prepare(query)
	if err != nil {
		return err
	}
	err = s.patiently(func() error { return stmt.QueryRowContext(context.Background(), args...).Scan(into...) })
	time.Sleep(sliceRest)
	return unreadable(err)
}

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
