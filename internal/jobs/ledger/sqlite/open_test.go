package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

func TestOpenWhatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "bulk", "ledger.db")
	_, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
	require.ErrorIs(t, err, ledger.ErrMissing)
	require.ErrorContains(t, err, path)
	require.NoDirExists(t, filepath.Dir(path), "looking must make nothing")

	db := at(t, path)
	for _, file := range []struct {
		path string
		mode os.FileMode
	}{{path, 0o600}, {filepath.Dir(path), 0o700}} {
		info, err := os.Stat(file.path)
		require.NoError(t, err)
		require.Equal(t, file.mode, info.Mode().Perm(), file.path)
	}
	db.Starts(t, ledger.Real, "d1")
	require.NoError(t, db.Close())
	require.NoError(t, os.RemoveAll(path+".d"))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, left)

	again, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

// A ledger that was made for a start that came to nothing would look like one
// with a clean history.
func TestNothingWasWritten(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(t *testing.T, db *ledgertest.Handle)
		stays bool
	}{
		{"nothing", func(*testing.T, *ledgertest.Handle) {}, false},
		{"a claim", func(t *testing.T, db *ledgertest.Handle) { db.Take(t, ledgertest.Account) }, false},
		{"a run", func(t *testing.T, db *ledgertest.Handle) { db.Starts(t, ledger.DryRun, "d1") }, true},
		{"a person's word", func(t *testing.T, db *ledgertest.Handle) {
			require.NoError(t, db.Init(t.Context(), "ann", "the first"))
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			db := at(t, filepath.Join(dir, "ledger.db"))
			c.write(t, db)
			second := at(t, db.Path())
			require.NoError(t, second.Close())
			require.FileExists(t, db.Path(), "it is not whoever did not make it who takes it away")
			require.NoError(t, db.Close())
			if c.stays {
				require.FileExists(t, db.Path())
				return
			}
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestOpenWhatIsNoLedger(t *testing.T) {
	text := []byte("iccid,action\n8944120000000000012,query_status\n")
	for _, c := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"an empty file", write(nil), ledger.ErrCorrupt},
		{"a short text", write(text), ledger.ErrCorrupt},
		{"a long text", write(make([]byte, 10_000)), ledger.ErrCorrupt},
		{"the header of a database alone", write([]byte("SQLite format 3\x00")), ledger.ErrCorrupt},
		{"a folder", func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) }, ledger.ErrCorrupt},
		{"a database of something else", func(t *testing.T, path string) { execute(t, path, "CREATE TABLE a (b)") }, ledger.ErrCorrupt},
		{"an empty database", func(t *testing.T, path string) { execute(t, path, "VACUUM") }, ledger.ErrCorrupt},
		{"a ledger of a newer bulk", ledgerWith("PRAGMA user_version = 4"), ledger.ErrNewer},
		{"a ledger of no version", ledgerWith("PRAGMA user_version = 0"), ledger.ErrCorrupt},
		{"a ledger without a table", ledgerWith("DROP TABLE acts"), ledger.ErrCorrupt},
		{"a ledger with an act in a state that there is none of", ledgerWith(`PRAGMA ignore_check_constraints = ON;
			INSERT INTO acts (run, result, line, account, iccid, sim, action, "group", epoch, state, intent_at) VALUES (1, 1, 2, 'a', 'b', 'b', 'c', 'd', 1, 'sent', '')`), ledger.ErrCorrupt},
		{"a log without its ledger", func(t *testing.T, path string) { write(text)(t, path+"-wal") }, ledger.ErrCorrupt},
		{"a journal without its ledger", func(t *testing.T, path string) { write(text)(t, path+"-journal") }, ledger.ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			for _, create := range []bool{false, true} {
				_, err := ledger.Open(t.Context(), path, ledgertest.Options(create))
				require.ErrorIs(t, err, c.want)
				require.ErrorContains(t, err, path)
			}
			after, _ := os.ReadFile(path)
			require.True(t, bytes.Equal(before, after), "it must stay as it was")
		})
	}
}

func write(text []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, text, 0o600)) }
}

func ledgerWith(statement string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		db := at(t, path)
		require.NoError(t, db.Init(t.Context(), "ann", "for the test"))
		require.NoError(t, db.Close())
		execute(t, path, statement)
	}
}

func execute(t testing.TB, path, statement string) {
	t.Helper()
	require.NoError(t, executing(path, statement), statement)
}

// executing executes a statement as another program would.
func executing(path, statement string) error {
	handle, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return err
	}
	_, err = handle.Exec(statement)
	return errors.Join(err, handle.Close())
}

func TestOpenByAnotherName(t *testing.T) {
	db := fresh(t)
	link := filepath.Join(t.TempDir(), "link.db")
	require.NoError(t, os.Symlink(db.Path(), link))
	other := at(t, link)
	require.Equal(t, link, other.Path())

	hold, err := db.Hold(t.Context(), []string{ledgertest.Account}, 0)
	require.NoError(t, err)
	_, err = other.Hold(t.Context(), []string{ledgertest.Account}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy, "it is the same ledger")
	hold.Release()

	ledgertest.Sends(t, db.Starts(t, ledger.Real, "d1"), ledgertest.Command(0, ledgertest.SIM(1), "L100"), jobs.OK)
	require.Equal(t, jobs.DoneEarlier, other.Stands(t, ledgertest.SIM(1)).State)
}

func TestTakenAway(t *testing.T) {
	for _, c := range []struct {
		name string
		take func(t *testing.T, path string)
		want string
	}{
		{"the file removed", func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) }, "the ledger is gone"},
		{"its folder removed", func(t *testing.T, path string) { require.NoError(t, os.RemoveAll(filepath.Dir(path))) }, "the ledger is gone"},
		{"its folder renamed", func(t *testing.T, path string) {
			require.NoError(t, os.Rename(filepath.Dir(path), filepath.Dir(path)+"-"))
		}, "the ledger is gone"},
		{"another file in its place", func(t *testing.T, path string) {
			other := at(t, filepath.Join(t.TempDir(), "other.db"))
			require.NoError(t, os.Rename(other.Path(), path))
		}, "was replaced by another one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := at(t, filepath.Join(t.TempDir(), "state", "ledger.db"))
			run := db.Starts(t, ledger.Real, "d1")
			require.NoError(t, run.Intend(ledgertest.Account, new(ledgertest.Command(0, ledgertest.SIM(0), "L100")), jobs.Standing{}).Begin(t.Context()))
			c.take(t, db.Path())

			err := run.Intend(ledgertest.Account, new(ledgertest.Command(1, ledgertest.SIM(1), "L100")), jobs.Standing{}).Begin(t.Context())
			require.ErrorContains(t, err, c.want)
			err = run.Intend(ledgertest.Account, new(ledgertest.Command(2, ledgertest.SIM(2), "L100")), jobs.Standing{}).Begin(t.Context())
			require.ErrorContains(t, err, c.want, "and so for all that come after")
			require.ErrorContains(t, run.Record(new(ledgertest.Command(0, ledgertest.SIM(0), "L100")), &jobs.Result{Outcome: jobs.OK}, ledgertest.Never(t)), c.want)
		})
	}
}
