package ledger_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

// A SIM is found in every run, however many there are: it is looked for in some
// thousands of them at a time.
func TestHistoryOfManyRuns(t *testing.T) {
	h := ledgertest.Opened(t, ledgertest.NewMemory(t))
	want := []int64{1, 4999, 5000, 5001, 10_000, 10_001, 10_003}
	for n := int64(1); n <= 10_003; n++ {
		run := h.Starts(t, ledger.Real, "d1")
		if slices.Contains(want, n) {
			ledgertest.Record(t, run, ledgertest.Query(0, ledgertest.SIM(1)), jobs.OK, "")
		}
	}
	events, err := h.History(t.Context(), ledgertest.SIM(1))
	require.NoError(t, err)
	var runs []int64
	for _, e := range events {
		runs = append(runs, e.Run)
	}
	require.ElementsMatch(t, want, runs)
}

// The newest runs are found, however many are wanted and wherever they are.
func TestNewestRuns(t *testing.T) {
	h := ledgertest.Opened(t, ledgertest.NewMemory(t))
	for range 700 {
		h.Starts(t, ledger.Real, "d1")
	}
	any := func(ledger.RunInfo) bool { return true }
	for _, c := range []struct {
		most  int
		meant func(ledger.RunInfo) bool
		n     int
		last  int64
		more  bool
	}{
		{0, any, 700, 1, false}, {50, any, 50, 651, true}, {64, any, 64, 637, true}, {65, any, 65, 636, true}, {600, any, 600, 101, true},
		{699, any, 699, 2, true}, {700, any, 700, 1, false}, {701, any, 700, 1, false},
		{10, func(r ledger.RunInfo) bool { return r.ID <= 20 }, 10, 11, true}, {20, func(r ledger.RunInfo) bool { return r.ID <= 20 }, 20, 1, false},
	} {
		found, more, err := h.NewestRuns(t.Context(), c.most, c.meant)
		require.NoError(t, err)
		require.Len(t, found, c.n)
		require.Equal(t, c.last, found[c.n-1].ID)
		require.Equal(t, c.more, more, c)
	}
}
