package ledger

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

const benchRows = 50_000

func benchRun(b *testing.B) (*DB, *Run) {
	db, err := Open(context.Background(), filepath.Join(b.TempDir(), "ledger.db"), Options{Create: true, Now: time.Now})
	require.NoError(b, err)
	b.Cleanup(func() { _ = db.Close() })
	run, err := db.Start(context.Background(), RunInfo{Kind: Real, Accounts: []string{"m2m:a@b"}})
	require.NoError(b, err)
	return db, run
}

func benchResult(seq int) (jobs.Row, jobs.Result) {
	row := jobs.Row{Seq: seq, Line: seq + 2, ICCID: jobs.ICCID(fmt.Sprintf("894450%013d", seq)), Action: jobs.QueryStatus}
	r := jobs.Result{Seq: seq, Action: row.Action, Outcome: jobs.OK, Account: "m2m:sandbox@127.0.0.1:8080", RequestID: "123456789012345",
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

// BenchmarkActs takes commands from intent to outcome, 256 at once, each of
// them durable twice.
func BenchmarkActs(b *testing.B) {
	_, run := benchRun(b)
	seq := 0
	b.ReportAllocs()
	for b.Loop() {
		var group sync.WaitGroup
		for worker := range 256 {
			group.Go(func() {
				for n := worker; n < benchRows; n += 256 {
					row, r := benchResult(seq + n)
					row.Action, row.Group, r.Action, r.Data = jobs.SetAAGroup, "L100", jobs.SetAAGroup, jobs.Data{}
					if err := run.Intend(r.Account, &row, jobs.Standing{}).Begin(context.Background()); err != nil {
						b.Error(err)
					}
					if err := run.Record(&row, &r, func(error) {}); err != nil {
						b.Error(err)
					}
				}
			})
		}
		group.Wait()
		seq += benchRows
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}
