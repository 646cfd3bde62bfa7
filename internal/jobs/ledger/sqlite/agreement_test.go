package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/sqlite"
)

// falseIndex makes an index hold something else than what it says: wrong is what
// its statement has in right's place while it is built.
func falseIndex(name, right, wrong string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		quote := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
		rewrite := func(from, to string) string {
			return fmt.Sprintf("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, %s, %s) WHERE name = %s", quote(from), quote(to), quote(name))
		}
		execute(t, path, rewrite(right, wrong))
		execute(t, path, "REINDEX "+name)
		execute(t, path, rewrite(wrong, right))
	}
}

// behind does something to the acts without the ledger's own sums hearing of it.
func behind(statement string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		execute(t, path, `PRAGMA writable_schema = ON; CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE type = 'trigger'`)
		execute(t, path, `DROP TRIGGER acts_stay; DROP TRIGGER acts_added; DROP TRIGGER acts_settled`)
		execute(t, path, statement)
		execute(t, path, `PRAGMA writable_schema = ON; INSERT INTO sqlite_schema SELECT * FROM kept`)
		execute(t, path, `DROP TABLE kept`)
	}
}

// What SQLite itself takes for sound is still refused where its parts say
// different things of the acts.
func TestPartsThatDisagree(t *testing.T) {
	t.Run("at once", partsThatDisagree)
	t.Run("in slices", func(t *testing.T) {
		sqlite.CheckInSlices(t)
		partsThatDisagree(t)
	})
}

func partsThatDisagree(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*testing.T, string)
		want string
	}{
		{"nothing", behind("SELECT 1"), ""},
		{"an act is missing", behind("DELETE FROM acts WHERE id = 7"), "not as many as they were"},
		{"the last act is missing", behind("DELETE FROM acts WHERE id = (SELECT max(id) FROM acts)"), "not as many as they were"},
		{"an act stands otherwise", behind("UPDATE acts SET state = 'refused' WHERE id = 7"), "not as many as they were"},
		{"an act has another number", behind("UPDATE acts SET id = 0 WHERE id = 7"), "not as many as they were"},
		{"two acts swapped their states", behind("UPDATE acts SET state = CASE id WHEN 4 THEN 'done' ELSE 'unknown' END WHERE id IN (4, 5)"), "not as many as they were"},
		{"the unique key lacks the acts that are done", falseIndex("acts_open_or_done", "'done', ", "'did', "), "unique key"},
		{"the unique key has others", falseIndex("acts_open_or_done", "(account, sim, action)", "(account, iccid, sim)"), "unique key"},
		{"the index by SIM has other states", falseIndex("acts_by_sim", "action, state,", "action, was,"), "their index"},
		{"the index by SIM lacks acts", falseIndex("acts_by_sim", "found_group)", "found_group) WHERE state <> 'unknown'"), "index"},
		{"the index by account lacks acts", falseIndex("acts_by_account", "(account)", "(account) WHERE id < 50"), "index"},
		{"the index by SIM is in another order", falseIndex("acts_by_sim", "(sim, account", "(sim DESC, account"), "their index"},
		{"the index of what is open lacks acts", falseIndex("acts_open", "'unknown', ", "'unknowable', "), "their index"},
		{"the sequence is behind", func(t *testing.T, path string) {
			execute(t, path, "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'acts'")
		}, "further than were given out"},
		{"the sequence of the runs is behind", func(t *testing.T, path string) {
			execute(t, path, "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'runs'")
		}, "further than were given out"},
		{"the sequence is gone", func(t *testing.T, path string) { execute(t, path, "DELETE FROM sqlite_sequence") }, "further than were given out"},
		{"it does not say which it is", func(t *testing.T, path string) { execute(t, path, "DELETE FROM meta") }, "which ledger it is"},
		{"a value of another kind", func(t *testing.T, path string) {
			execute(t, path, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'acts'")
			execute(t, path, "UPDATE acts SET run = 'one' WHERE id = 7")
			execute(t, path, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'acts'")
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			db := at(t, path)
			run := db.Starts(t, ledger.Real, "d1")
			for n := range damagedSIMs {
				ledgertest.Sends(t, run, ledgertest.Command(n, ledgertest.SIM(n), "L100"), wellUsedOutcome(n))
			}
			require.NoError(t, db.Close())
			c.do(t, path)
			found, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
			if c.name == "a value of another kind" {
				require.ErrorIs(t, err, ledger.ErrCorrupt)
				return
			}
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, jobs.DoneEarlier, ledgertest.Held(found).Stands(t, ledgertest.SIM(6)).State)
				require.NoError(t, found.Close())
				return
			}
			require.ErrorIs(t, err, ledger.ErrCorrupt)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// No act can be taken out of a ledger by way of SQL.
func TestActsStay(t *testing.T) {
	db := fresh(t)
	ledgertest.Sends(t, db.Starts(t, ledger.Real, "d1"), ledgertest.Command(0, ledgertest.SIM(0), "L100"), jobs.OK)
	path := db.Path()
	require.NoError(t, db.Close())
	require.ErrorContains(t, executing(path, "DELETE FROM acts"), "an act is never deleted")
	require.ErrorContains(t, executing(path, `INSERT INTO acts (run, result, line, account, iccid, sim, action, "group", epoch, state, intent_at)
		SELECT run, result, line, account, iccid, sim, action, "group", epoch, 'intent', intent_at FROM acts`), "UNIQUE")
}
