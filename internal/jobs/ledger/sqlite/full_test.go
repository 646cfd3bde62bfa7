package sqlite_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

// smallDisk mounts a disk of so many mebibytes.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted (it takes root): %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir
}

// fillUp takes all the space there is.
func fillUp(t *testing.T, dir string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "filler"))
	require.NoError(t, err)
	defer file.Close()
	for size := 1 << 20; size > 0; {
		if _, err := file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
}

func TestDiskFull(t *testing.T) {
	dir := smallDisk(t, "16m")
	path := filepath.Join(dir, "ledger.db")
	db := at(t, path)
	run := db.Starts(t, ledger.Real, "d1")
	const flying = 600
	for seq := range flying {
		require.NoError(t, run.Intend(ledgertest.Account, new(ledgertest.Command(seq, ledgertest.SIM(seq*7919%100000), "L100")), jobs.Standing{}).Begin(t.Context()))
	}
	fillUp(t, dir)

	// The log's pages that are there already may take an intent or two.
	var err error
	begun := flying
	for ; err == nil && begun < 10*flying; begun++ {
		err = run.Intend(ledgertest.Account, new(ledgertest.Command(begun, ledgertest.SIM(begun*7919%100000), "L100")), jobs.Standing{}).Begin(t.Context())
	}
	require.Error(t, err, "no intent that is not on disk")
	begun--
	for seq := range begun {
		row := ledgertest.Command(seq, ledgertest.SIM(seq*7919%100000), "L100")
		r := ledgertest.Result(row, jobs.OK, "")
		r.Description = string(make([]byte, 300))
		require.NoError(t, run.Record(&row, &r, ledgertest.Never(t)), "what became of those under way still is")
	}
	require.NoError(t, run.End(t.Context(), ledger.Ended{Ending: "the disk is full", NotRun: 5, Tally: nil}))
	require.Error(t, run.Intend(ledgertest.Account, new(ledgertest.Command(begun, ledgertest.SIM(1), "L100")), jobs.Standing{}).Begin(t.Context()), "and still no intent")
	require.NoError(t, db.Close())

	fillUp(t, dir)
	full := at(t, path)
	require.Len(t, full.Recorded(t, run.ID), begun, "what is there can be read")
	_, err = full.Hold(t.Context(), []string{ledgertest.Account}, 0)
	require.ErrorContains(t, err, "the disk is full")
	require.NoError(t, full.Close())
	filler, err := os.Stat(filepath.Join(dir, "filler"))
	require.NoError(t, err)
	require.NoError(t, os.Truncate(filepath.Join(dir, "filler"), filler.Size()-1<<20))
	_, err = at(t, path).Start(t.Context(), ledger.RunInfo{})
	require.ErrorContains(t, err, "keeping room", "without room no run begins")
	require.NoError(t, os.Remove(filepath.Join(dir, "filler")))
	again := at(t, path)
	for seq := range begun {
		require.Equal(t, jobs.DoneEarlier, again.Stands(t, ledgertest.SIM(seq*7919%100000)).State, "row %d", seq)
	}
	require.Len(t, again.Recorded(t, run.ID), begun)
	again.Starts(t, ledger.Real, "d2")
}

// What is kept for the case that the disk fills up is enough for what the run
// sends, and never made smaller.
func TestRoomKept(t *testing.T) {
	db := fresh(t)
	kept := func() int64 {
		db.Starts(t, ledger.Real, "d1")
		info, err := os.Stat(filepath.Join(db.Path()+".d", "reserve"))
		require.NoError(t, err)
		return info.Size()
	}
	db.OnlyReads()
	require.EqualValues(t, 1<<20, kept())
	require.NoError(t, db.Close())
	db = at(t, db.Path()) // a later process, with commands
	require.EqualValues(t, 8<<20, kept())
	db.OnlyReads()
	require.EqualValues(t, 8<<20, kept())
}

// Without the room that was kept, what cannot be written is told to be lost.
func TestDiskFullWithoutRoom(t *testing.T) {
	dir := smallDisk(t, "16m")
	db := at(t, filepath.Join(dir, "ledger.db"))
	run := db.Starts(t, ledger.Real, "d1")
	require.NoError(t, run.Intend(ledgertest.Account, new(ledgertest.Command(0, ledgertest.SIM(0), "L100")), jobs.Standing{}).Begin(t.Context()))
	require.NoError(t, os.Remove(filepath.Join(db.Path()+".d", "reserve")))
	fillUp(t, dir)
	var err error
	for seq := 1; err == nil && seq < 1000; seq++ {
		err = run.Intend(ledgertest.Account, new(ledgertest.Command(seq, ledgertest.SIM(seq), "L100")), jobs.Standing{}).Begin(t.Context())
	}
	require.Error(t, err)
	lost := make(chan error, 1)
	row := ledgertest.Query(1000, ledgertest.SIM(0))
	err = run.Record(&row, new(ledgertest.Result(row, jobs.OK, "")), func(err error) { lost <- err })
	if err == nil {
		err = <-lost
	}
	require.ErrorContains(t, err, "writing the ledger")
	require.False(t, errors.Is(err, ledger.ErrCorrupt), "a full disk is no damage")
}
