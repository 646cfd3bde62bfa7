package ledger

import (
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

const (
	account = "m2m:fleet@portal.example"
	other   = "m2m:other@portal.example"
)

// began is when the tests' clock begins.
var began = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)

// ticking returns a clock that goes on a second each time it is looked at.
func ticking() func() time.Time {
	var seconds atomic.Int64
	return func() time.Time { return began.Add(time.Duration(seconds.Add(1)) * time.Second) }
}

// options are those of a ledger that a test opens.
func options(create bool) Options {
	return Options{Create: create, Now: ticking(), User: "ann", Host: "box"}
}

// opens opens a ledger, making it where it is not there, and closes it at the end.
func opens(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, options(true))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func fresh(t testing.TB) *DB { return opens(t, filepath.Join(t.TempDir(), "ledger.db")) }

// takes has accounts held, where they are not yet.
func takes(t testing.TB, db *DB, accounts ...string) {
	t.Helper()
	for _, account := range accounts {
		if db.epoch(account) == 0 {
			_, err := db.Hold(t.Context(), []string{account}, 0)
			require.NoError(t, err)
		}
	}
}

// starts begins a run.
func starts(t testing.TB, db *DB, kind Kind, digest string) *Run {
	t.Helper()
	takes(t, db, account)
	run, err := db.Start(t.Context(), RunInfo{
		Kind: kind, Input: "fleet.csv", Digest: digest, Accounts: []string{account}, Settings: `{"a":1}`,
		User: "ann", Host: "box", Version: "1", Output: "fleet.results.csv",
	})
	require.NoError(t, err)
	return run
}

// sim is the nth SIM.
func sim(n int) jobs.ICCID { return jobs.ICCID(fmt.Sprintf("89441200000000%05d", n)) }

// command is a row that gives a SIM a group.
func command(seq int, iccid jobs.ICCID, group string) jobs.Row {
	return jobs.Row{Seq: seq, Line: seq + 2, ICCID: iccid, Action: jobs.SetAAGroup, Group: group, Ordered: true, SameReadAs: -1}
}

func query(seq int, iccid jobs.ICCID) jobs.Row {
	return jobs.Row{Seq: seq, Line: seq + 2, ICCID: iccid, Action: jobs.QueryStatus, SameReadAs: -1}
}

func result(row jobs.Row, outcome jobs.Outcome, code jobs.Code) jobs.Result {
	return jobs.Result{
		Seq: row.Seq, Action: row.Action, Outcome: outcome, Code: code, Account: account, RequestID: "4711", Attempts: 1, HTTPStatus: 200,
		Started: began, Duration: 20 * time.Millisecond,
	}
}

// never is for results that must not be lost.
func never(t testing.TB) func(error) {
	return func(err error) { t.Errorf("a result was lost: %v", err) }
}

func record(t testing.TB, run *Run, row jobs.Row, outcome jobs.Outcome, code jobs.Code) {
	t.Helper()
	require.NoError(t, run.Record(&row, new(result(row, outcome, code)), never(t)))
}

// sends takes a row's command to its outcome, as far as the ledger sees it.
func sends(t testing.TB, run *Run, row jobs.Row, outcome jobs.Outcome) {
	t.Helper()
	require.NoError(t, run.Intend(account, &row, jobs.Standing{}).Begin(t.Context()))
	record(t, run, row, outcome, "")
}

func standing(t testing.TB, db *DB, iccid jobs.ICCID) jobs.Standing {
	t.Helper()
	s, err := db.Standing(t.Context(), account, iccid)
	require.NoError(t, err)
	return s
}

// states lists how the acts of a SIM stand, oldest first.
func states(t testing.TB, db *DB, iccid jobs.ICCID) (all []State) {
	t.Helper()
	acts, err := db.store.Acts(t.Context(), store.ActQuery{SIMs: []jobs.SIM{iccid.SIM()}})
	require.NoError(t, err)
	for _, a := range acts {
		all = append(all, a.State)
	}
	return all
}

func results(t testing.TB, db *DB, run int64) (all []jobs.Result) {
	t.Helper()
	for r, err := range db.Results(t.Context(), run) {
		require.NoError(t, err)
		all = append(all, r)
	}
	return all
}

// snapshot copies the ledger's file as it is now. A process of its own does it:
// closing a file here would take away the locks that SQLite holds on it in this
// process.
func snapshot(t testing.TB, db *DB) (path string) {
	t.Helper()
	to := t.TempDir()
	out, err := exec.Command("cp", db.Path(), to).CombinedOutput()
	require.NoError(t, err, string(out))
	return filepath.Join(to, filepath.Base(db.Path()))
}

// execute executes a statement on a ledger's file, as another program would.
func execute(t testing.TB, path, statement string) {
	t.Helper()
	handle, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	_, err = handle.Exec(statement)
	require.NoError(t, err)
	require.NoError(t, handle.Close())
}
