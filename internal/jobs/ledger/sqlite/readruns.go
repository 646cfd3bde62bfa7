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
	for _, is := range []struct{ column, value string }{{"kind", string(q.Kind)}, {"digest", q.Digest}, {"output_digest", q.OutputDigest}, {"ledger", q.From}} {
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
	const columns = `SELECT id, kind, input, digest, sheet, columns, action, "group", accounts, settings, user, host, version, started_at, coalesce(resumed_at, ''),
		coalesce(ended_at, ''), ending, coalesce(not_run, -1), tally, output, output_digest, coalesce(published_at, ''), coalesce(pruned_at, '')`
	err = s.reading(ctx, func() error {
		all = nil
		carried, err := s.hasCarried()
		if err != nil || q.From != "" && !carried {
			return err
		}
		from := ", '', 0, '', '', '', '' FROM runs"
		if carried {
			from = ", coalesce(ledger, ''), coalesce(number, 0), coalesce(name, ''), coalesce(by_user, ''), coalesce(reason, ''), coalesce(at, '') FROM runs LEFT JOIN origins ON run = id"
		}
		return s.list(ctx, columns+from+c.where()+" ORDER BY id DESC LIMIT ?", append(c.args, limit), func(scan scanner) error {
			r, err := scanRun(scan)
			all = append(all, r)
			return err
		})
	})
	return all, err
}

func scanRun(scan scanner) (store.Run, error) {
	var r store.Run
	var accounts, started, resumed, ended, tally, published, pruned, carried string
	err := scan(&r.ID, &r.Kind, &r.Input, &r.Digest, &r.Sheet, &r.Columns, &r.Action, &r.Group, &accounts, &r.Settings, &r.User, &r.Host, &r.Version,
		&started, &resumed, &ended, &r.Ending, &r.NotRun, &tally, &r.Output, &r.OutputDigest, &published, &pruned,
		&r.Origin.Ledger, &r.Origin.Run, &r.Origin.Name, &r.Origin.User, &r.Origin.Reason, &carried)
	if err != nil {
		return r, err
	}
	if accounts != "" {
		r.Accounts = strings.Split(accounts, ",")
	}
	r.StartedAt, r.ResumedAt, r.EndedAt = unstamp(started), unstamp(resumed), unstamp(ended)
	r.PublishedAt, r.PrunedAt, r.Origin.At = unstamp(published), unstamp(pruned), unstamp(carried)
	return r, json.Unmarshal([]byte(tally), &r.Tally)
}

// hasCarried reports whether runs of other ledgers were carried into this one.
func (s *Store) hasCarried() (has bool, err error) {
	err = s.list(context.Background(), `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'origins')`, nil, func(scan scanner) error { return scan(&has) })
	return has, err
}
