package postgres_test

import (
	"context"
	"os"
	"testing"

	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

func TestMain(m *testing.M) {
	os.Exit(pgtest.Main(func() int { return ledgertest.Main(m, open) }))
}

func open(ctx context.Context, where string, options ledger.Options) (*ledger.DB, error) {
	return ledger.Open(ctx, where, options)
}

// place is a new database.
func place(t *testing.T) ledgertest.Place {
	return ledgertest.Place{Where: pgtest.Database(t), Open: open, Child: true}
}

func TestConformance(t *testing.T) {
	place(t) // without a server one line says so
	ledgertest.Run(t, place)
}
