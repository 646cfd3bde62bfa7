package ledger

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// What this process knows of its newest act is what is read from the file, to
// the digit: marks are held against it.
func TestNewestIsAsOnDisk(t *testing.T) {
	o := options(true)
	clock := o.Now
	o.Now = func() time.Time { return clock().Add(123456789).In(time.FixedZone("", 3600)) }
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "ledger.db"), o)
	require.NoError(t, err)
	defer db.Close()
	_, any := db.Newest(account)
	require.False(t, any)
	run := starts(t, db, Real, "d")
	for i := range 3 {
		row := command(i, sim(i), "L100")
		sends(t, run, row, jobs.OK)
		newest, any := db.Newest(account)
		require.True(t, any)
		require.Equal(t, sim(i), newest.ICCID)
		there, found, err := db.ActAt(t.Context(), newest.ID)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, there.At, newest.At)
		last, _, err := db.LastAct(t.Context(), account)
		require.NoError(t, err)
		require.Equal(t, newest.ID, last.ID)
	}
	_, any = db.Newest(other)
	require.False(t, any)
}

func TestNamesOfAnAccount(t *testing.T) {
	db := fresh(t)
	starts(t, db, Real, "d")
	require.NoError(t, db.SeparateAccounts(t.Context(), account, "m2m:test@portal.example", "ann", "two systems"))
	all, err := db.AllNames(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{account, "m2m:test@portal.example"}, all)
	require.Equal(t, []string{other}, db.Names(other))
	_, found, err := db.LastRun(t.Context(), other)
	require.NoError(t, err)
	require.False(t, found)

	db = fresh(t)
	run, err := db.Start(t.Context(), RunInfo{Kind: DryRun, Input: "x", Digest: "d", Accounts: []string{other}, Settings: "{}"})
	require.NoError(t, err)
	_, err = db.SameAccount(t.Context(), account, other, "ann", "one login")
	require.NoError(t, err)
	for _, name := range []string{account, other} {
		require.Equal(t, account, db.OneName(name))
		require.Equal(t, []string{account, other}, db.Names(name))
		last, found, err := db.LastRun(t.Context(), name)
		require.NoError(t, err)
		require.True(t, found, "a run under either name")
		require.Equal(t, run.ID, last.ID)
	}
	all, err = db.AllNames(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{account, other}, all)
}

// A run that holds no account is still done by one process alone, and nothing of it
// is pruned meanwhile.
func TestHoldRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, second := opens(t, path), opens(t, path)
	run, err := db.Start(t.Context(), RunInfo{Kind: DryRun, Input: "x", Digest: "d", Settings: "{}"})
	require.NoError(t, err)
	row := query(0, sim(0))
	record(t, run, row, jobs.OK, "")
	require.NoError(t, db.Flush(t.Context()))

	release, err := db.HoldRun(t.Context(), run.ID)
	require.NoError(t, err)
	_, err = second.HoldRun(t.Context(), run.ID)
	require.ErrorIs(t, err, ErrBusy)
	_, err = second.HoldRun(t.Context(), run.ID+1)
	require.NoError(t, err, "another run")
	dropped, _, err := second.Prune(t.Context(), began.Add(24*time.Hour))
	require.NoError(t, err)
	require.Zero(t, dropped)

	release()
	release()
	require.NoFileExists(t, filepath.Join(path+".d", "run-1.lock"))
	again, err := second.HoldRun(t.Context(), run.ID)
	require.NoError(t, err)
	again()
	dropped, _, err = second.Prune(t.Context(), began.Add(24*time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, dropped)
}

// A lock whose file was taken away is not taken for one that is held.
func TestHoldRunWithoutItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, second := opens(t, path), opens(t, path)
	release, err := db.HoldRun(t.Context(), 1)
	require.NoError(t, err)
	defer release()
	require.NoError(t, os.RemoveAll(path+".d"))
	release2, err := second.HoldRun(t.Context(), 1)
	require.NoError(t, err, "results of reads are no deeds: the later one may go on")
	release2()
}

// What became unknown in a run under way can be settled; what is on its way cannot.
func TestResolveWhileARunGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	db, second := opens(t, path), opens(t, path)
	run := starts(t, db, Real, "d")
	sends(t, run, command(0, sim(0), "L100"), jobs.Unknown)
	flying := command(1, sim(1), "L100")
	require.NoError(t, run.Intend(account, &flying, jobs.Standing{}).Begin(t.Context()))

	n, err := second.Resolve(t.Context(), account, sim(0), FoundDone, "", "ann", "seen")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = second.Resolve(t.Context(), account, sim(1), FoundNotDone, "", "ann", "seen")
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, []State{Intended}, states(t, db, sim(1)))
	record(t, run, flying, jobs.OK, "")
	require.NoError(t, db.Flush(t.Context()))
	require.Equal(t, []State{DoneState}, states(t, db, sim(1)))
	require.Equal(t, []State{ResolvedDone}, states(t, db, sim(0)))
}
