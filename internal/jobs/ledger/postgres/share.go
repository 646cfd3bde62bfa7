package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs/ledger/store"
)

var _ store.Sharer = (*Store)(nil)

// classShare is half of the key of the lock under which processes are counted: of
// two that come at once, the second counts the first.
const classShare = classAccount - 5

// Share is part of [store.Sharer].
func (s *Store) Share(ctx context.Context, account string, rate float64) (processes int, lowest float64, err error) {
	err = pgx.BeginFunc(ctx, s.read, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, hashtext($2))`, classShare, account); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM budgets WHERE account = $1 AND alive < clock_timestamp() - make_interval(secs => $2)`, account, store.ShareFor.Seconds())
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO budgets (account, process, rate, alive) VALUES ($1, $2, $3, clock_timestamp())
			ON CONFLICT (account, process) DO UPDATE SET rate = excluded.rate, alive = excluded.alive`, account, s.process, rate)
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT count(*), min(rate) FROM budgets WHERE account = $1`, account).Scan(&processes, &lowest)
	})
	return processes, lowest, err
}

// Unshare is part of [store.Sharer].
func (s *Store) Unshare(ctx context.Context, account string) error {
	_, err := s.read.Exec(ctx, `DELETE FROM budgets WHERE account = $1 AND process = $2`, account, s.process)
	return err
}
