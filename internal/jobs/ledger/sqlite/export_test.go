package sqlite

import (
	"os"
	"strings"
	"testing"
)

// CheckInSlices has every ledger checked as a large one is.
func CheckInSlices(t *testing.T) {
	was := wholeMost
	wholeMost = 0
	t.Cleanup(func() { wholeMost = was })
}

// CountSyncs counts what is synced, files and folders.
func CountSyncs(t *testing.T, synced func(name string)) {
	was := fsync
	fsync = func(file *os.File) error {
		synced(file.Name())
		return was(file)
	}
	t.Cleanup(func() { fsync = was })
}

// CountWalks counts how often the acts of a ledger are gone through.
func CountWalks(t *testing.T) *int {
	n := 0
	WhenWalking(t, func(at string) {
		if at == "acts" {
			n++
		}
	})
	return &n
}

// WhenWalking has something done each time that a walk has come to the acts, to their
// indexes and to its end.
func WhenWalking(t *testing.T, do func(at string)) {
	was := walking
	walking = func(at string) {
		was(at)
		do(at)
	}
	t.Cleanup(func() { walking = was })
}

// WhenLeaving has something done while a ledger is closed.
func WhenLeaving(t *testing.T, do func()) {
	was := leaving
	leaving = do
	t.Cleanup(func() { leaving = was })
}

// Leave has a file, as it is, taken for what was left sound.
func Leave(t *testing.T, path string) {
	s := &Store{real: path}
	as, err := s.likeness()
	if err != nil {
		t.Fatal(err)
	}
	s.leave(as)
}

// Plans are how SQLite answers the questions that were asked so far, a line a step.
func (s *Store) Plans(t *testing.T) (all []string) {
	for text := range s.prepared {
		if !strings.HasPrefix(text, "SELECT") && !strings.HasPrefix(text, "WITH") {
			continue
		}
		rows, err := s.conn.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, make([]any, strings.Count(text, "?"))...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			all = append(all, step)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
