package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/sqlite"
)

// schema1 is a ledger as a version with schema 1 left it when it was killed.
func schema1(t *testing.T) (path string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"ledger.db", "ledger.db-wal"} {
		text, err := os.ReadFile(filepath.Join("../../../../testdata/schema1", name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	return filepath.Join(dir, "ledger.db")
}

const sandboxAccount = "m2m:sandbox@localhost"

// A copy of a ledger, migrated by itself, is still known as one.
func TestMigratedCopiesHaveOneIdentity(t *testing.T) {
	first, second := at(t, schema1(t)), at(t, schema1(t))
	require.Len(t, first.ID(), 36)
	require.Equal(t, first.ID(), second.ID())

	// Without an act there is nothing that could be lost.
	var ids []string
	for range 2 {
		path := schema1(t)
		execute(t, path, `DELETE FROM acts`)
		ids = append(ids, at(t, path).ID())
	}
	require.NotEqual(t, ids[0], ids[1])
}

func TestMigration(t *testing.T) {
	path := schema1(t)
	db := at(t, path)
	require.Len(t, db.ID(), 36)
	hold, err := db.Hold(t.Context(), []string{sandboxAccount}, 0)
	require.NoError(t, err)
	require.Equal(t, 1, hold.Doubted, "what was on its way")
	for _, c := range []struct {
		iccid jobs.ICCID
		acts  []ledger.State
		stand jobs.StandingState
		group string
	}{
		{"8944500102030001010", []ledger.State{ledger.Replaced, ledger.DoneState}, jobs.DoneEarlier, "L200"},
		{"8944500102030001028", []ledger.State{ledger.Replaced, ledger.DoneState}, jobs.DoneEarlier, "L100"}, // under two spellings of the ledgertest.Account
		{"8944500102030001036", []ledger.State{ledger.DoneState}, jobs.DoneEarlier, "L200"},
		{"89445001020300001144", []ledger.State{ledger.DoneState}, jobs.DoneEarlier, "L100"},
		{"8944500102030001515", []ledger.State{ledger.RefusedState}, jobs.Untouched, ""},
		{"8944500102030001044", []ledger.State{ledger.UnknownState}, jobs.InDoubt, "L100"},
		{"8944500102030001051", []ledger.State{ledger.ResolvedDone}, jobs.DoneEarlier, "L100"},
		{"8944500102030001069", []ledger.State{ledger.ResolvedNotDone, ledger.DoneState}, jobs.DoneEarlier, "L100"},
		{"8944500102030001093", []ledger.State{ledger.DoneState}, jobs.DoneEarlier, "L100"}, // its act was in the log alone
		{"8944500102030001077", []ledger.State{ledger.UnknownState}, jobs.InDoubt, "L100"},  // it was on its way
		{"8944500102030001085", nil, jobs.Untouched, ""},
	} {
		t.Run(string(c.iccid), func(t *testing.T) {
			require.Equal(t, c.acts, db.States(t, c.iccid))
			s, err := db.Standing(t.Context(), sandboxAccount, c.iccid)
			require.NoError(t, err)
			require.Equal(t, c.stand, s.State)
			require.Equal(t, c.group, s.Group)
			require.Equal(t, c.acts != nil && c.acts[0] == ledger.RefusedState, s.Refused != "")
		})
	}
	runs, err := db.Runs(t.Context())
	require.NoError(t, err)
	require.Len(t, runs, 7)
	unfinished, found, err := db.Last(t.Context(), runs[0])
	require.NoError(t, err)
	require.True(t, found, "a run of before can be continued")
	require.EqualValues(t, 7, unfinished.ID)
	require.Equal(t, []string{sandboxAccount}, unfinished.Accounts)
	require.Len(t, db.Recorded(t, 2), 6)
	history, err := db.History(t.Context(), "8944500102030001051")
	require.NoError(t, err)
	require.Len(t, history, 1)
	require.Equal(t, "portal shows L100", history[0].Reason)
	last, _, err := db.LastAct(t.Context(), sandboxAccount)
	require.NoError(t, err)
	require.EqualValues(t, 15, last.ID)
	id := db.ID()
	require.NoError(t, db.Close())
	again := at(t, path)
	require.Equal(t, id, again.ID(), "it is the same ledger for life")

	kept, err := filepath.Glob(path + ".schema1-*")
	require.NoError(t, err)
	require.Len(t, kept, 1)
	info, err := os.Stat(kept[0])
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
	require.Contains(t, kept[0], ".schema1-20261001T0800")
}

// The copy is on disk, with its name, before the ledger is changed.
func TestTheCopyIsSynced(t *testing.T) {
	var synced []string
	sqlite.CountSyncs(t, func(name string) { synced = append(synced, name) })
	path := schema1(t)
	require.NoError(t, at(t, path).Close())
	kept, err := filepath.Glob(path + ".schema1-*")
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Len(t, synced, 2)
	require.Contains(t, synced[0], path+".unfinished-schema1-", "before it has the name under which it is kept")
	require.Equal(t, filepath.Dir(path), synced[1])
}

func TestTheNameOfANewLedgerIsSynced(t *testing.T) {
	var synced []string
	sqlite.CountSyncs(t, func(name string) { synced = append(synced, name) })
	path := filepath.Join(t.TempDir(), "ledger.db")
	require.NoError(t, at(t, path).Close())
	require.Equal(t, []string{filepath.Dir(path)}, synced)
}

// The copy that is kept is the ledger as it was: it can be migrated, too.
func TestMigrationOfTheCopy(t *testing.T) {
	path := schema1(t)
	require.NoError(t, at(t, path).Close())
	kept, err := filepath.Glob(path + ".schema1-*")
	require.NoError(t, err)
	require.Len(t, kept, 1)
	db := at(t, kept[0])
	require.NoError(t, db.Close())
	require.Len(t, actsAt(t, kept[0]), 15)
}

// A ledger that is damaged is not migrated, and stays as it is.
func TestMigrationOfADamagedLedger(t *testing.T) {
	path := schema1(t)
	execute(t, path, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'acts_by_sim'")
	_, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
	require.ErrorIs(t, err, ledger.ErrCorrupt)
	left, err := filepath.Glob(path + ".schema1-*")
	require.NoError(t, err)
	require.Empty(t, left)
}

// schema2 is a ledger as a version with schema 2 left it.
func schema2(t *testing.T) (path string) {
	t.Helper()
	text, err := os.ReadFile("../../../../testdata/schema2/ledger.db")
	require.NoError(t, err)
	return damaged(t, text)
}

// From schema 2 on only the results are kept otherwise: each of them is what it
// was, and so is all that row_history shows of them.
func TestMigrationOfResults(t *testing.T) {
	const shown = `SELECT json_group_array(json_array(run, line, iccid, action, "group", outcome, code, description, upstream_error,
		account, request_id, attempts, http_status, started_at, duration_ms, data)) FROM row_history`
	path := schema2(t)
	before := asked(t, path, shown)
	require.Contains(t, before, "2026-11-27T15:09:51.070Z")
	var told [][2]int
	options := ledgertest.Options(false)
	options.Migrating = func(from, to int) { told = append(told, [2]int{from, to}) }
	for range 2 {
		found, err := ledger.Open(t.Context(), path, options)
		require.NoError(t, err)
		require.NoError(t, found.Close())
	}
	require.Equal(t, [][2]int{{2, 3}}, told)
	db := at(t, path)
	require.Equal(t, "1cf5a555", db.ID()[:8], "the same ledger for life")
	var outcomes []jobs.Outcome
	for r, err := range db.Results(t.Context(), 1) {
		require.NoError(t, err)
		outcomes = append(outcomes, r.Outcome)
	}
	require.Equal(t, []jobs.Outcome{jobs.OK, jobs.OK, jobs.OK, jobs.OK, jobs.Invalid, jobs.OK}, outcomes)
	events, err := db.History(t.Context(), "8944500000000000014")
	require.NoError(t, err)
	require.Len(t, events, 4)
	require.Equal(t, sandboxAccount, events[0].Account)
	require.Equal(t, "2026-11-27T15:09:51.07Z", events[0].At.Format(time.RFC3339Nano))
	stands, err := db.Standing(t.Context(), sandboxAccount, "8944500000000000048")
	require.NoError(t, err)
	require.Equal(t, jobs.DoneEarlier, stands.State)
	require.NoError(t, db.Close())
	require.Equal(t, before, asked(t, path, shown))

	kept, err := filepath.Glob(path + ".schema2-*")
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.Equal(t, before, asked(t, kept[0], shown))
}

// One that was closed at schema 2 can still be read, and stays closed.
func TestMigrationOfAClosedLedger(t *testing.T) {
	path := schema2(t)
	execute(t, path, `CREATE TABLE moved (one INTEGER PRIMARY KEY CHECK (one = 1), "to" TEXT NOT NULL, by_user TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL) STRICT;
		INSERT INTO moved VALUES (1, 'postgres://there', 'ann', '', '2026-11-27T15:09:51.070Z'); PRAGMA user_version = 1000`)
	options := ledgertest.Options(false)
	_, err := ledger.Open(t.Context(), path, options)
	require.ErrorAs(t, err, new(*ledger.Moved))
	options.Closed = true
	for range 2 {
		found, err := ledger.Open(t.Context(), path, options)
		require.NoError(t, err)
		db := ledgertest.Held(found)
		require.Len(t, db.States(t, "8944500000000000048"), 1)
		require.NoError(t, db.Close())
	}
	_, err = ledger.Open(t.Context(), path, ledgertest.Options(false))
	require.ErrorAs(t, err, new(*ledger.Moved))
}

// What another program writes between the check of an old ledger and its migration is
// gone through afterwards.
func TestMigrationOfWhatOthersWriteInto(t *testing.T) {
	sqlite.CheckInSlices(t)
	walks := sqlite.CountWalks(t)
	path := schema2(t)
	sqlite.WhenWalking(t, func(at string) {
		if at == "end" && *walks == 1 {
			atThatTime(t, path, func() { deleteAct(t, path, 1) })
		}
	})
	_, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
	require.ErrorIs(t, err, ledger.ErrCorrupt)
	require.Equal(t, 2, *walks)
}

// What migrations left that were killed is taken away once the ledger is migrated,
// and no copy that is kept.
func TestMigrationThatWasKilled(t *testing.T) {
	path := schema2(t)
	left, kept, newer := path+".unfinished-schema2-1234", path+".schema2-20260101T000000Z", path+".unfinished-schema4-1234"
	leave := func() {
		for _, path := range []string{left, kept, newer} {
			require.NoError(t, os.WriteFile(path, []byte("a part"), 0o600))
		}
	}
	names := func(pattern string) []string {
		found, err := filepath.Glob(path + pattern)
		require.NoError(t, err)
		return found
	}
	leave()
	execute(t, path, `CREATE TABLE asks (mine TEXT)`)
	_, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
	require.Error(t, err)
	require.Equal(t, []string{left, newer}, names(".unfinished-*"), "it takes away its own")
	execute(t, path, `DROP TABLE asks`)
	options := ledgertest.Options(false)
	during := 0
	sqlite.CountSyncs(t, func(name string) {
		if name == filepath.Dir(path) {
			during = len(names(".schema2-*"))
		} else {
			require.Equal(t, []string{kept}, names(".schema2-*"), "none is kept before the ledger is migrated")
		}
	})
	for range 2 {
		db, err := ledger.Open(t.Context(), path, options)
		require.NoError(t, err)
		require.NoError(t, db.Close())
		require.Equal(t, []string{newer}, names(".unfinished-*"))
		require.Len(t, names(".schema2-*"), 2)
		require.FileExists(t, kept)
		leave()
	}
	require.Equal(t, 2, during)
}

// A migration that cannot be ended leaves the ledger as it was.
func TestMigrationThatFails(t *testing.T) {
	path := schema2(t)
	execute(t, path, `CREATE TABLE asks (mine TEXT)`)
	_, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
	require.ErrorContains(t, err, "migrating it from schema 2")
	execute(t, path, `DROP TABLE asks`)
	require.NoError(t, at(t, path).Close())
}

// asked asks as another program would.
func asked(t *testing.T, path, query string) (answer string) {
	t.Helper()
	handle, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	defer handle.Close()
	require.NoError(t, handle.QueryRow(query).Scan(&answer))
	return answer
}
