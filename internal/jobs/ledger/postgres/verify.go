package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs/ledger/store"
)

// Verify is part of [store.Verifier]. That pages are whole is the server's own
// business (data_checksums, pg_amcheck).
func (s *Store) Verify(ctx context.Context, told func(what string, rows int64)) error {
	var twice int64
	for _, c := range []struct{ what, query string }{
		{"acts", `SELECT count(*) FROM acts`}, {"results", `SELECT count(*) FROM results WHERE data::jsonb IS NOT NULL`},
		{"runs", `SELECT count(*) FROM runs WHERE tally::jsonb IS NOT NULL`}, {"approvals", `SELECT count(*) FROM approvals WHERE groups::jsonb IS NOT NULL`},
	} {
		var n int64
		if err := s.read.QueryRow(ctx, c.query).Scan(&n); err != nil {
			return fmt.Errorf("%w: %s: %w", store.ErrCorrupt, c.what, err)
		}
		told(c.what, n)
	}
	// Not by way of the key, which is what is in question.
	err := s.read.QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM acts WHERE state || '' IN ('intent', 'unknown', 'cannot_tell', 'done', 'resolved_done')
		GROUP BY account || '', sim || '', action HAVING count(*) > 1) AS twice`).Scan(&twice)
	if err != nil {
		return err
	}
	if twice > 0 {
		return fmt.Errorf("%w: %d SIMs have two acts that bar each other: the unique key does not hold", store.ErrCorrupt, twice)
	}
	rows, err := s.read.Query(ctx, `SELECT DISTINCT digest FROM inputs`)
	if err != nil {
		return err
	}
	digests, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, digest := range digests {
		if err := s.Input(ctx, digest, io.Discard); err != nil {
			return err
		}
	}
	told("inputs", int64(len(digests)))
	return err
}

// Facts is part of [store.Describer].
func (s *Store) Facts(ctx context.Context) (all []store.Fact, err error) {
	for _, f := range []struct{ name, query string }{
		{"server", `SELECT 'PostgreSQL ' || current_setting('server_version')`},
		{"schema", `SELECT version::text FROM meta`},
		{"bytes", `SELECT pg_database_size(current_database())::text`},
		{"synchronous standbys", `SELECT coalesce(nullif(current_setting('synchronous_standby_names'), ''), 'none named')`},
		{"standbys now", `SELECT count(*)::text FROM pg_stat_replication`},
		{"page checksums", `SELECT current_setting('data_checksums')`},
	} {
		var value string
		if err := s.read.QueryRow(ctx, f.query).Scan(&value); err != nil {
			return nil, s.at.unreachable(err)
		}
		all = append(all, store.Fact{Name: f.name, Value: value})
	}
	return all, nil
}

// End is part of [store.Releaser]. It asks the server to end the very session that
// wrote the claim, where it has not been heard of for long.
func (s *Store) End(ctx context.Context, account string) error {
	var alive *time.Time
	var now time.Time
	var pid *int
	var hidden *bool
	var user *string
	err := s.read.QueryRow(ctx, `SELECT c.alive, clock_timestamp(), a.pid, a.backend_start IS NULL, a.usename FROM claims c
		LEFT JOIN pg_stat_activity a ON a.pid = c.backend AND (a.backend_start = c.backend_start OR a.backend_start IS NULL)
		WHERE c.account = $1 AND c.since IS NOT NULL`, account).Scan(&alive, &now, &pid, &hidden, &user)
	switch {
	case errors.Is(err, pgx.ErrNoRows), err == nil && pid == nil:
		return fmt.Errorf("%s: %w", account, store.ErrFree)
	case err != nil:
		return s.at.unreachable(err)
	case now.Sub(when(alive)) < stuckFor:
		by, err := s.claimed(ctx, account)
		if err != nil {
			return err
		}
		return &store.BusyError{Account: account, By: by}
	}
	if !*hidden { // of other users' sessions it is not told when they began
		if _, err = s.read.Exec(ctx, `SELECT pg_terminate_backend($1)`, *pid); stateOf(err) != noRights {
			return err
		}
	}
	return &Problem{Text: fmt.Sprintf("the session that holds %s is the user %s's, and the user %s may not end it: do it as %[2]s, or have an administrator say SELECT pg_terminate_backend(%[4]d)",
		account, *user, s.at.config.User, *pid)}
}
