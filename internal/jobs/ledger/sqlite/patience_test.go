package sqlite_test

import (
	"context"
	"database/sql"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

// holdsFile is another program that holds a ledger's file, until let go.
func holdsFile(t *testing.T, path, how string) (letGo func()) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+path)
	require.NoError(t, err)
	conn, err := pool.Conn(context.Background())
	require.NoError(t, err)
	for _, statement := range []string{how, "SELECT count(*) FROM acts"} {
		_, err = conn.ExecContext(context.Background(), statement)
		require.NoError(t, err)
	}
	return func() {
		_, err := conn.ExecContext(context.Background(), "ROLLBACK")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.NoError(t, pool.Close())
	}
}

// Where another program holds the file, an intent waits, saying so; it is neither
// refused nor sent.
func TestAnotherProgramHoldsTheFile(t *testing.T) {
	for _, how := range []string{"BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"} {
		t.Run(how, func(t *testing.T) {
			p := place(t)
			options := ledgertest.Options(true)
			var told atomic.Int64
			options.MaxOutage, options.Waiting = time.Minute, func(waited time.Duration) { told.Store(int64(waited)) }
			db, err := ledger.Open(t.Context(), p.Where, options)
			require.NoError(t, err)
			defer db.Close()
			run := ledgertest.Held(db).Starts(t, ledger.Real, "d1")
			letGo := holdsFile(t, p.Where, how)
			begun := make(chan error, 1)
			row := ledgertest.Command(0, ledgertest.SIM(0), "L100")
			go func() { begun <- run.Intend(ledgertest.Account, &row, jobs.Standing{}).Begin(context.Background()) }()
			require.Eventually(t, func() bool { return told.Load() > 0 }, 20*time.Second, 10*time.Millisecond, "it is said")
			require.GreaterOrEqual(t, time.Duration(told.Load()), 2*time.Second)
			select {
			case err := <-begun:
				t.Fatalf("it did not wait: %v", err)
			default:
			}
			letGo()
			require.NoError(t, <-begun)
			ledgertest.Record(t, run, row, jobs.OK, "")
		})
	}
}

// A write waits for as long as it may, and no longer.
func TestHeldForTooLong(t *testing.T) {
	p := place(t)
	options := ledgertest.Options(true)
	options.MaxOutage = 700 * time.Millisecond
	db, err := ledger.Open(t.Context(), p.Where, options)
	require.NoError(t, err)
	defer db.Close()
	run := ledgertest.Held(db).Starts(t, ledger.Real, "d1")
	letGo := holdsFile(t, p.Where, "BEGIN EXCLUSIVE")
	defer letGo()
	began := time.Now()
	err = run.Intend(ledgertest.Account, new(ledgertest.Command(0, ledgertest.SIM(0), "L100")), jobs.Standing{}).Begin(t.Context())
	require.ErrorContains(t, err, "another program has held the file for")
	require.GreaterOrEqual(t, time.Since(began), 650*time.Millisecond)
	require.Less(t, time.Since(began), 10*time.Second)
}
