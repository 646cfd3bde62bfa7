package ledger

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
)

// commits counts the commits into a ledger: its file's change counter.
func commits(t *testing.T, db *DB) int {
	t.Helper()
	file, err := os.ReadFile(snapshot(t, db))
	require.NoError(t, err)
	return int(binary.BigEndian.Uint32(file[24:]))
}

func TestIntentIsDurable(t *testing.T) {
	db := fresh(t)
	run := starts(t, db, Real, "d1")
	for seq := range 5 {
		require.NoError(t, run.Intend(account, new(command(seq, sim(seq), "L100")), jobs.Standing{}).Begin(t.Context()))
		after := opens(t, snapshot(t, db))
		require.Equal(t, jobs.InDoubt, standing(t, after, sim(seq)).State, "what is on disk when Begin returns")
		require.NoError(t, after.Close())
	}
	record(t, run, command(0, sim(0), "L100"), jobs.OK, "")
	after := opens(t, snapshot(t, db))
	require.Equal(t, jobs.DoneEarlier, standing(t, after, sim(0)).State, "and when Record does")
	require.Equal(t, jobs.OK, results(t, after, run.ID)[0].Outcome)
}

// alone is a command for a SIM that its file names once: nobody waits for its
// outcome to be on disk.
func alone(seq int) jobs.Row {
	row := command(seq, sim(seq), "L100")
	row.Ordered = false
	return row
}

// The outcome of a command is written at once, though its row does not wait for
// that; the result of a read may gather with others for a moment.
func TestOutcomesAreWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := opens(t, filepath.Join(t.TempDir(), "ledger.db"))
		run := starts(t, db, Real, "d1")
		sent := alone(0)
		require.NoError(t, run.Intend(account, &sent, jobs.Standing{}).Begin(t.Context()))
		record(t, run, sent, jobs.OK, "")
		synctest.Wait() // no time passes
		require.Equal(t, jobs.DoneEarlier, standing(t, db, sim(0)).State)
		require.Len(t, results(t, db, run.ID), 1)

		record(t, run, query(1, sim(1)), jobs.OK, "")
		synctest.Wait()
		require.Len(t, results(t, db, run.ID), 1, "it gathers")
		time.Sleep(batchDelay)
		synctest.Wait()
		require.Len(t, results(t, db, run.ID), 2)
		require.NoError(t, db.Close())
	})
}

// While one commit waits for the disk, what comes in gathers for the next.
func TestIntentsShareCommits(t *testing.T) {
	const rows = 400
	db := fresh(t)
	run := starts(t, db, Real, "d1")
	before := commits(t, db)
	var all errgroup.Group
	for seq := range rows {
		all.Go(func() error {
			return run.Intend(account, new(command(seq, sim(seq), "L100")), jobs.Standing{}).Begin(t.Context())
		})
	}
	require.NoError(t, all.Wait())
	shared := commits(t, db) - before
	require.Less(t, shared, rows/4, "%d intents took %d commits", rows, shared)
	open, err := db.InDoubt(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, open, rows)
}

func TestReadsAreLateButInOrder(t *testing.T) {
	db := fresh(t)
	run := starts(t, db, Real, "d1")
	before := commits(t, db)
	for seq := range 300 {
		record(t, run, query(seq, sim(seq)), jobs.OK, "")
	}
	record(t, run, query(7, sim(7)), jobs.Failed, jobs.Timeout)
	require.NoError(t, db.Flush(t.Context()))
	require.Less(t, commits(t, db)-before, 20)
	all := results(t, db, run.ID)
	require.Len(t, all, 300)
	require.Equal(t, jobs.Failed, all[7].Outcome)
}

func TestContextEnds(t *testing.T) {
	db := fresh(t)
	run := starts(t, db, Real, "d1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for seq := range 20 {
		err := run.Intend(account, new(command(seq, sim(seq), "L100")), jobs.Standing{}).Begin(ctx)
		state := standing(t, db, sim(seq)).State
		if err == nil {
			require.Equal(t, jobs.InDoubt, state, "what Begin says is so")
			continue
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, jobs.Untouched, state)
	}
}

// Whatever was handed over when the ledger fails is told so: nothing is lost
// without a word.
func TestFailureIsToldToAll(t *testing.T) {
	db := opens(t, filepath.Join(t.TempDir(), "state", "ledger.db"))
	run := starts(t, db, Real, "d1")
	var mu sync.Mutex
	lost := map[int]bool{}
	recorded := 0
	for seq := range 2000 {
		if seq == 1000 {
			require.NoError(t, db.Flush(t.Context()))
			require.NoError(t, os.RemoveAll(filepath.Dir(db.Path())))
		}
		row := query(seq, sim(seq))
		if seq%2 == 1 {
			row = alone(seq)
		}
		note := func(error) { mu.Lock(); lost[seq] = true; mu.Unlock() }
		if err := run.Record(&row, new(result(row, jobs.OK, "")), note); err != nil {
			note(err)
		} else {
			recorded++
		}
	}
	require.Error(t, db.Flush(t.Context()))
	mu.Lock()
	defer mu.Unlock()
	for seq := range 2000 {
		require.Equal(t, seq >= 1000, lost[seq], "row %d", seq)
	}
	require.Error(t, db.Close())
}

func TestClosed(t *testing.T) {
	db := fresh(t)
	run := starts(t, db, Real, "d1")
	require.NoError(t, db.Close())
	err := run.Intend(account, new(command(0, sim(0), "L100")), jobs.Standing{}).Begin(t.Context())
	require.ErrorContains(t, err, "closed")
	var told atomic.Int64
	require.ErrorContains(t, run.Record(new(query(0, sim(0))), &jobs.Result{}, func(error) { told.Add(1) }), "closed")
	require.Zero(t, told.Load())
}

// The ledger closes while rows are still being written: each is either there or
// was refused.
func TestCloseWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	db := opens(t, path)
	run := starts(t, db, Real, "d1")
	var kept sync.Map
	var all errgroup.Group
	for worker := range 8 {
		all.Go(func() error {
			for i := 0; ; i++ {
				seq := i*8 + worker
				row := query(seq, sim(seq%100))
				kept.Store(seq, true)
				drop := func(error) { kept.Delete(seq) }
				if err := run.Record(&row, new(result(row, jobs.OK, "")), drop); err != nil {
					drop(err)
					return nil
				}
				if err := run.Intend(account, new(command(1<<20+seq, sim(seq), "L100")), jobs.Standing{}).Begin(t.Context()); err != nil {
					return nil
				}
			}
		})
	}
	for range 3 {
		require.NoError(t, db.Flush(t.Context()))
	}
	require.NoError(t, db.Close())
	require.NoError(t, all.Wait())

	again := opens(t, path)
	there := map[int]bool{}
	for _, r := range results(t, again, run.ID) {
		if r.Action == jobs.QueryStatus {
			there[r.Seq] = true
		}
	}
	kept.Range(func(seq, _ any) bool {
		require.True(t, there[seq.(int)], fmt.Sprint("row ", seq))
		delete(there, seq.(int))
		return true
	})
	require.Empty(t, there)
}
