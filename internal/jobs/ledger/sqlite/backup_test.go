package sqlite_test

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

// A copy that is made while a run writes is of one moment: it has every act that
// was begun before, and opens as whole.
func TestBackupWhileARunWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	h := at(t, path)
	run := h.Starts(t, ledger.Real, "d1")
	for n := range 3000 {
		ledgertest.Record(t, run, ledgertest.Query(n, ledgertest.SIM(n)), jobs.OK, "")
	}
	var begun atomic.Int64
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			row := ledgertest.Command(1<<16+n, ledgertest.SIM(1<<16+n), "L100")
			if err := run.Intend(ledgertest.Account, &row, jobs.Standing{}).Begin(t.Context()); err != nil {
				t.Error(err)
				return
			}
			begun.Store(int64(n) + 1)
			time.Sleep(time.Millisecond)
		}
	})
	other := at(t, path)
	for range 3 {
		require.Eventually(t, func() bool { return begun.Load() > 20 }, 10*time.Second, time.Millisecond)
		before := int(begun.Load())
		into := filepath.Join(t.TempDir(), "kept.db")
		require.NoError(t, other.Backup(t.Context(), into))
		require.Error(t, other.Backup(t.Context(), into), "it replaces nothing")
		info, err := os.Stat(into)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		left, err := os.ReadDir(filepath.Dir(into))
		require.NoError(t, err)
		require.Len(t, left, 1, "nothing else is left")
		acts := actsAt(t, into)
		require.GreaterOrEqual(t, len(acts), before)
	}
	close(stop)
	writing.Wait()
	told := map[string]int64{}
	require.NoError(t, other.Verify(t.Context(), func(what string, n int64) { told[what] = n }))
	require.EqualValues(t, 3000, told["results"])
	require.Equal(t, begun.Load(), told["acts"])
}
