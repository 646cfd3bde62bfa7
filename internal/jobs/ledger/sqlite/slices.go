package sqlite

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"time"

	"bulk/internal/jobs/ledger/store"
)

const (
	sliceActs = 4000
	sliceRest = 2 * time.Millisecond // for those who wait to write
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
		if err := s.fromNowOn(); err != nil {
			return err
		}
		before, err := s.totals()
		if err != nil {
			return err
		}
		found, wrong, err := s.walk(ctx)
		if err != nil {
			return err
		}
		after, err := s.totals()
		if err != nil {
			return err
		}
		walking("end")
		now, err := s.moment()
		if err != nil {
			return err
		}
		still := maps.Equal(before, after)
		if still && !maps.Equal(found, before) {
			wrong = otherTotals
		}
		switch {
		case wrong == "", !still && try == tries:
			s.sound = wrong == "" // where others have written since it began, nobody leaves it so
			return nil
		case now == s.since, still && try == tries:
			return fmt.Errorf("%w: %s", store.ErrCorrupt, wrong)
		}
	}
}

// walking hears how far a walk has come; tests count them, and write meanwhile.
var walking = func(at string) {}

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
const ofKinds = `typeof(run) = 'integer' AND typeof(result) = 'integer' AND typeof(line) = 'integer' AND typeof(epoch) = 'integer' AND typeof(account) = 'text'
	AND typeof(iccid) = 'text' AND typeof(sim) = 'text' AND typeof(action) = 'text' AND typeof("group") = 'text' AND typeof(found_group) = 'text'
	AND typeof(state) = 'text' AND typeof(was) = 'text' AND typeof(intent_at) = 'text' AND typeof(settled_at) IN ('text', 'null')
	AND typeof(replaces) IN ('integer', 'null')`

// actIndexes are those of the acts that decide, or say, whether a SIM may be sent a
// command. An index and the table are gone through once each, in their own order:
// to look every act up in every index takes ten times as long.
var actIndexes = []struct {
	name, otherwise string
	keys            []int // of actTexts
	states          []store.State
}{
	{"acts_by_sim", otherIndex, []int{sim, account, action, state, group, found}, store.States},
	{"acts_by_account", otherIndex, []int{account}, store.States},
	{"acts_open", otherIndex, []int{account}, store.Doubtful},
	{"acts_open_or_done", otherKey, []int{account, sim, action}, store.Barring},
}

// actTexts are the columns that are in those indexes.
var actTexts = []string{"sim", "account", "action", "state", `"group"`, "found_group"}

const (
	sim = iota
	account
	action
	state
	group
	found
)

// digest is the sum of what each entry of an index comes to, in whatever order.
type digest struct {
	seed    maphash.Seed
	entries int64
	sum     uint64
	text    []byte
}

func (d *digest) add(keys []string, id int64) {
	d.text = binary.LittleEndian.AppendUint64(d.text[:0], uint64(id))
	for _, key := range keys {
		d.text = append(append(d.text, key...), 0)
	}
	d.entries++
	d.sum += maphash.Bytes(d.seed, d.text)
}

func (d *digest) is(other *digest) bool { return d.entries == other.entries && d.sum == other.sum }

// walk goes through the acts and their indexes. It gives what it found, and what
// is wrong, if that is not only that acts were written meanwhile.
func (s *Store) walk(ctx context.Context) (found totals, wrong string, err error) {
	seed := maphash.MakeSeed()
	want := make([]digest, len(actIndexes))
	for i := range want {
		want[i].seed = seed
	}
	walking("acts")
	if found, err = s.walkActs(ctx, want); err != nil {
		return nil, "", err
	}
	walking("indexes")
	for i, index := range actIndexes {
		have := digest{seed: seed}
		sorted, err := s.walkIndex(ctx, index.name, index.keys, index.states, &have)
		if err != nil {
			return nil, "", err
		}
		if !sorted || !have.is(&want[i]) {
			wrong = index.otherwise
		}
	}
	var given bool
	if err := s.slice(ctx, numbersGivenOut, nil, &given); err != nil {
		return nil, "", err
	}
	if !given {
		return nil, "", fmt.Errorf("%w: %s", store.ErrCorrupt, otherNumbers)
	}
	return found, wrong, nil
}

// walkActs goes through the table, and sums up what its indexes must hold.
func (s *Store) walkActs(ctx context.Context, want []digest) (totals, error) {
	all := totals{}
	texts, keys := make([]string, len(actTexts)), make([]string, 0, len(actTexts))
	query := fmt.Sprintf(`SELECT id, %s, %s FROM acts NOT INDEXED WHERE id > ? ORDER BY id LIMIT %d`, ofKinds, strings.Join(actTexts, ", "), sliceActs)
	for from := int64(0); ; {
		n := 0
		err := s.sliceOf(ctx, query, []any{from}, func(scan scanner) error {
			var id int64
			var kinds bool
			if err := scan(&id, &kinds, &texts[sim], &texts[account], &texts[action], &texts[state], &texts[group], &texts[found]); err != nil {
				return err
			}
			if !kinds || id <= from {
				return fmt.Errorf("act %d has a value of another kind", id)
			}
			n, from = n+1, id
			is := store.State(texts[state])
			all[is] = [2]int64{all[is][0] + 1, all[is][1] + id}
			for i, index := range actIndexes {
				if slices.Contains(index.states, is) {
					want[i].add(pick(keys, texts, index.keys), id)
				}
			}
			return nil
		})
		if err != nil || n < sliceActs {
			return all, err
		}
	}
}

// pick gives some of the texts.
func pick(into, texts []string, which []int) []string {
	into = into[:0]
	for _, i := range which {
		into = append(into, texts[i])
	}
	return into
}

// walkIndex goes through an index and sums it up. Sorted: whatever is in it is
// found where it is looked for.
func (s *Store) walkIndex(ctx context.Context, name string, which []int, states []store.State, have *digest) (sorted bool, err error) {
	columns, places := strings.Join(pick(nil, actTexts, which), ", "), "?"+strings.Repeat(", ?", len(which)-1)
	only := ""
	if len(states) < len(store.States) {
		only = " AND state IN (" + quoted(states) + ")"
	}
	from := fmt.Sprintf(`SELECT %[2]s, id FROM acts INDEXED BY %[1]s WHERE (%[2]s)`, name, columns)
	order := fmt.Sprintf(` ORDER BY %s, id LIMIT %d`, columns, sliceActs)
	beyond := from + " > (" + places + ")" + only + order
	same := from + " = (" + places + ") AND id > ?" + only + order // the last key may have more entries

	last, id := make([]string, len(which)), int64(0)
	next, nextID := make([]string, len(which)), int64(0)
	into := make([]any, 0, len(which)+1)
	for i := range next {
		into = append(into, &next[i])
	}
	into = append(into, &nextID)
	sorted = true
	// part goes on after the last entry, and reports whether there may be more.
	part := func(query string, more ...any) (full bool, err error) {
		var args []any
		for _, text := range last {
			args = append(args, text)
		}
		n := 0
		err = s.sliceOf(ctx, query, append(args, more...), func(scan scanner) error {
			if err := scan(into...); err != nil {
				return err
			}
			if order := slices.Compare(last, next); order > 0 || order == 0 && id >= nextID {
				sorted = false
			}
			have.add(next, nextID)
			copy(last, next)
			n, id = n+1, nextID
			return nil
		})
		return n == sliceActs && sorted, err
	}
	for full := true; full && err == nil; {
		for full && err == nil {
			full, err = part(same, id)
		}
		if err == nil {
			full, err = part(beyond)
		}
	}
	return sorted, err
}

// sliceOf has each row of a part taken, and leaves the file to others for a moment.
func (s *Store) sliceOf(ctx context.Context, query string, args []any, take func(scanner) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// Where another program is in the way, that shows before the first row.
	err := s.patiently(func() error { return s.list(ctx, query, args, take) })
	time.Sleep(sliceRest)
	return err
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
