package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// reading asks the sessions that read, again as long as the server cannot be
// reached, at most MaxOutage.
func (s *Store) reading(ctx context.Context, ask func(context.Context) error) error {
	return s.readingAs(ctx, runner, ask)
}

// readingAs does so with what needs another role.
func (s *Store) readingAs(ctx context.Context, role string, ask func(context.Context) error) error {
	for began, backoff := time.Now(), backoffLeast; ; backoff = min(2*backoff, backoffMost) {
		if s.closed.Load() {
			return errClosed
		}
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if stateOf(err) == noRights {
			return s.lacks(role, err)
		}
		if ctx.Err() != nil || !passingRead(err) || time.Since(began)+backoff >= s.options.MaxOutage {
			return fmt.Errorf("reading the ledger: %w", err)
		}
		time.Sleep(backoff)
	}
}

func passingRead(err error) bool {
	state := stateOf(err)
	return state == "" && lost(err) || state != "" && (state[:2] == "08" || state[:2] == "57")
}

// asker asks: the sessions that read, or a transaction that sees its own writes.
type asker interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}

// condition is what a query's WHERE is made of.
type condition struct {
	terms []string
	args  []any
}

// and adds a term; a ? in it stands for the value.
func (c *condition) and(term string, value any) {
	c.args = append(c.args, value)
	c.terms = append(c.terms, strings.ReplaceAll(term, "?", fmt.Sprint("$", len(c.args))))
}

func (c *condition) where() string {
	if c.terms == nil {
		return ""
	}
	return " WHERE " + strings.Join(c.terms, " AND ")
}

// limit is the end of a query; 0: no limit.
func (c *condition) limit(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(" LIMIT ", n)
}

func words[T ~string](all []T) []string {
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = string(v)
	}
	return texts
}

const selectActs = `SELECT id, run, seq, line, account, iccid, sim, action, "group", found_group, epoch, state, code, intent_at,
	settled_at, request_id, resolved_by, reason, coalesce(replaces, 0), start, canary, was FROM acts`

// Acts is part of [store.Reader].
func (s *Store) Acts(ctx context.Context, q store.ActQuery) (all []store.Act, err error) {
	err = s.reading(ctx, func(ctx context.Context) (err error) {
		all, err = readActs(ctx, s.read, q)
		return err
	})
	return all, err
}

func readActs(ctx context.Context, from asker, q store.ActQuery) ([]store.Act, error) {
	var c condition
	if len(q.IDs) > 0 {
		c.and("id = ANY(?)", q.IDs)
	}
	if len(q.SIMs) > 0 {
		c.and("sim = ANY(?)", words(q.SIMs))
	}
	if q.Account != "" {
		c.and("account = ?", q.Account)
	}
	if q.Run != 0 {
		c.and("run = ?", q.Run)
	}
	if q.States != nil {
		c.and("state = ANY(?)", words(q.States))
		if within(q.States, store.Doubtful) {
			c.terms = append(c.terms, "state IN ('intent', 'unknown', 'cannot_tell')") // as the index of those says it
		}
	}
	if q.After != 0 {
		c.and("id > ?", q.After)
	}
	order := " ORDER BY id"
	if q.Newest {
		order += " DESC"
	}
	rows, err := from.Query(ctx, selectActs+c.where()+order+c.limit(q.Limit), c.args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(row pgx.CollectableRow, a *store.Act) error {
		var at, settled *time.Time
		err := row.Scan(&a.ID, &a.Run, &a.Seq, &a.Line, &a.Account, &a.ICCID, &a.SIM, &a.Action, &a.Group, &a.Found, &a.Epoch, &a.State, &a.Code, &at,
			&settled, &a.RequestID, &a.ResolvedBy, &a.Reason, &a.Replaces, &a.Start, &a.Canary, &a.Was)
		a.At, a.Settled = when(at), when(settled)
		return err
	})
}

func within(some, all []store.State) bool {
	return !slices.ContainsFunc(some, func(s store.State) bool { return !slices.Contains(all, s) })
}

// collect reads all rows; nil where there is none.
func collect[T any](rows pgx.Rows, scan func(pgx.CollectableRow, *T) error) ([]T, error) {
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v T, err error) {
		err = scan(row, &v)
		return v, err
	})
	if len(all) == 0 {
		all = nil
	}
	return all, err
}

// list asks a question and has each row read.
func list[T any](ctx context.Context, s *Store, query string, args []any, scan func(pgx.CollectableRow, *T) error) (all []T, err error) {
	err = s.reading(ctx, func(ctx context.Context) error {
		rows, err := s.read.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		all, err = collect(rows, scan)
		return err
	})
	return all, err
}

// Runs is part of [store.Reader].
func (s *Store) Runs(ctx context.Context, q store.RunQuery) ([]store.Run, error) {
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
	query := `SELECT id, kind, input, digest, sheet, columns, action, "group", accounts, settings, user_name, host, version, started_at, resumed_at,
		ended_at, ending, coalesce(not_run, -1), tally, output, output_digest, published_at, pruned_at,
		coalesce(ledger, ''), coalesce(number, 0), coalesce(name, ''), coalesce(by_user, ''), coalesce(reason, ''), at FROM runs LEFT JOIN origins ON run = id` + c.where() + " ORDER BY id DESC" + c.limit(q.Limit)
	return list(ctx, s, query, c.args, func(row pgx.CollectableRow, r *store.Run) error {
		var accounts, tally string
		var started, resumed, ended, published, pruned, carried *time.Time
		err := row.Scan(&r.ID, &r.Kind, &r.Input, &r.Digest, &r.Sheet, &r.Columns, &r.Action, &r.Group, &accounts, &r.Settings, &r.User, &r.Host, &r.Version,
			&started, &resumed, &ended, &r.Ending, &r.NotRun, &tally, &r.Output, &r.OutputDigest, &published, &pruned,
			&r.Origin.Ledger, &r.Origin.Run, &r.Origin.Name, &r.Origin.User, &r.Origin.Reason, &carried)
		if err != nil {
			return err
		}
		if accounts != "" {
			r.Accounts = strings.Split(accounts, ",")
		}
		r.StartedAt, r.ResumedAt, r.EndedAt = when(started), when(resumed), when(ended)
		r.PublishedAt, r.PrunedAt, r.Origin.At = when(published), when(pruned), when(carried)
		return json.Unmarshal([]byte(tally), &r.Tally)
	})
}

// Rows is part of [store.Reader].
func (s *Store) Rows(ctx context.Context, q store.RowQuery) ([]store.Row, error) {
	var c condition
	c.and("run = ?", q.Run)
	c.and("seq >= ?", q.From)
	if q.To != 0 {
		c.and("seq < ?", q.To)
	}
	return s.rows(ctx, "results"+c.where()+" ORDER BY seq"+c.limit(q.Limit), c.args)
}

// rowsOfSIM are the rows of a SIM run by run, as their index has them.
const rowsOfSIM = "generate_series($1::bigint, $2::bigint) AS of (one), LATERAL (SELECT * FROM bulk.results WHERE run = of.one AND iccid = ANY($3)) AS found ORDER BY run, seq"

// RowsOf is part of [store.Reader].
func (s *Store) RowsOf(ctx context.Context, sim jobs.SIM, first, last int64) ([]store.Row, error) {
	return s.rows(ctx, rowsOfSIM, []any{first, last, words(sim.Spellings())})
}

func (s *Store) rows(ctx context.Context, from string, args []any) ([]store.Row, error) {
	query := `SELECT run, seq, line, iccid, "group", action, outcome, code, description, upstream_error, account, request_id, attempts, http_status,
		started_at, duration_ms, data FROM ` + from
	return list(ctx, s, query, args, func(row pgx.CollectableRow, r *store.Row) error {
		var ms int64
		var started *time.Time
		var data string
		err := row.Scan(&r.Run, &r.Seq, &r.Line, &r.ICCID, &r.Group, &r.Action, &r.Outcome, &r.Code, &r.Description, &r.UpstreamError, &r.Account, &r.RequestID,
			&r.Attempts, &r.HTTPStatus, &started, &ms, &data)
		if err == nil && len(data) > 2 {
			err = json.Unmarshal([]byte(data), &r.Data)
		}
		r.Started, r.Duration = when(started), time.Duration(ms)*time.Millisecond
		return err
	})
}

// Refusals is part of [store.Reader].
func (s *Store) Refusals(ctx context.Context, account string, sims []jobs.SIM) ([]store.Refusal, error) {
	return list(ctx, s, `SELECT account, sim, code, run, at FROM refusals WHERE account = $1 AND sim = ANY($2)`, []any{account, words(sims)},
		func(row pgx.CollectableRow, r *store.Refusal) error {
			var at *time.Time
			err := row.Scan(&r.Account, &r.SIM, &r.Code, &r.Run, &at)
			r.At = when(at)
			return err
		})
}

// Approvals is part of [store.Reader].
func (s *Store) Approvals(ctx context.Context, run int64) ([]store.Approval, error) {
	return list(ctx, s, `SELECT at, user_name, how, digest, sims, groups, reason FROM approvals WHERE run = $1 ORDER BY id`, []any{run},
		func(row pgx.CollectableRow, a *store.Approval) error {
			var at *time.Time
			var groups string
			if err := row.Scan(&at, &a.User, &a.How, &a.Digest, &a.SIMs, &groups, &a.Reason); err != nil {
				return err
			}
			a.At = when(at)
			return json.Unmarshal([]byte(groups), &a.Groups)
		})
}

// Starts is part of [store.Reader].
func (s *Store) Starts(ctx context.Context, run int64) ([]store.Start, error) {
	query := `SELECT run, n, at, user_name, host, ended_at, ending, cause, coalesce(not_run, -1), tally FROM starts WHERE run = $1 ORDER BY n`
	return list(ctx, s, query, []any{run}, func(row pgx.CollectableRow, b *store.Start) error {
		var at, ended *time.Time
		var tally string
		if err := row.Scan(&b.Run, &b.N, &at, &b.User, &b.Host, &ended, &b.Ending, &b.Cause, &b.NotRun, &tally); err != nil {
			return err
		}
		b.At, b.EndedAt = when(at), when(ended)
		return json.Unmarshal([]byte(tally), &b.Tally)
	})
}

// Words is part of [store.Reader].
func (s *Store) Words(ctx context.Context, acts []int64) ([]store.Word, error) {
	if len(acts) == 0 {
		return nil, nil
	}
	return list(ctx, s, `SELECT act, at, by_user, verdict, "group", reason FROM words WHERE act = ANY($1) ORDER BY id`, []any{acts},
		func(row pgx.CollectableRow, w *store.Word) error {
			var at *time.Time
			err := row.Scan(&w.Act, &at, &w.User, &w.Verdict, &w.Group, &w.Reason)
			w.At = when(at)
			return err
		})
}

// Losses is part of [store.Reader].
func (s *Store) Losses(ctx context.Context, account string) ([]store.Loss, error) {
	return list(ctx, s, `SELECT account, act, by_user, reason, at FROM losses WHERE account = $1 ORDER BY id`, []any{account},
		func(row pgx.CollectableRow, l *store.Loss) error {
			var at *time.Time
			err := row.Scan(&l.Account, &l.Act, &l.User, &l.Reason, &at)
			l.At = when(at)
			return err
		})
}

// Links is part of [store.Reader].
func (s *Store) Links(ctx context.Context) ([]store.Link, error) {
	return list(ctx, s, `SELECT a, b, relation, by_user, reason, at FROM links ORDER BY id`, nil, func(row pgx.CollectableRow, l *store.Link) error {
		var at *time.Time
		err := row.Scan(&l.A, &l.B, &l.Relation, &l.User, &l.Reason, &at)
		l.At = when(at)
		return err
	})
}

// Progress is part of [store.Reader].
func (s *Store) Progress(ctx context.Context, runs []int64) ([]store.Progress, error) {
	return list(ctx, s, `SELECT run, done, total, per_s, left_s, paused, at, tally FROM progress WHERE run = ANY($1)`, []any{runs}, func(row pgx.CollectableRow, p *store.Progress) error {
		var left float64
		var at *time.Time
		var tally string
		if err := row.Scan(&p.Run, &p.Done, &p.Total, &p.Rate, &left, &p.Paused, &at, &tally); err != nil {
			return err
		}
		p.Left, p.At = time.Duration(left*float64(time.Second)), when(at)
		return json.Unmarshal([]byte(tally), &p.Tally)
	})
}

// Counted is part of [store.Reader].
func (s *Store) Counted(ctx context.Context, run int64, timelines bool) ([]store.Counted, error) {
	return list(ctx, s, `SELECT run, start, counts, CASE WHEN $2 THEN timeline END FROM counted WHERE run = $1 ORDER BY start`, []any{run, timelines}, func(row pgx.CollectableRow, c *store.Counted) error {
		return row.Scan(&c.Run, &c.Start, &c.Counts, &c.Timeline)
	})
}

// Control is part of [store.Reader].
func (s *Store) Control(ctx context.Context, run int64) (store.Control, bool, error) {
	all, err := list(ctx, s, `SELECT run, want, by_user, reason, at FROM controls WHERE run = $1`, []any{run}, func(row pgx.CollectableRow, c *store.Control) error {
		var at *time.Time
		err := row.Scan(&c.Run, &c.Want, &c.User, &c.Reason, &at)
		c.At = when(at)
		return err
	})
	if err != nil || len(all) == 0 {
		return store.Control{}, false, err
	}
	return all[0], true, nil
}
