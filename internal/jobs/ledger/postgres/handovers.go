package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs/ledger/store"
)

var _ store.Handing = (*Store)(nil)

// Handovers is part of [store.Handing].
func (s *Store) Handovers(ctx context.Context, run int64) ([]store.Handover, error) {
	which, args := "h.over_at IS NULL", []any(nil)
	if run != 0 {
		which, args = "h.run = $1", []any{run}
	}
	query := `SELECT run, job, files, since, waits, earlier, (SELECT count(*) FROM approvals a WHERE a.run = h.run) > earlier, stood, idle, over_at, ending, cause
		FROM handovers h WHERE ` + which + ` ORDER BY run`
	return list(ctx, s, query, args, func(row pgx.CollectableRow, h *store.Handover) error {
		var files string
		var since, over *time.Time
		err := row.Scan(&h.Run, &h.Job, &files, &since, &h.Waits, &h.Earlier, &h.Approved, &h.Stood, &h.Idle, &over, &h.Ending, &h.Cause)
		if files != "" {
			h.Files = strings.Split(files, ",")
		}
		h.Since, h.Over = when(since), when(over)
		return err
	})
}

// Beat is part of [store.Handing].
func (s *Store) Beat(ctx context.Context, run int64) error {
	_, err := s.read.Exec(ctx, `UPDATE handovers SET beat = clock_timestamp() WHERE run = $1`, run)
	return err
}

// EndHung is part of [store.Handing].
func (s *Store) EndHung(ctx context.Context, run int64) (ended bool, err error) {
	err = s.reading(ctx, func(ctx context.Context) error {
		return s.read.QueryRow(ctx, `SELECT count(pg_terminate_backend(l.pid)) > 0 FROM pg_locks l
			WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND l.classid::bigint = $1 AND l.objid::bigint = $2 AND l.objsubid = 2 AND l.granted
				AND EXISTS (SELECT 1 FROM handovers WHERE run = $2 AND beat < clock_timestamp() - make_interval(secs => $3))`,
			int64(classRun), run, stuckFor.Seconds()).Scan(&ended)
	})
	return ended, err
}

// KeepPicture is part of [store.Handing].
func (s *Store) KeepPicture(ctx context.Context, run int64, name string, png []byte) error {
	err := s.reading(ctx, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.read, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = on`); err != nil {
				return err
			}
			b := &batch{}
			b.picture(run, name, png)
			return b.send(ctx, tx)
		})
	})
	if err != nil {
		return fmt.Errorf("keeping the picture %s in the ledger: %w", name, err)
	}
	return nil
}

func (b *batch) picture(run int64, name string, png []byte) {
	b.queue.Queue(`INSERT INTO pictures (run, name, bytes) VALUES ($1, $2, $3) ON CONFLICT (run, name) DO UPDATE SET bytes = excluded.bytes`, run, name, png)
}

// Picture is part of [store.Handing].
func (s *Store) Picture(ctx context.Context, run int64, name string) (png []byte, err error) {
	err = s.reading(ctx, func(ctx context.Context) error {
		return s.read.QueryRow(ctx, `SELECT bytes FROM pictures WHERE run = $1 AND name = $2`, run, name).Scan(&png)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = fmt.Errorf("the ledger keeps no picture %s of run %d: %w", name, run, fs.ErrNotExist)
	}
	return png, err
}
