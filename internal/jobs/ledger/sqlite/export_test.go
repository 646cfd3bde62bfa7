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
	n, was := 0, walked
	walked = func() { n++ }
	t.Cleanup(func() { walked = was })
	return &n
}

// Leave has a file, as it is, taken for what was left sound.
func Leave(path string) { (&Store{real: path}).leave() }

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
