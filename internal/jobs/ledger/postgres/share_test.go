package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger/ledgertest"
)

// Processes that call one account hear of each other, and of the lowest rate; one
// that is gone, or was not heard of for long, counts no more.
func TestShare(t *testing.T) {
	p := place(t)
	h, second := ledgertest.Opened(t, p), ledgertest.Opened(t, p)
	shares := func(h *ledgertest.Handle, account string, rate float64, processes int, lowest float64) {
		t.Helper()
		n, low, err := h.Share(t.Context(), account, rate)
		require.NoError(t, err)
		require.Equal(t, processes, n)
		require.InDelta(t, lowest, low, 0)
	}
	shares(h, ledgertest.Account, 10, 1, 10)
	shares(h, ledgertest.Account, 10, 1, 10)
	shares(second, ledgertest.Account, 4, 2, 4)
	shares(h, ledgertest.Account, 10, 2, 4)
	shares(second, ledgertest.Other, 50, 1, 50)
	require.NoError(t, second.Unshare(t.Context(), ledgertest.Account))
	shares(h, ledgertest.Account, 10, 1, 10)
	shares(second, ledgertest.Account, 4, 2, 4)
	sql(t, p.Where, "UPDATE bulk.budgets SET alive = clock_timestamp() - interval '5 seconds' WHERE rate = 4")
	shares(h, ledgertest.Account, 10, 1, 10)
}
