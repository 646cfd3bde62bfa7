package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	pruneMost  = 5000                  // results dropped in one commit
	pruneBreak = 20 * time.Millisecond // between two, for a run that waits to write
)

// lastSign is when a run was last heard of.
const lastSign = `max(started_at, coalesce(resumed_at, ''), coalesce(ended_at, ''))`

// Prune drops the results of runs last heard of before the given time, and the
// runs themselves where nothing irreversible belongs to them. Acts, approvals
// and the runs that they belong to are never dropped, nor anything of a run that
// is under way. It returns how many results went, and the digests of the inputs
// that belong to the other runs.
func (db *DB) Prune(ctx context.Context, before time.Time) (dropped int, digests []string, err error) {
	old, err := db.runs(ctx, `WHERE `+lastSign+` < ? ORDER BY id`, stamp(before))
	if err != nil {
		return 0, nil, err
	}
	digests, err = db.needed(ctx, stamp(before))
	if err != nil {
		return 0, nil, err
	}
	for _, run := range old {
		n, err := db.drop(ctx, run)
		dropped += n
		switch {
		case errors.Is(err, ErrBusy):
			digests = append(digests, run.Digest)
		case err != nil:
			return dropped, nil, fmt.Errorf("pruning run %d: %w", run.ID, err)
		}
	}
	return dropped, digests, nil
}

// drop drops a run's results, little by little, and the run if it may.
func (db *DB) drop(ctx context.Context, run RunInfo) (dropped int, err error) {
	if !run.Finished() {
		// It may be under way; its accounts say so.
		release, err := db.Lock(ctx, run.Accounts, 0)
		if err != nil {
			return 0, err
		}
		defer release()
	}
	for {
		n, err := db.delete(ctx, `DELETE FROM results WHERE id IN (SELECT id FROM results WHERE id >= ? AND id < ? LIMIT ?)`,
			run.first(), run.first()+1<<32, pruneMost)
		dropped += n
		if err != nil {
			return dropped, err
		}
		if n < pruneMost {
			break
		}
		select {
		case <-time.After(pruneBreak):
		case <-ctx.Done():
			return dropped, ctx.Err()
		}
	}
	_, err = db.delete(ctx, `DELETE FROM runs WHERE id = ? AND NOT EXISTS (SELECT 1 FROM acts WHERE run = runs.id)
		AND NOT EXISTS (SELECT 1 FROM approvals WHERE run = runs.id)`, run.ID)
	return dropped, err
}

func (db *DB) delete(ctx context.Context, statement string, args ...any) (int, error) {
	var dropped int64
	err := db.write.do(ctx, change{apply: func(s *statements) error {
		result, err := s.exec(statement, args...)
		if err == nil {
			dropped, err = result.RowsAffected()
		}
		return err
	}})
	return int(dropped), err
}

// needed lists the digests of the inputs whose copies are still wanted: those
// of runs that were heard of since.
func (db *DB) needed(ctx context.Context, limit string) ([]string, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT DISTINCT digest FROM runs WHERE `+lastSign+` >= ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the runs of the ledger: %w", explain(err))
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
