package sqlite

import (
	"context"
	"time"

	"bulk/internal/jobs/ledger/store"
)

// progressTable is made when a run first says how far it is. It is no part of the
// schema: nothing stands on it, and an older bulk does not miss it.
const progressTable = `CREATE TABLE IF NOT EXISTS progress (
	run INTEGER PRIMARY KEY, done INTEGER NOT NULL, total INTEGER NOT NULL, per_s REAL NOT NULL, left_s REAL NOT NULL, paused INTEGER NOT NULL, at TEXT NOT NULL) STRICT`

func (s *Store) tell(op *store.Tell) error {
	if _, err := s.conn.ExecContext(context.Background(), progressTable); err != nil {
		return err
	}
	p := op.Progress
	_, err := s.conn.ExecContext(context.Background(), `INSERT OR REPLACE INTO progress (run, done, total, per_s, left_s, paused, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		p.Run, p.Done, p.Total, p.Rate, p.Left.Seconds(), p.Paused, stamp(p.At))
	return err
}

// Progress is part of [store.Reader].
func (s *Store) Progress(ctx context.Context, runs []int64) (all []store.Progress, err error) {
	if len(runs) == 0 {
		return nil, nil
	}
	var c condition
	anyOf(&c, "run", runs)
	err = s.reading(ctx, func() error {
		all = nil
		var there bool
		if err := s.one(`SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'progress')`, &there); err != nil || !there {
			return err
		}
		return s.list(ctx, `SELECT run, done, total, per_s, left_s, paused, at FROM progress`+c.where(), c.args, func(scan scanner) error {
			var p store.Progress
			var left float64
			var at string
			err := scan(&p.Run, &p.Done, &p.Total, &p.Rate, &left, &p.Paused, &at)
			p.Left, p.At = time.Duration(left*float64(time.Second)), unstamp(at)
			all = append(all, p)
			return err
		})
	})
	return all, err
}
