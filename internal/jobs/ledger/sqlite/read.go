package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// scanner reads the columns of a row.
type scanner func(into ...any) error

// reading has the connection for a question or a few.
func (s *Store) reading(ctx context.Context, ask func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return errClosed
	}
	err := s.patiently(ask)
	if err != nil && s.dropJournal() {
		err = s.patiently(ask)
	}
	if err != nil {
		err = s.explain(damagedIf(err))
		s.sound = s.sound && !errors.Is(err, store.ErrCorrupt)
		return fmt.Errorf("reading the ledger: %w", err)
	}
	return nil
}

// list asks a question and has each row taken. What is not of its column's kind
// is damage.
func (s *Store) list(_ context.Context, query string, args []any, take func(scanner) error) error {
	// Under a context that can end, the driver would start a goroutine to watch it.
	stmt, err := s.prepare(query)
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows.Scan); err != nil {
			return unreadable(err)
		}
	}
	return rows.Err()
}

// condition is what a query's WHERE is made of.
type condition struct {
	terms []string
	args  []any
}

func (c *condition) and(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

// anyOf is column IN (…), with as many places as a prepared statement has been
// seen for.
func anyOf[T ~string | ~int64](c *condition, column string, values []T) {
	if len(values) == 0 {
		return
	}
	places := 1
	for places < len(values) {
		places *= 2
	}
	args := make([]any, places)
	for i := range args {
		switch v := any(values[min(i, len(values)-1)]).(type) {
		case int64:
			args[i] = v
		default:
			args[i] = fmt.Sprint(v)
		}
	}
	c.and(column+` IN (?`+strings.Repeat(`, ?`, places-1)+`)`, args...)
}

func (c *condition) where() string {
	if c.terms == nil {
		return ""
	}
	return " WHERE " + strings.Join(c.terms, " AND ")
}

const (
	actColumns = `t.id, t.run, t.result, t.line, t.account, t.iccid, t.sim, t.action, t."group", t.found_group, t.epoch, t.state, t.code, t.intent_at,
		coalesce(t.settled_at, ''), t.request_id, t.resolved_by, t.reason, coalesce(t.replaces, 0), t.start, t.canary, t.was`
	selectActs = `SELECT ` + actColumns + ` FROM acts AS t`
)

// Acts is part of [store.Reader].
func (s *Store) Acts(ctx context.Context, q store.ActQuery) (all []store.Act, err error) {
	err = s.reading(ctx, func() (err error) {
		all, err = s.acts(ctx, q)
		return err
	})
	return all, err
}

func (s *Store) acts(ctx context.Context, q store.ActQuery) (all []store.Act, err error) {
	if len(q.SIMs) > 0 {
		return s.actsOfSIMs(ctx, q)
	}
	var c condition
	from := ""
	anyOf(&c, "id", q.IDs)
	if q.Account != "" {
		c.and("account = ?", q.Account)
	}
	if q.Run != 0 {
		c.and("run = ?", q.Run)
	}
	if q.States != nil {
		c.and("state IN (" + quoted(q.States) + ")")
		if within(q.States, store.Doubtful) {
			from += " INDEXED BY acts_open"
			c.and("state IN (" + quoted(store.Doubtful) + ")") // as that index says it
		}
	}
	if q.After != 0 {
		c.and("id > ?", q.After)
	}
	order := " ORDER BY id"
	if q.Newest {
		order += " DESC"
	}
	limit := q.Limit
	if limit == 0 {
		limit = math.MaxInt32
	}
	err = s.list(ctx, selectActs+from+c.where()+order+" LIMIT ?", append(c.args, limit), func(scan scanner) error {
		a, err := scanAct(scan)
		all = append(all, a)
		return err
	})
	return all, err
}

func scanAct(scan scanner, more ...any) (a store.Act, err error) {
	var result int64
	var at, settled string
	err = scan(append([]any{&a.ID, &a.Run, &result, &a.Line, &a.Account, &a.ICCID, &a.SIM, &a.Action, &a.Group, &a.Found, &a.Epoch, &a.State, &a.Code, &at,
		&settled, &a.RequestID, &a.ResolvedBy, &a.Reason, &a.Replaces, &a.Start, &a.Canary, &a.Was}, more...)...)
	a.Seq, a.At, a.Settled = seqOf(result), unstamp(at), unstamp(settled)
	return a, err
}

// quoted are words, such as states, as literals, in the schema's spelling.
func quoted[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = "'" + string(s) + "'"
	}
	return strings.Join(words, ", ")
}

func within(some, all []store.State) bool {
	return !slices.ContainsFunc(some, func(s store.State) bool { return !slices.Contains(all, s) })
}

const (
	selectRowColumns = `SELECT r.id, line, iccid, "group", action, outcome, code, description, upstream_error, account, request_id, attempts, http_status,
		started_at, duration_ms, data`
	selectRows = selectRowColumns + ` FROM results AS r LEFT JOIN asks AS a ON a.id = r.ask`
)

// Rows is part of [store.Reader].
func (s *Store) Rows(ctx context.Context, q store.RowQuery) ([]store.Row, error) {
	to := rowID(q.Run+1, 0)
	if q.To != 0 {
		to = rowID(q.Run, q.To)
	}
	c := condition{}
	c.and("r.id >= ? AND r.id < ?", rowID(q.Run, q.From), to)
	return s.rows(ctx, selectRows, c, q.Limit)
}

// RowsOf is part of [store.Reader].
func (s *Store) RowsOf(ctx context.Context, sim jobs.SIM, first, last int64) ([]store.Row, error) {
	// Each run is looked up in the index by a step of the same statement: a statement for
	// each run takes ten times as long. Without CROSS the results would be gone through.
	c := condition{args: []any{first, last}}
	c.and("r.id >> 32 = n.run AND CAST(substr(iccid, 10, 9) AS INTEGER) = CAST(substr(?, 10, 9) AS INTEGER)", string(sim)) // as results_by_sim has it
	anyOf(&c, "iccid", sim.Spellings())
	return s.rows(ctx, `WITH RECURSIVE n (run) AS (SELECT ? UNION ALL SELECT run + 1 FROM n WHERE run < ?)
		`+selectRowColumns+` FROM n CROSS JOIN results AS r INDEXED BY results_by_sim LEFT JOIN asks AS a ON a.id = r.ask`, c, 0)
}

func (s *Store) rows(ctx context.Context, from string, c condition, limit int) (all []store.Row, err error) {
	if limit == 0 {
		limit = math.MaxInt32
	}
	err = s.reading(ctx, func() error {
		all = nil
		return s.list(ctx, from+c.where()+" ORDER BY r.id LIMIT ?", append(c.args, limit), func(scan scanner) error {
			r, err := scanRow(scan)
			all = append(all, r)
			return err
		})
	})
	return all, err
}

func scanRow(scan scanner) (store.Row, error) {
	var r store.Row
	var id, started, ms int64
	var data string
	// Into plain strings: into others database/sql takes three times as long.
	err := scan(&id, &r.Line, (*string)(&r.ICCID), &r.Group, (*string)(&r.Action), (*string)(&r.Outcome), (*string)(&r.Code), &r.Description,
		&r.UpstreamError, &r.Account, &r.RequestID, &r.Attempts, &r.HTTPStatus, &started, &ms, &data)
	if err == nil && len(data) > 2 {
		err = json.Unmarshal([]byte(data), &r.Data)
	}
	if err == nil && !slices.Contains(jobs.Outcomes, r.Outcome) {
		err = fmt.Errorf("a row's outcome is %q", r.Outcome)
	}
	r.Run, r.Seq, r.Started, r.Duration = id>>32, seqOf(id), ofMillis(started), time.Duration(ms)*time.Millisecond
	return r, err
}

// Refusals is part of [store.Reader].
func (s *Store) Refusals(ctx context.Context, account string, sims []jobs.SIM) (all []store.Refusal, err error) {
	c := condition{}
	c.and("account = ?", account)
	anyOf(&c, "sim", sims)
	err = s.reading(ctx, func() error {
		all = nil
		return s.list(ctx, `SELECT account, sim, code, run, at FROM refusals`+c.where(), c.args, func(scan scanner) error {
			var r store.Refusal
			var at string
			err := scan(&r.Account, &r.SIM, &r.Code, &r.Run, &at)
			r.At = unstamp(at)
			all = append(all, r)
			return err
		})
	})
	return all, err
}

// Approvals is part of [store.Reader].
func (s *Store) Approvals(ctx context.Context, run int64) (all []store.Approval, err error) {
	err = s.reading(ctx, func() error {
		all = nil
		return s.list(ctx, `SELECT at, user, how, digest, sims, groups, reason FROM approvals WHERE run = ? ORDER BY id`, []any{run}, func(scan scanner) error {
			var a store.Approval
			var at, groups string
			if err := scan(&at, &a.User, &a.How, &a.Digest, &a.SIMs, &groups, &a.Reason); err != nil {
				return err
			}
			a.At = unstamp(at)
			err := json.Unmarshal([]byte(groups), &a.Groups)
			all = append(all, a)
			return err
		})
	})
	return all, err
}

// Starts is part of [store.Reader].
func (s *Store) Starts(ctx context.Context, run int64) (all []store.Start, err error) {
	query := `SELECT run, n, at, user, host, coalesce(ended_at, ''), ending, cause, coalesce(not_run, -1), tally FROM starts WHERE run = ? ORDER BY n`
	err = s.reading(ctx, func() error {
		all = nil
		return s.list(ctx, query, []any{run}, func(scan scanner) error {
			var b store.Start
			var at, ended, tally string
			if err := scan(&b.Run, &b.N, &at, &b.User, &b.Host, &ended, &b.Ending, &b.Cause, &b.NotRun, &tally); err != nil {
				return err
			}
			b.At, b.EndedAt = unstamp(at), unstamp(ended)
			err := json.Unmarshal([]byte(tally), &b.Tally)
			all = append(all, b)
			return err
		})
	})
	return all, err
}

// Words is part of [store.Reader].
func (s *Store) Words(ctx context.Context, acts []int64) (all []store.Word, err error) {
	if len(acts) == 0 {
		return nil, nil
	}
	var c condition
	anyOf(&c, "act", acts)
	err = s.reading(ctx, func() error {
		all = nil
		return s.list(ctx, `SELECT act, at, by_user, verdict, "group", reason FROM words`+c.where()+` ORDER BY id`, c.args, func(scan scanner) error {
			var w store.Word
			var at string
			err := scan(&w.Act, &at, &w.User, &w.Verdict, &w.Group, &w.Reason)
			w.At = unstamp(at)
			all = append(all, w)
			return err
		})
	})
	return all, err
}

// Losses is part of [store.Reader].
func (s *Store) Losses(ctx context.Context, account string) (all []store.Loss, err error) {
	err = s.reading(ctx, func() error {
		all = nil
		return s.list(ctx, `SELECT account, act, by_user, reason, at FROM losses WHERE account = ? ORDER BY id`, []any{account}, func(scan scanner) error {
			var l store.Loss
			var at string
			err := scan(&l.Account, &l.Act, &l.User, &l.Reason, &at)
			l.At = unstamp(at)
			all = append(all, l)
			return err
		})
	})
	return all, err
}

// Links is part of [store.Reader].
func (s *Store) Links(ctx context.Context) (all []store.Link, err error) {
	err = s.reading(ctx, func() error {
		all = nil
		return s.list(ctx, `SELECT a, b, relation, by_user, reason, at FROM links ORDER BY id`, nil, func(scan scanner) error {
			var l store.Link
			var at string
			err := scan(&l.A, &l.B, &l.Relation, &l.User, &l.Reason, &at)
			l.At = unstamp(at)
			all = append(all, l)
			return err
		})
	})
	return all, err
}

// Control is part of [store.Reader].
func (s *Store) Control(ctx context.Context, run int64) (c store.Control, found bool, err error) {
	err = s.reading(ctx, func() error {
		found = false
		return s.list(ctx, `SELECT run, want, by_user, reason, at FROM controls WHERE run = ?`, []any{run}, func(scan scanner) error {
			var at string
			err := scan(&c.Run, &c.Want, &c.User, &c.Reason, &at)
			c.At, found = unstamp(at), true
			return err
		})
	})
	return c, found, err
}

// Meta is part of [store.Store].
func (s *Store) Meta(ctx context.Context) (m store.Meta, err error) {
	found := false
	err = s.reading(ctx, func() error {
		return s.list(ctx, `SELECT id, made_at, init_by, coalesce(init_at, ''), init_word FROM meta`, nil, func(scan scanner) error {
			var made, at string
			err := scan(&m.ID, &made, &m.InitBy, &at, &m.InitWord)
			m.MadeAt, m.InitAt, found = unstamp(made), unstamp(at), true
			return err
		})
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: it does not say which ledger it is", store.ErrCorrupt)
	}
	return m, err
}

// one reads a single value.
func (s *Store) one(query string, into ...any) error {
	err := s.conn.QueryRowContext(context.Background(), query).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	return unreadable(err)
}
