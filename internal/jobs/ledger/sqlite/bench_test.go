package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

const benchRows = 50_000

const benchAccount = "m2m:sandbox@127.0.0.1:8080"

func benchRun(b *testing.B) (*ledger.DB, *ledger.Run) {
	db, err := ledger.Open(context.Background(), filepath.Join(b.TempDir(), "ledger.db"), ledger.Options{Create: true, Now: time.Now})
	require.NoError(b, err)
	b.Cleanup(func() { _ = db.Close() })
	_, err = db.Hold(context.Background(), []string{benchAccount}, 0)
	require.NoError(b, err)
	run, err := db.Start(context.Background(), ledger.RunInfo{Kind: ledger.Real, Accounts: []string{benchAccount}})
	require.NoError(b, err)
	return db, run
}

func benchResult(seq int) (jobs.Row, jobs.Result) {
	row := jobs.Row{Seq: seq, Line: seq + 2, ICCID: jobs.ICCID(fmt.Sprintf("894450%013d", seq)), Action: jobs.QueryStatus}
	r := jobs.Result{Seq: seq, Action: row.Action, Outcome: jobs.OK, Account: benchAccount, RequestID: "123456789012345",
		Attempts: 1, HTTPStatus: 200, Started: time.Now(), Duration: 12 * time.Millisecond}
	r.Data.SIMStatus = "active"
	return row, r
}

func BenchmarkRecordReads(b *testing.B) {
	ctx := context.Background()
	db, run := benchRun(b)
	b.ReportAllocs()
	for b.Loop() {
		for seq := range benchRows {
			row, r := benchResult(seq)
			require.NoError(b, run.Record(&row, &r, func(error) {}))
		}
		require.NoError(b, db.Flush(ctx))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkResults(b *testing.B) {
	ctx := context.Background()
	db, run := benchRun(b)
	for seq := range benchRows {
		row, r := benchResult(seq)
		require.NoError(b, run.Record(&row, &r, func(error) {}))
	}
	require.NoError(b, db.Flush(ctx))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range run.Results(ctx) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		require.Equal(b, benchRows, n)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

// BenchmarkIntents begins commands, so many at once: each of them durable when
// the next of its worker begins.
func BenchmarkIntents(b *testing.B) {
	for _, atOnce := range []int{1, 8, 32, 256} {
		b.Run(fmt.Sprint(atOnce), func(b *testing.B) {
			_, run := benchRun(b)
			benchWorkers(b, atOnce, func(seq int) error {
				row, r := benchCommand(seq)
				return run.Intend(r.Account, &row, jobs.Standing{}).Begin(context.Background())
			})
		})
	}
}

// BenchmarkCommands takes commands from the question how their SIM stands to
// their outcome.
func BenchmarkCommands(b *testing.B) {
	for _, atOnce := range []int{1, 32, 256} {
		b.Run(fmt.Sprint(atOnce), func(b *testing.B) {
			db, run := benchRun(b)
			benchWorkers(b, atOnce, func(seq int) error {
				row, r := benchCommand(seq)
				s, err := db.Standing(context.Background(), r.Account, row.ICCID)
				if err == nil {
					err = run.Intend(r.Account, &row, s).Begin(context.Background())
				}
				if err == nil {
					err = run.Record(&row, &r, func(error) {})
				}
				return err
			})
		})
	}
}

func benchCommand(seq int) (jobs.Row, jobs.Result) {
	row, r := benchResult(seq*7919%1_000_003 + seq/1_000_003*1_000_003) // all over the index
	row.Action, row.Group, r.Action, r.Data = jobs.SetAAGroup, "L100", jobs.SetAAGroup, jobs.Data{}
	return row, r
}

// benchWorkers shares b.N numbers out among workers.
func benchWorkers(b *testing.B, atOnce int, do func(seq int) error) {
	var next atomic.Int64
	var group sync.WaitGroup
	b.ResetTimer()
	for range atOnce {
		group.Go(func() {
			for seq := int(next.Add(1)); seq <= b.N; seq = int(next.Add(1)) {
				if err := do(seq); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
