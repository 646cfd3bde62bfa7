package ledger

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestOpenWhatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "bulk", "ledger.db")
	_, err := Open(t.Context(), path, options(false))
	require.ErrorIs(t, err, ErrMissing)
	require.ErrorContains(t, err, path)
	require.NoDirExists(t, filepath.Dir(path), "looking must make nothing")

	db := opens(t, path)
	for _, file := range []struct {
		path string
		mode os.FileMode
	}{{path, 0o600}, {filepath.Dir(path), 0o700}} {
		info, err := os.Stat(file.path)
		require.NoError(t, err)
		require.Equal(t, file.mode, info.Mode().Perm(), file.path)
	}
	starts(t, db, Real, "d1")
	require.NoError(t, db.Close())
	require.NoError(t, os.RemoveAll(path+".d"))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, left)

	again, err := Open(t.Context(), path, options(false))
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

// A ledger that was made for a start that came to nothing would look like one
// with a clean history.
func TestNothingWasWritten(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(t *testing.T, db *DB)
		stays bool
	}{
		{"nothing", func(*testing.T, *DB) {}, false},
		{"a claim", func(t *testing.T, db *DB) { takes(t, db, account) }, false},
		{"a run", func(t *testing.T, db *DB) { starts(t, db, DryRun, "d1") }, true},
		{"a person's word", func(t *testing.T, db *DB) { require.NoError(t, db.Init(t.Context(), "ann", "the first")) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			db := opens(t, filepath.Join(dir, "ledger.db"))
			c.write(t, db)
			second := opens(t, db.Path())
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
		{"an empty file", write(nil), ErrCorrupt},
		{"a short text", write(text), ErrCorrupt},
		{"a long text", write(make([]byte, 10_000)), ErrCorrupt},
		{"the header of a database alone", write([]byte("SQLite format 3\x00")), ErrCorrupt},
		{"a folder", func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) }, ErrCorrupt},
		{"a database of something else", func(t *testing.T, path string) { execute(t, path, "CREATE TABLE a (b)") }, ErrCorrupt},
		{"an empty database", func(t *testing.T, path string) { execute(t, path, "VACUUM") }, ErrCorrupt},
		{"a ledger of a newer bulk", ledgerWith("PRAGMA user_version = 3"), ErrNewer},
		{"a ledger of no version", ledgerWith("PRAGMA user_version = 0"), ErrCorrupt},
		{"a ledger without a table", ledgerWith("DROP TABLE acts"), ErrCorrupt},
		{"a ledger with an act in a state that there is none of", ledgerWith(`PRAGMA ignore_check_constraints = ON;
			INSERT INTO acts (run, result, line, account, iccid, sim, action, "group", epoch, state, intent_at) VALUES (1, 1, 2, 'a', 'b', 'b', 'c', 'd', 1, 'sent', '')`), ErrCorrupt},
		{"a log without its ledger", func(t *testing.T, path string) { write(text)(t, path+"-wal") }, ErrCorrupt},
		{"a journal without its ledger", func(t *testing.T, path string) { write(text)(t, path+"-journal") }, ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			for _, create := range []bool{false, true} {
				_, err := Open(t.Context(), path, options(create))
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
		db := opens(t, path)
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
	other := opens(t, link)
	require.Equal(t, link, other.Path())

	hold, err := db.Hold(t.Context(), []string{account}, 0)
	require.NoError(t, err)
	_, err = other.Hold(t.Context(), []string{account}, 0)
	require.ErrorIs(t, err, ErrBusy, "it is the same ledger")
	hold.Release()

	sends(t, starts(t, db, Real, "d1"), command(0, sim(1), "L100"), jobs.OK)
	require.Equal(t, jobs.DoneEarlier, standing(t, other, sim(1)).State)
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
			other := opens(t, filepath.Join(t.TempDir(), "other.db"))
			require.NoError(t, os.Rename(other.Path(), path))
		}, "was replaced by another one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := opens(t, filepath.Join(t.TempDir(), "state", "ledger.db"))
			run := starts(t, db, Real, "d1")
			require.NoError(t, run.Intend(account, new(command(0, sim(0), "L100")), jobs.Standing{}).Begin(t.Context()))
			c.take(t, db.Path())

			err := run.Intend(account, new(command(1, sim(1), "L100")), jobs.Standing{}).Begin(t.Context())
			require.ErrorContains(t, err, c.want)
			err = run.Intend(account, new(command(2, sim(2), "L100")), jobs.Standing{}).Begin(t.Context())
			require.ErrorContains(t, err, c.want, "and so for all that come after")
			require.ErrorContains(t, run.Record(new(command(0, sim(0), "L100")), &jobs.Result{Outcome: jobs.OK}, never(t)), c.want)
		})
	}
}
