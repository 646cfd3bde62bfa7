package ledger

import (
	"context"
	"time"
)

// Prune drops the results of runs that ended before the given time, and the
// runs themselves where nothing irreversible belongs to them. Acts, approvals
// and the runs that they belong to are never dropped. It returns how many
// results went, and the digests of inputs that no run needs any more.
func (db *DB) Prune(ctx context.Context, before time.Time) (dropped int, digests []string, err error) {
	limit := stamp(before)
	err = db.write.do(ctx, true, func(s *statements) error {
		result, err := s.exec(`DELETE FROM results WHERE id >> 32 IN (SELECT id FROM runs WHERE ended_at < ?)`, limit)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return err
		}
		dropped = int(n)
		_, err = s.exec(`DELETE FROM runs WHERE ended_at < ? AND not_run = 0 AND published_at IS NOT NULL
			AND id NOT IN (SELECT run FROM acts) AND id NOT IN (SELECT run FROM approvals)`, limit)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	digests, err = db.needed(ctx, limit)
	return dropped, digests, err
}

// needed lists the digests of inputs whose copies are still wanted: those of
// runs that are younger or not finished.
func (db *DB) needed(ctx context.Context, limit string) ([]string, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT DISTINCT digest FROM runs WHERE ended_at IS NULL OR ended_at >= ?
		OR published_at IS NULL OR not_run IS NULL OR not_run > 0`, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var digest string
		if err := rows.Scan(&digest); err != nil {
			return nil, err
		}
		all = append(all, digest)
	}
	return all, rows.Err()
}
