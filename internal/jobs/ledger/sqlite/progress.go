package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"bulk/internal/jobs/ledger/store"
)

// progressTable is made when a run first says how far it is. It is no part of the
// schema: nothing stands on it, and an older bulk does not miss it.
const progressTable = `CREATE TABLE IF NOT EXISTS progress (
	run INTEGER PRIMARY KEY, done INTEGER NOT NULL, total INTEGER NOT NULL, per_s REAL NOT NULL, left_s REAL NOT NULL, paused INTEGER NOT NULL, at TEXT NOT NULL) STRICT`

// progressTally is a table of its own: that of progress may be there from before there was
// this.
const progressTally = `CREATE TABLE IF NOT EXISTS progress_tally (run INTEGER PRIMARY KEY, tally TEXT NOT NULL) STRICT`

func (s *Store) tell(op *store.Tell) error {
	p := op.Progress
	tally, err := json.Marshal(p.Tally)
	if err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(context.Background(), progressTable+"; "+progressTally); err != nil {
		return err
	}
	if err := s.do(`INSERT OR REPLACE INTO progress_tally (run, tally) VALUES (?, ?)`, p.Run, string(tally)); err != nil {
		return err
	}
	_, err = s.conn.ExecContext(context.Background(), `INSERT OR REPLACE INTO progress (run, done, total, per_s, left_s, paused, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
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
		if there, err := s.hasTable("progress"); err != nil || !there {
			return err
		}
		tally, join := `'{}'`, ""
		if there, err := s.hasTable("progress_tally"); err != nil {
			return err
		} else if there {
			tally, join = `coalesce(tally, '{}')`, ` LEFT JOIN progress_tally USING (run)`
		}
		return s.list(ctx, `SELECT run, done, total, per_s, left_s, paused, at, `+tally+` FROM progress`+join+c.where(), c.args, func(scan scanner) error {
			var p store.Progress
			var left float64
			var at, outcomes string
			if err := scan(&p.Run, &p.Done, &p.Total, &p.Rate, &left, &p.Paused, &at, &outcomes); err != nil {
				return err
			}
			p.Left, p.At = time.Duration(left*float64(time.Second)), unstamp(at)
			all = append(all, p)
			return json.Unmarshal([]byte(outcomes), &all[len(all)-1].Tally)
		})
	})
	return all, err
}

// hasTable reports whether there is a table that is made when it is first needed.
func (s *Store) hasTable(name string) (there bool, err error) {
	err = s.one(`SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '`+name+`')`, &there)
	return there, err
}

// countedTable is made like that of progress, and is no part of the schema either.
const countedTable = `CREATE TABLE IF NOT EXISTS counted (
	run INTEGER NOT NULL, start INTEGER NOT NULL, counts TEXT NOT NULL, timeline BLOB NOT NULL, PRIMARY KEY (run, start)) STRICT`

func (s *Store) count(op *store.Count) error {
	if _, err := s.conn.ExecContext(context.Background(), countedTable); err != nil {
		return err
	}
	c := op.Counted
	return s.do(`INSERT INTO counted (run, start, counts, timeline) VALUES (?, ?, ?, ?)
		ON CONFLICT (run, start) DO UPDATE SET counts = excluded.counts, timeline = CASE WHEN excluded.timeline = x'' THEN timeline ELSE excluded.timeline END`,
		c.Run, c.Start, c.Counts, append([]byte{}, c.Timeline...))
}

// Counted is part of [store.Reader].
func (s *Store) Counted(ctx context.Context, run int64, timelines bool) (all []store.Counted, err error) {
	err = s.reading(ctx, func() error {
		all = nil
		if there, err := s.hasTable("counted"); err != nil || !there {
			return err
		}
		return s.list(ctx, `SELECT run, start, counts, CASE WHEN ? THEN timeline ELSE NULL END FROM counted WHERE run = ? ORDER BY start`, []any{timelines, run}, func(scan scanner) error {
			var c store.Counted
			err := scan(&c.Run, &c.Start, &c.Counts, &c.Timeline)
			all = append(all, c)
			return err
		})
	})
	return all, err
}

// forgetCounted drops what the starts of a run have counted.
func (s *Store) forgetCounted(run int64) error {
	there, err := s.hasTable("counted")
	if err != nil || !there {
		return err
	}
	return s.do(`DELETE FROM counted WHERE run = ?`, run)
}
