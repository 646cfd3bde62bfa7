package ledgertest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var writingTests = []test{
	{"after the end nothing begins", testClosed},
	{"it closes while rows are written", testCloseWhileWriting},
	{"a context that ends", testContextEnds},
	{"reads are late but in order", testReadsInOrder},
}

func testClosed(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	require.NoError(t, h.Close())
	require.Error(t, run.Intend(Account, new(Command(0, SIM(0), "L100")), jobs.Standing{}).Begin(t.Context()))
	require.Error(t, run.Record(new(Query(0, SIM(0))), &jobs.Result{}, func(error) {}))
	_, err := h.Standing(t.Context(), Account, SIM(0))
	require.Error(t, err)
	_, err = h.Hold(t.Context(), []string{Account}, 0)
	require.Error(t, err)
	require.Error(t, h.Flush(t.Context()))
	again := Opened(t, p)
	require.Empty(t, again.States(t, SIM(0)))
}

// Each row is either there or was refused.
func testCloseWhileWriting(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	var kept sync.Map
	var begun sync.Map
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				seq := i*8 + worker
				row := Query(seq, SIM(seq%100))
				kept.Store(seq, true)
				drop := func(error) { kept.Delete(seq) }
				if err := run.Record(&row, new(Result(row, jobs.OK, "")), drop); err != nil {
					drop(err)
					return
				}
				command := Command(1<<20+seq, SIM(seq), "L100")
				if err := run.Intend(Account, &command, jobs.Standing{}).Begin(context.Background()); err != nil {
					return
				}
				begun.Store(seq, true)
			}
		})
	}
	for range 3 {
		require.NoError(t, h.Flush(t.Context()))
	}
	require.NoError(t, h.Close())
	all.Wait()

	again := Opened(t, p)
	there := map[int]bool{}
	for _, r := range again.Recorded(t, run.ID) {
		if r.Action == jobs.QueryStatus {
			there[r.Seq] = true
		}
	}
	kept.Range(func(seq, _ any) bool {
		require.True(t, there[seq.(int)], "row %d", seq)
		delete(there, seq.(int))
		return true
	})
	require.Empty(t, there)
	begun.Range(func(seq, _ any) bool {
		require.Equal(t, []ledger.State{ledger.Intended}, again.States(t, SIM(seq.(int))))
		return true
	})
}

func testContextEnds(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for seq := range 20 {
		err := run.Intend(Account, new(Command(seq, SIM(seq), "L100")), jobs.Standing{}).Begin(ctx)
		state := h.Stands(t, SIM(seq)).State
		if err == nil {
			require.Equal(t, jobs.InDoubt, state, "what Begin says is so")
			continue
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, jobs.Untouched, state)
	}
}

func testReadsInOrder(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	for seq := range 300 {
		Record(t, run, Query(seq, SIM(seq)), jobs.OK, "")
	}
	Record(t, run, Query(7, SIM(7)), jobs.Failed, jobs.Timeout)
	require.NoError(t, run.End(t.Context(), ledger.Ended{}))
	all := h.Recorded(t, run.ID)
	require.Len(t, all, 300, "the end is after all that came before")
	require.Equal(t, jobs.Failed, all[7].Outcome)
}
