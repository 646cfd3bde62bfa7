package ledgers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	ledgermark "bulk/internal/jobs/ledger/mark"
)

// acted opens a ledger and writes so many acts on an account.
func acted(t *testing.T, path, account string, acts int) *ledger.DB {
	t.Helper()
	db, err := ledger.Open(t.Context(), path, ledger.Options{Create: true, Now: time.Now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	act(t, db, account, 0, acts)
	return db
}

func act(t *testing.T, db *ledger.DB, account string, from, to int) {
	t.Helper()
	hold, err := db.Hold(t.Context(), []string{account}, 0)
	require.NoError(t, err)
	defer hold.Release()
	run, err := db.Start(t.Context(), ledger.RunInfo{Kind: ledger.Real, Input: "x", Digest: "d", Accounts: []string{account}, Settings: "{}"})
	require.NoError(t, err)
	for i := from; i < to; i++ {
		row := jobs.Row{Seq: i, Line: i + 2, ICCID: jobs.ICCID(numberedICCID(i)), Action: jobs.SetAAGroup, Group: "L100", SameReadAs: -1}
		require.NoError(t, run.Intend(account, &row, jobs.Standing{}).Begin(t.Context()))
		require.NoError(t, run.Record(&row, &jobs.Result{Seq: i, Action: row.Action, Outcome: jobs.OK, Account: account}, func(err error) { t.Error(err) }))
	}
	require.NoError(t, db.Flush(t.Context()))
}

// closes ends a ledger, so that its file can be copied.
func closes(t *testing.T, db *ledger.DB) string {
	t.Helper()
	require.NoError(t, db.Close())
	return db.Path()
}

// An account that got another name is still held against what was seen under the
// old one, and is no stranger.
func TestMarksUnderEveryName(t *testing.T) {
	const one, other = "m2m:u@host", "m2m:production"
	dir := t.TempDir()
	folder := ledgermark.In(filepath.Join(dir, "marks"))
	marked := func(db *ledger.DB, account string) *Marking {
		return NewMarking(folder, db, []string{account}, time.Now)
	}

	backup := closes(t, acted(t, filepath.Join(dir, "ledger.db"), other, 3))
	copyFile(t, backup, filepath.Join(dir, "backup.db"))
	db := acted(t, backup, other, 0)
	act(t, db, other, 3, 6)
	require.NoError(t, marked(db, other).Note(t.Context()))

	_, err := db.SameAccount(t.Context(), one, other, "ann", "one login")
	require.NoError(t, err)
	for _, name := range []string{one, other} {
		found, err := marked(db, name).Check(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, ledgermark.Finding{}, found)
	}

	old := acted(t, filepath.Join(dir, "backup.db"), other, 0)
	_, err = old.SameAccount(t.Context(), one, other, "ann", "one login")
	require.NoError(t, err)
	found, err := marked(old, one).Check(t.Context(), one)
	require.NoError(t, err)
	require.True(t, found.Refused())
	require.Equal(t, jobs.ICCID(numberedICCID(5)), found.Missing.Act.SIM)
}

// While a run goes on its acts are marked without asking the ledger; and where
// that is gone, and the marks with it, they are written anew at once.
func TestMarksOfALedgerThatIsGone(t *testing.T) {
	const account = "m2m:u@host"
	dir := t.TempDir()
	folder := ledgermark.In(filepath.Join(dir, "marks"))
	db := acted(t, filepath.Join(dir, "ledger.db"), account, 4)
	m := NewMarking(folder, db, []string{account}, time.Now)
	seen := func() int64 {
		mark, _, err := folder.Of(t.Context(), db.ID(), account)
		require.NoError(t, err)
		return mark.Act.Number
	}
	require.NoError(t, m.ahead(t.Context(), true, false))
	require.EqualValues(t, 4, seen())
	info := func() time.Time {
		files, err := filepath.Glob(filepath.Join(folder.Dir(), "*.mark"))
		require.NoError(t, err)
		i, err := os.Stat(files[0])
		require.NoError(t, err)
		return i.ModTime()
	}
	before := info()
	require.NoError(t, m.ahead(t.Context(), true, false))
	require.Equal(t, before, info(), "nothing new, nothing written")

	require.False(t, m.gone())
	require.NoError(t, os.RemoveAll(folder.Dir()))
	require.NoError(t, os.Remove(db.Path()))
	require.True(t, m.gone())
	require.NoError(t, m.ahead(t.Context(), true, true))
	require.EqualValues(t, 4, seen())

	require.NoError(t, os.RemoveAll(folder.Dir()))
	require.NoError(t, m.End(context.Background()), "nor at the end can the ledger be asked")
	require.EqualValues(t, 4, seen())
}

// Every act is marked before its request may leave: a copy of the ledger from
// before it, put back right then, does not pass for the newest.
func TestActsAreMarkedBeforeTheyAreSent(t *testing.T) {
	const account = "m2m:u@host"
	dir := t.TempDir()
	folder := ledgermark.In(filepath.Join(dir, "marks"))
	db := acted(t, filepath.Join(dir, "ledger.db"), "m2m:other@host", 0)
	m := NewMarking(folder, db, []string{account}, time.Now)
	stop := m.Keep(t.Context(), func(err error) { t.Error(err) })
	defer stop()
	hold, err := db.Hold(t.Context(), []string{account}, 0)
	require.NoError(t, err)
	defer hold.Release()
	run, err := db.Start(t.Context(), ledger.RunInfo{Kind: ledger.Real, Input: "x", Digest: "d", Accounts: []string{account}, Settings: "{}"})
	require.NoError(t, err)
	begun := make(chan error, 40)
	for i := range cap(begun) {
		go func() {
			row := jobs.Row{Seq: i, Line: i + 2, ICCID: jobs.ICCID(numberedICCID(i)), Action: jobs.SetAAGroup, Group: "L100", SameReadAs: -1}
			err := run.Intend(account, &row, jobs.Standing{}).Begin(t.Context())
			mark, _, markErr := folder.Of(t.Context(), db.ID(), account)
			acts, actsErr := db.ActsOn(t.Context(), row.ICCID)
			if err == nil && (markErr != nil || actsErr != nil || mark.Act.Number < acts[0].ID) {
				t.Errorf("act %v of row %d may be sent, and the mark is at %d (%v, %v)", acts, i, mark.Act.Number, markErr, actsErr)
			}
			begun <- err
		}()
	}
	for range cap(begun) {
		require.NoError(t, <-begun)
	}
}

// numberedICCID is one of a series of SIMs.
func numberedICCID(i int) string { return fmt.Sprintf("894450077%010d", i) }

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, text, 0o600))
}
