package postgres_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

// BenchmarkCarry takes a file with a million acts into a database: 30 s is the bound.
func BenchmarkCarry(b *testing.B) {
	for name, acts := range map[string]int{"100k": 100_000, "1M": 1_000_000} {
		b.Run(name, func(b *testing.B) { carryBench(b, acts) })
	}
}

func carryBench(b *testing.B, acts int) {
	ctx := b.Context()
	file := ledgertest.Opened(b, ledgertest.Place{Where: filepath.Join(b.TempDir(), "ledger.db"), Open: ledger.Open})
	all := make([]ledger.Foreign, acts)
	for n := range all {
		all[n] = ledger.Foreign{
			Account: ledgertest.Account, ICCID: jobs.ICCID(fmt.Sprintf("8944120%012d", n)), Group: "L100", Done: n%1000 > 0, At: ledgertest.Began, RequestID: fmt.Sprint(n),
		}
	}
	_, err := file.Copy(ctx, all, "ann", "")
	require.NoError(b, err)
	for b.Loop() {
		b.StopTimer()
		h := ledgertest.Opened(b, ledgertest.Place{Where: pgtest.Database(b), Open: ledger.Open})
		b.StartTimer()
		got, err := h.Carry(ctx, []ledger.Source{{DB: file.DB, Name: "file"}}, "ann", "")
		require.NoError(b, err)
		require.Equal(b, acts, got.From[0].Acts)
		b.StopTimer()
		require.NoError(b, h.Close())
		b.StartTimer()
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/copy")
}
