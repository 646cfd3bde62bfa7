package postgres_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/postgres"
	"bulk/internal/jobs/ledger/postgres/pgtest"
	"bulk/internal/jobs/ledger/store"
)

// made makes a ledger in a new database.
func made(t *testing.T, where string) {
	t.Helper()
	s, err := postgres.Open(t.Context(), where, ledgertest.Options(true))
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// sql executes statements in a database.
func sql(t *testing.T, where string, statements ...string) {
	t.Helper()
	ctx := context.Background() // also while a test is tidied up
	conn, err := pgx.Connect(ctx, where)
	require.NoError(t, err)
	defer conn.Close(ctx)
	for _, s := range statements {
		_, err := conn.Exec(ctx, s)
		require.NoError(t, err, s)
	}
}

// refused opens a ledger that must not be used, and gives what is said.
func refused(t *testing.T, where string) *postgres.Problem {
	t.Helper()
	s, err := postgres.Open(t.Context(), where, ledgertest.Options(false))
	if err == nil {
		_ = s.Close()
	}
	var p *postgres.Problem
	require.ErrorAs(t, err, &p)
	require.NotEmpty(t, p.Hint)
	return p
}

// What is no ledger, or one that does not keep its promises, is refused.
func TestRefusesWhatIsNoLedger(t *testing.T) {
	for _, c := range []struct {
		name, statement, says string
		is                    error
	}{
		{"none there", `DROP SCHEMA bulk CASCADE`, "there is no ledger in postgres://", store.ErrMissing},
		{"newer", `UPDATE bulk.meta SET version = 99`, "newer bulk (its schema is 99", store.ErrNewer},
		{"older", `UPDATE bulk.meta SET version = 1`, "the ledger's schema is 1, this bulk needs 5", nil},
		{"without its key", `DROP INDEX bulk.acts_open_or_done`, "no valid unique key", store.ErrCorrupt},
		{"with another index in its place", `DROP INDEX bulk.acts_open_or_done; CREATE INDEX acts_open_or_done ON bulk.acts (account)`, "no valid unique key", store.ErrCorrupt},
		{"not outliving a crash", `ALTER TABLE bulk.results SET UNLOGGED`, "unlogged", store.ErrCorrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			where := pgtest.Database(t)
			made(t, where)
			sql(t, where, c.statement)
			p := refused(t, where)
			require.Contains(t, p.Text, c.says)
			require.False(t, p.Retry)
			if c.is != nil {
				require.ErrorIs(t, p, c.is)
			}
		})
	}
}

// An act is never deleted, whoever asks.
func TestActsStay(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	conn, err := pgx.Connect(t.Context(), where)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for _, statement := range []string{"DELETE FROM bulk.acts", "TRUNCATE bulk.acts CASCADE"} {
		_, err := conn.Exec(t.Context(), statement)
		require.ErrorContains(t, err, "an act is never deleted")
	}
}

// A server that loses what it confirms is refused.
func TestRefusesAServerThatForgets(t *testing.T) {
	pgtest.Database(t) // is there any?
	for _, setting := range []string{"fsync", "full_page_writes"} {
		s, err := pgtest.Start(setting + " = off")
		require.NoError(t, err)
		defer s.Stop()
		where := s.Database(t)
		require.Contains(t, refused(t, where).Text, "the server does not keep what it confirms ("+setting+" = off)")
	}
}

// The roles that are proposed suffice, and are no more than that: nobody who
// runs can change what was sent to whom.
func TestGrants(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	user := fmt.Sprintf("bulk_test_user_%d", os.Getpid())
	sql(t, where, "CREATE ROLE "+user+" LOGIN PASSWORD 'x'")
	t.Cleanup(func() { sql(t, where, "DROP OWNED BY "+user, "DROP ROLE "+user) })
	as := strings.Replace(where, "postgres@", user+"@", 1)

	p := refused(t, as)
	require.Contains(t, p.Text, user)
	sql(t, where, postgres.Grants()...)
	sql(t, where, "GRANT USAGE ON SCHEMA bulk TO "+user)
	p = refused(t, as)
	require.Contains(t, p.Text, "SELECT on meta, runs", "all at once")
	require.Contains(t, p.Text, "UPDATE on runs")
	require.Contains(t, p.Hint, "GRANT bulk_run TO "+user)

	sql(t, where, "GRANT bulk_run TO "+user)
	h := ledgertest.Opened(t, ledgertest.Place{Where: as, Open: open})
	run := h.Starts(t, "run", "d1")
	ledgertest.Sends(t, run, ledgertest.Command(0, ledgertest.SIM(0), "L100"), "ok")
	ledgertest.SendsOver(t, h, run, ledgertest.Command(1, ledgertest.SIM(0), "L200"), "failed")
	ledgertest.Sends(t, run, ledgertest.Command(2, ledgertest.SIM(1), "L100"), "unknown")
	_, err := h.Resolve(t.Context(), ledgertest.Account, ledgertest.SIM(1), "done", "", "ann", "looked")
	require.NoError(t, err)
	require.NoError(t, h.Init(t.Context(), "ann", "new"))
	_, err = h.SameAccount(t.Context(), ledgertest.Account, ledgertest.Other, "ann", "one")
	require.Error(t, err, "while it is held")
	h.GiveBack(ledgertest.Account)
	_, err = h.SameAccount(t.Context(), ledgertest.Account, ledgertest.Other, "ann", "one")
	require.NoError(t, err)

	// Whoever only looks needs less, and is given no activation codes.
	sql(t, where, "REVOKE bulk_run FROM "+user, "GRANT bulk_read TO "+user)
	require.Contains(t, refused(t, as).Text, "INSERT on runs")
	options := ledgertest.Options(false)
	options.Look = true
	looking, err := open(t.Context(), as, options)
	require.NoError(t, err)
	runs, err := looking.Runs(t.Context())
	require.NoError(t, err)
	require.Len(t, runs, 1)
	acts, err := looking.ActsOn(t.Context(), ledgertest.SIM(0))
	require.NoError(t, err)
	require.Len(t, acts, 2)
	require.NoError(t, looking.Close())
	conn, err := pgx.Connect(t.Context(), as)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "SELECT data FROM bulk.results")
	require.ErrorContains(t, err, "permission denied")
	_, err = conn.Exec(t.Context(), "SELECT outcome FROM bulk.row_history")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))

	sql(t, where, "GRANT bulk_run TO "+user)
	conn, err = pgx.Connect(t.Context(), as)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for _, statement := range []string{
		"UPDATE bulk.acts SET iccid = '1'", "UPDATE bulk.acts SET sim = '1'", `UPDATE bulk.acts SET "group" = 'x'`, "DELETE FROM bulk.acts", "TRUNCATE bulk.acts",
		"DELETE FROM bulk.results", "DELETE FROM bulk.approvals", "UPDATE bulk.approvals SET reason = ''", "UPDATE bulk.meta SET version = 2", "DROP TABLE bulk.acts",
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.Error(t, err, statement)
	}
}

// A password in the address would stand in every list of processes.
func TestAddress(t *testing.T) {
	for _, where := range []string{"postgres://ops:secret@db/bulk", "postgres://db/bulk?password=secret", "postgresql://db/bulk?sslpassword=secret"} {
		_, err := postgres.Open(t.Context(), where, ledgertest.Options(false))
		require.ErrorIs(t, err, postgres.ErrPassword)
		require.NotContains(t, err.Error(), "secret")
		require.NotContains(t, postgres.Shown(where), "secret")
		require.True(t, postgres.Is(where))
	}
	require.Equal(t, "postgres://ops@db.example/bulk?sslmode=require", postgres.Shown("postgresql://ops:x@db.example/bulk?sslmode=require&password=y"))
	for _, where := range []string{"ledger.db", "/var/lib/postgres", "postgres:", `C:\postgres`} {
		require.False(t, postgres.Is(where), where)
	}
	p := refused(t, "postgres://ops@127.0.0.1:1/bulk")
	require.True(t, p.Retry)
	require.Contains(t, p.Text, "the ledger postgres://ops@127.0.0.1:1/bulk cannot be reached: ")
	require.Contains(t, p.Text, "connection refused")
	p = refused(t, "postgres://ops@no-such-host.invalid/bulk")
	require.Contains(t, p.Text, "no address is known for the host no-such-host.invalid")
}

// A ledger of schema 1 is one of the newest once its owner has said bulk ledger
// init; nobody else changes it.
func TestMigration(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	sql(t, where, `DROP INDEX bulk.results_by_sim`, `DROP TABLE bulk.handovers, bulk.pictures, bulk.origins, bulk.counted`, `ALTER TABLE bulk.progress DROP tally`, `UPDATE bulk.meta SET version = 1`)
	require.Contains(t, refused(t, where).Hint, "bulk ledger init")
	made(t, where)
	s, err := postgres.Open(t.Context(), where, ledgertest.Options(false))
	require.NoError(t, err)
	require.NoError(t, s.Close())

	conn, err := pgx.Connect(t.Context(), where)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	definition := func() (text string) {
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT string_agg(indexdef, ';' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'bulk'`).Scan(&text))
		return text
	}
	migrated := definition()
	require.Contains(t, migrated, "results_by_sim ON bulk.results USING btree (run, iccid)")
	_, err = conn.Exec(t.Context(), `DROP SCHEMA bulk CASCADE`)
	require.NoError(t, err)
	made(t, where)
	require.Equal(t, definition(), migrated, "as if it had been made today")
}

// A SIM's history is found by way of an index in each run.
func TestASIMsRowsAreNotScannedFor(t *testing.T) {
	where := pgtest.Database(t)
	made(t, where)
	conn, err := pgx.Connect(t.Context(), where)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), `INSERT INTO bulk.results SELECT n / 1000, n, n, n::text, '', '', '', '', '', '', '', '', 1, 1, NULL, 1, '{}' FROM generate_series(1, 20000) n`)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `ANALYZE bulk.results`)
	require.NoError(t, err)
	rows, err := conn.Query(t.Context(), `EXPLAIN SELECT * FROM `+postgres.RowsOfSIM, int64(1), int64(3), []string{"4711"})
	require.NoError(t, err)
	steps, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Contains(t, strings.Join(steps, "\n"), "results_by_sim")
}
