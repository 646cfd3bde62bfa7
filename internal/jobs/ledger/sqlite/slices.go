package sqlite

import (
	"context"
	"fmt"
	"maps"
	"time"

	"bulk/internal/jobs/ledger/store"
)

const (
	sliceActs = 4000
	sliceRest = 5 * time.Millisecond // for those who wait to write
	tries     = 3                    // of a check of a file that is written to meanwhile
)

// totals is how many acts are in each state, and the sum of their numbers.
type totals map[store.State][2]int64

// checkSlices does as checkWhole for the acts and what bars commands, without
// holding the file for long. It does not look at the results, which bar nothing.
// Where another process writes all the while, what can only be said of one
// moment is left to that process, which has checked the file.
func (s *Store) checkSlices(ctx context.Context) error {
	for try := 1; ; try++ {
		before, err := s.totals()
		if err != nil {
			return err
		}
		found, indexed, err := s.walk(ctx)
		if err != nil {
			return err
		}
		after, err := s.totals()
		switch still := maps.Equal(before, after); {
		case err != nil:
			return err
		case still && !maps.Equal(found, before):
			return fmt.Errorf("%w: %s", store.ErrCorrupt, otherTotals)
		case still && indexed != "":
			return fmt.Errorf("%w: %s", store.ErrCorrupt, indexed)
		case still || try == tries:
			return nil
		}
	}
}

// totals reads what the ledger says of its acts.
func (s *Store) totals() (all totals, err error) {
	err = s.patiently(func() error {
		all = totals{}
		return s.list(context.Background(), "SELECT state, acts, ids FROM totals WHERE acts > 0", nil, all.take)
	})
	return all, err
}

// take adds a state's acts.
func (t totals) take(scan scanner) error {
	var state store.State
	var acts, ids int64
	err := scan(&state, &acts, &ids)
	t[state] = [2]int64{t[state][0] + acts, t[state][1] + ids}
	return err
}

// ofKinds: each value of an act is of its column's kind.
const ofKinds = `NOT EXISTS (SELECT 1 FROM acts WHERE id > %[1]s AND id <= %[2]s AND NOT (
	typeof(run) = 'integer' AND typeof(result) = 'integer' AND typeof(line) = 'integer' AND typeof(epoch) = 'integer' AND typeof(account) = 'text'
	AND typeof(iccid) = 'text' AND typeof(sim) = 'text' AND typeof(action) = 'text' AND typeof("group") = 'text' AND typeof(found_group) = 'text'
	AND typeof(state) = 'text' AND typeof(was) = 'text' AND typeof(intent_at) = 'text' AND typeof(settled_at) IN ('text', 'null')
	AND typeof(replaces) IN ('integer', 'null')))`

// walk goes through the acts and their indexes. It gives what it found, and what
// is wrong with an index, if that is not only that acts were added meanwhile.
func (s *Store) walk(ctx context.Context) (found totals, indexed string, err error) {
	found = totals{}
	for from, to := int64(0), int64(0); ; from = to {
		if to, err = s.walkActs(ctx, from, found); err != nil {
			return nil, "", err
		}
		if to == 0 {
			break
		}
	}
	var acts, barring int64
	for _, t := range found {
		acts += t[0]
	}
	for _, state := range store.Barring {
		barring += found[state][0]
	}
	for _, index := range []struct {
		name, where, keys, otherwise string
		want                         int64
	}{
		{"acts_by_sim", "", "sim, account", otherIndex, acts},
		{"acts_by_account", "", "account, id", otherIndex, acts},
		{"acts_open_or_done", " AND state IN (" + quoted(store.Barring) + ")", "account, sim", otherKey, barring},
	} {
		n, err := s.walkIndex(ctx, index.name, index.where, index.keys)
		if err != nil {
			return nil, "", err
		}
		if n != index.want {
			indexed = index.otherwise
		}
	}
	var given bool
	if err := s.slice(ctx, numbersGivenOut, nil, &given); err != nil {
		return nil, "", err
	}
	if !given {
		return nil, "", fmt.Errorf("%w: %s", store.ErrCorrupt, otherNumbers)
	}
	return found, indexed, nil
}

// walkActs looks at the next acts; 0: there are none.
func (s *Store) walkActs(ctx context.Context, from int64, found totals) (to int64, err error) {
	err = s.slice(ctx, fmt.Sprintf(`SELECT coalesce(max(id), 0) FROM (SELECT id FROM acts NOT INDEXED WHERE id > ?1 ORDER BY id LIMIT %d)`, sliceActs),
		[]any{from}, &to)
	if err != nil || to == 0 {
		return 0, err
	}
	for _, c := range []struct{ query, otherwise string }{
		{ofKinds, "an act has a value of another kind"}, {indexed, otherIndex}, {inKey, otherKey},
	} {
		query := "SELECT " + fmt.Sprintf(c.query, "?1", "?2")
		if c.query == inKey {
			query = "SELECT " + fmt.Sprintf(c.query, "?1", "?2", quoted(store.Barring))
		}
		var agree bool
		if err := s.slice(ctx, query, []any{from, to}, &agree); err != nil {
			return 0, err
		}
		if !agree {
			return 0, fmt.Errorf("%w: %s", store.ErrCorrupt, c.otherwise)
		}
	}
	part := totals{}
	err = s.patiently(func() error {
		clear(part)
		return s.list(ctx, "SELECT state, count(*), sum(id) FROM acts NOT INDEXED WHERE id > ? AND id <= ? GROUP BY state", []any{from, to}, part.take)
	})
	for state, t := range part {
		found[state] = [2]int64{found[state][0] + t[0], found[state][1] + t[1]}
	}
	return to, err
}

// walkIndex counts the entries of an index, a slice of its keys at a time.
func (s *Store) walkIndex(ctx context.Context, index, where, keys string) (all int64, err error) {
	part := fmt.Sprintf(`SELECT %[3]s FROM acts INDEXED BY %[1]s WHERE (%[3]s) > (?1, ?2)%[2]s ORDER BY %[3]s LIMIT %[4]d`, index, where, keys, sliceActs)
	first, second := any(""), any("")
	for {
		var n int64
		if err := s.slice(ctx, "SELECT count(*) FROM ("+part+")", []any{first, second}, &n); err != nil {
			return all, err
		}
		if n < sliceActs {
			return all + n, nil
		}
		// The last key may have more entries than fitted: it is counted whole.
		var to, toSecond any
		last := fmt.Sprintf("SELECT * FROM (%s) LIMIT 1 OFFSET %d", part, sliceActs-1)
		if err := s.slice(ctx, last, []any{first, second}, &to, &toSecond); err != nil {
			return all, err
		}
		err := s.slice(ctx, fmt.Sprintf(`SELECT count(*) FROM acts INDEXED BY %[1]s WHERE (%[3]s) > (?1, ?2) AND (%[3]s) <= (?3, ?4)%[2]s`, index, where, keys),
			[]any{first, second, to, toSecond}, &n)
		if err != nil {
			return all, err
		}
		all, first, second = all+n, to, toSecond
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
