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
