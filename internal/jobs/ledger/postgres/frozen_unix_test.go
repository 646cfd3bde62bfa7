//go:build unix

package postgres_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/postgres"
)

// Two processes send to the same SIMs. The one that holds the account is frozen,
// its session ended, the other works, the first thaws: no SIM is sent to twice.
func TestFrozenHolder(t *testing.T) {
	rounds := 1
	if ledgertest.Long() {
		rounds = 40
	}
	for n := range rounds {
		t.Run(fmt.Sprint("holder ", n), frozenHolder)
	}
}

func frozenHolder(t *testing.T) {
	p := place(t)
	made(t, p.Where)
	sends := filepath.Join(t.TempDir(), "sends")
	first := ledgertest.Spawn(t, p, ledgertest.ChildSends, sends)
	require.Equal(t, "open", first.Says(t))
	first.Go(t)
	require.Equal(t, "begun", first.Says(t))
	lines := func() []string {
		text, err := os.ReadFile(sends)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			require.NoError(t, err)
		}
		return strings.Fields(string(text))
	}
	require.Eventually(t, func() bool { return len(lines()) > 10 }, 20*time.Second, time.Millisecond)
	first.Freeze(t)
	// Whoever waits may end a session that has not been heard of for long.
	sql(t, p.Where, "UPDATE bulk.claims SET alive = clock_timestamp() - interval '46 seconds'")
	second := ledgertest.Spawn(t, p, ledgertest.ChildSends, sends)
	require.Equal(t, "open", second.Says(t))
	second.Go(t)
	require.Equal(t, "begun", second.Says(t), "the account was taken from the frozen one")
	first.Thaw(t)
	first.Rest()
	second.Rest()
	seen := map[string]bool{}
	for _, sim := range lines() {
		require.False(t, seen[sim], "%s twice", sim)
		seen[sim] = true
	}
	require.Greater(t, len(seen), ledgertest.SendMost-10, "the second went on")
}

// A person may end the session of a holder that hangs, and only of one that does.
func TestEndHolder(t *testing.T) {
	p := place(t)
	made(t, p.Where)
	h := ledgertest.Opened(t, p)
	require.ErrorIs(t, h.EndHolder(t.Context(), ledgertest.Account), ledger.ErrFree)
	other := ledgertest.Spawn(t, p, ledgertest.ChildHolds, "")
	require.Equal(t, "held", other.Says(t))
	var busy *ledger.BusyError
	require.ErrorAs(t, h.EndHolder(t.Context(), ledgertest.Account), &busy)
	require.Equal(t, "child", busy.By.User)
	_, err := h.Hold(t.Context(), []string{ledgertest.Account}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy, "it was let alone")

	other.Freeze(t)
	sql(t, p.Where, "UPDATE bulk.claims SET alive = clock_timestamp() - interval '46 seconds'")
	require.NoError(t, h.EndHolder(t.Context(), ledgertest.Account))
	require.Eventually(t, func() bool {
		_, held, err := h.Holder(t.Context(), ledgertest.Account)
		return err == nil && !held
	}, 10*time.Second, 10*time.Millisecond)
	h.Take(t, ledgertest.Account)
}

// Where machines log in as different users, who waits may end another's session only
// with the server's own roles for it; without them a person is told whose it is.
func TestHolderOfAnotherUser(t *testing.T) {
	p := place(t)
	made(t, p.Where)
	sql(t, p.Where, postgres.Grants()...)
	as := func(name string) ledgertest.Place {
		user := fmt.Sprintf("bulk_test_%s_%d", name, os.Getpid())
		sql(t, p.Where, "CREATE ROLE "+user+" LOGIN PASSWORD 'x'", "GRANT bulk_run TO "+user)
		t.Cleanup(func() { sql(t, p.Where, "DROP OWNED BY "+user, "DROP ROLE "+user) })
		return ledgertest.Place{Where: strings.Replace(p.Where, "postgres@", user+"@", 1), Open: p.Open}
	}
	nightly, desk := as("nightly"), as("desk")
	other := ledgertest.Spawn(t, nightly, ledgertest.ChildHolds, "")
	require.Equal(t, "held", other.Says(t))
	other.Freeze(t)
	sql(t, p.Where, "UPDATE bulk.claims SET alive = clock_timestamp() - interval '46 seconds'")
	h := ledgertest.Opened(t, desk)
	_, err := h.Hold(t.Context(), []string{ledgertest.Account}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy)
	require.ErrorContains(t, h.EndHolder(t.Context(), ledgertest.Account), "is the user bulk_test_nightly_")

	sql(t, p.Where, fmt.Sprintf("GRANT pg_read_all_stats, pg_signal_backend TO bulk_test_desk_%d", os.Getpid()))
	hold, err := h.Hold(t.Context(), []string{ledgertest.Account}, 20*time.Second)
	require.NoError(t, err)
	hold.Release()
}
