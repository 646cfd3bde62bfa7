package sqlite

import (
	"context"
	"encoding/json"
	"math"
	"strings"

	"bulk/internal/jobs/ledger/store"
)

// Runs is part of [store.Reader].
func (s *Store) Runs(ctx context.Context, q store.RunQuery) (all []store.Run, err error) {
	var c condition
	for _, is := range []struct{ column, value string }{{"kind", string(q.Kind)}, {"digest", q.Digest}, {"output_digest", q.OutputDigest}} {
		if is.value != "" {
			c.and(is.column+" = ?", is.value)
		}
	}
	if q.ID != 0 {
		c.and("id = ?", q.ID)
	}
	if q.Before != 0 {
		c.and("id < ?", q.Before)
	}
	if q.Open {
		c.and("(not_run IS NULL OR not_run > ?)", 0)
	}
	limit := q.Limit
	if limit == 0 {
		limit = math.MaxInt32
	}
	query := `SELECT id, kind, input, digest, sheet, columns, action, "group", accounts, settings, user, host, version, started_at, coalesce(resumed_at, ''),
		coalesce(ended_at, ''), ending, coalesce(not_run, -1), tally, output, output_digest, coalesce(published_at, ''), coalesce(pruned_at, '')
		FROM runs` + c.where() + " ORDER BY id DESC LIMIT ?"
	err = s.reading(ctx, func() error {
		all = nil
		return s.list(ctx, query, append(c.args, limit), func(scan scanner) error {
			r, err := scanRun(scan)
			all = append(all, r)
			return err
		})
	})
	return all, err
}

func scanRun(scan scanner) (store.Run, error) {
	var r store.Run
	var accounts, started, resumed, ended, tally, published, pruned string
	err := scan(&r.ID, &r.Kind, &r.Input, &r.Digest, &r.Sheet, &r.Columns, &r.Action, &r.Group, &accounts, &r.Settings, &r.User, &r.Host, &r.Version,
		&started, &resumed, &ended, &r.Ending, &r.NotRun, &tally, &r.Output, &r.OutputDigest, &published, &pruned)
	if err != nil {
		return r, err
	}
	if accounts != "" {
		r.Accounts = strings.Split(accounts, ",")
	}
	r.StartedAt, r.ResumedAt, r.EndedAt = unstamp(started), unstamp(resumed), unstamp(ended)
	r.PublishedAt, r.PrunedAt = unstamp(published), unstamp(pruned)
	return r, json.Unmarshal([]byte(tally), &r.Tally)
}
