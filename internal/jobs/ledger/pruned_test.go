package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// A run whose results are gone, in part or in whole, is known as such, whoever
// dropped them and however far that got.
func TestLacks(t *testing.T) {
	of := func(t *testing.T, rows int) (*DB, *Run) {
		db := fresh(t)
		run := starts(t, db, Real, "d")
		for i := range rows {
			sends(t, run, command(i, sim(i), "L100"), jobs.OK)
		}
		require.NoError(t, run.End(t.Context(), Ended{Tally: map[jobs.Outcome]int{jobs.OK: rows}}))
		return db, run
	}
	for _, c := range []struct {
		what          string
		rows          int
		then          func(t *testing.T, db *DB, run *Run)
		pruned, lacks bool
	}{
		{"whole", 3, func(*testing.T, *DB, *Run) {}, false, false},
		{"a row that was not reached", 3, func(t *testing.T, _ *DB, run *Run) {
			require.NoError(t, run.End(t.Context(), Ended{NotRun: 5, Tally: map[jobs.Outcome]int{jobs.OK: 3}}))
		}, false, false},
		{"a command on its way", 3, func(t *testing.T, _ *DB, run *Run) {
			row := command(3, sim(3), "L100")
			require.NoError(t, run.Intend(account, &row, jobs.Standing{}).Begin(t.Context()))
		}, false, false},
		{"an attempt that was not sent", 3, func(t *testing.T, _ *DB, run *Run) {
			row := command(3, sim(3), "L100")
			act := run.Intend(account, &row, jobs.Standing{})
			require.NoError(t, act.Begin(t.Context()))
			require.NoError(t, act.NotSent())
		}, false, false},
		{"nothing done", 0, func(*testing.T, *DB, *Run) {}, false, false},
		{"pruned", 3, func(t *testing.T, db *DB, run *Run) {
			require.NoError(t, db.commit(t.Context(), &store.Drop{Run: run.ID, Most: 10, At: db.now()}))
		}, true, true},
		{"pruned in part, by one that was killed", 3, func(t *testing.T, db *DB, run *Run) {
			require.NoError(t, db.commit(t.Context(), &store.Drop{Run: run.ID, Most: 1, At: db.now()}))
		}, true, true},
		{"pruned by a version that took no note", 3, func(t *testing.T, db *DB, _ *Run) {
			execute(t, db.Path(), `DELETE FROM results`)
		}, true, true},
		{"pruned in part by such a one", 3, func(t *testing.T, db *DB, _ *Run) {
			execute(t, db.Path(), `DELETE FROM results WHERE line = 3`)
		}, false, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			db, run := of(t, c.rows)
			require.NoError(t, db.Flush(t.Context()))
			c.then(t, db, run)
			info, found, err := db.Run(t.Context(), run.ID)
			require.NoError(t, err)
			require.True(t, found)
			pruned, err := db.Pruned(t.Context(), info)
			require.NoError(t, err)
			require.Equal(t, c.pruned, pruned)
			lacks, err := db.Lacks(t.Context(), info)
			require.NoError(t, err)
			require.Equal(t, c.lacks, lacks)
		})
	}
}
