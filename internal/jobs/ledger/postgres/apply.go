package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// apply makes one change in the transaction that is open.
func (s *Store) apply(ctx context.Context, tx pgx.Tx, op store.Op) error {
	b := &batch{}
	switch op := op.(type) {
	case *store.Intent:
		return s.intendOver(ctx, tx, op)
	case *store.Settle:
		b.settle(op)
	case *store.Record:
		b.record(op)
	case *store.Begin:
		return s.begin(ctx, tx, op)
	case *store.End:
		tally, err := jsonText(op.Tally)
		if err != nil {
			return err
		}
		ok, err := changed(ctx, tx, `UPDATE runs SET ended_at = $3, ending = $4, not_run = $5, tally = $6 WHERE id = $1 AND `+isNewest, op.Run, op.Start,
			stamp(op.At), op.Ending, op.NotRun, tally)
		if op.Err = overtaken(ok); err != nil || !ok {
			return err
		}
		b.queue.Queue(`UPDATE starts SET ended_at = $2, ending = $3, cause = $4, not_run = $5, tally = $6
			WHERE run = $1 AND n = (SELECT max(n) FROM starts WHERE run = $1)`, op.Run, stamp(op.At), op.Ending, op.Cause, op.NotRun, tally)
	case *store.Publish:
		ok, err := changed(ctx, tx, `UPDATE runs SET output_digest = $3, published_at = $4 WHERE id = $1 AND `+isNewest, op.Run, op.Start, op.Digest, stamp(op.At))
		op.Err = overtaken(ok)
		return err
	case *store.Approve:
		if err := b.approve(op.Run, op.Approval); err != nil {
			return err
		}
	case *store.Resolve:
		return s.resolve(ctx, tx, op)
	case *store.Import:
		return s.importActs(ctx, tx, op)
	case *store.Carry:
		return s.carry(ctx, tx, op)
	case *store.Relate:
		return s.relate(ctx, tx, op)
	case *store.Drop:
		return s.dropResults(ctx, tx, op)
	case *store.Want:
		b.want(op.Control)
	case *store.Tell:
		b.tell(op)
	case *store.Count:
		b.count(op)
	case *store.Hand:
		h := op.Handover
		b.queue.Queue(`INSERT INTO handovers (run, job, files, since, waits, earlier)
			VALUES ($1, $2, $3, $4, $5, (SELECT count(*) FROM approvals WHERE run = $1))
			ON CONFLICT (run) DO UPDATE SET job = excluded.job, files = excluded.files, since = excluded.since, waits = excluded.waits, earlier = excluded.earlier,
				stood = 0, idle = 0, over_at = NULL, ending = '', cause = ''`, h.Run, h.Job, strings.Join(h.Files, ","), stamp(h.Since), h.Waits)
	case *store.Leg:
		return tx.QueryRow(ctx, `UPDATE handovers SET idle = CASE WHEN $2 > stood THEN 1 ELSE idle + 1 END, stood = greatest(stood, $2)
			WHERE run = $1 RETURNING idle`, op.Run, op.Stood).Scan(&op.Idle)
	case *store.HandBack:
		b.queue.Queue(`UPDATE handovers SET over_at = $2, ending = $3, cause = $4 WHERE run = $1 AND over_at IS NULL`, op.Run, stamp(op.At), op.Ending, op.Cause)
	case *store.Close:
		m := op.Moved
		b.queue.Queue(`UPDATE meta SET moved_to = $1, moved_by = $2, moved_word = $3, moved_at = $4`, m.To, m.User, m.Word, stamp(m.At))
		b.queue.Queue(`UPDATE claims SET epoch = epoch + 1, since = NULL`)
	case *store.Init:
		b.queue.Queue(`UPDATE meta SET init_by = $1, init_at = $2, init_word = $3`, op.User, stamp(op.At), op.Reason)
	default:
		return fmt.Errorf("a change that this store does not know: %T", op)
	}
	return b.send(ctx, tx)
}

// isNewest holds where start $2 of run $1 is its newest, or none is named.
const isNewest = `($2 = 0 OR $2 = (SELECT max(n) FROM starts WHERE run = $1))`

func overtaken(newest bool) error {
	if newest {
		return nil
	}
	return store.ErrOvertaken
}

// changed executes a statement and reports whether it changed anything.
func changed(ctx context.Context, tx pgx.Tx, text string, args ...any) (bool, error) {
	tag, err := tx.Exec(ctx, text, args...)
	return err == nil && tag.RowsAffected() > 0, err
}

// errNot takes back a part of a transaction.
var errNot = errors.New("not so")

// wholly takes back what a part of the transaction did where it reports false.
func wholly(ctx context.Context, tx pgx.Tx, do func(pgx.Tx) (bool, error)) (bool, error) {
	err := pgx.BeginFunc(ctx, tx, func(part pgx.Tx) error {
		ok, err := do(part)
		if err == nil && !ok {
			err = errNot
		}
		return err
	})
	if errors.Is(err, errNot) {
		return false, nil
	}
	return err == nil, err
}

// intendOver writes an intent, replacing the act that was read, and only that.
func (s *Store) intendOver(ctx context.Context, tx pgx.Tx, op *store.Intent) error {
	_, err := wholly(ctx, tx, func(part pgx.Tx) (bool, error) {
		if op.Over != nil {
			op.Act.Replaces = op.Over.ID
			ok, err := changed(ctx, part, `UPDATE acts SET was = state, state = 'replaced' WHERE id = $1 AND state = $2 AND settled_at IS NOT DISTINCT FROM $3
				AND account = $4 AND sim = $5 AND state IN ('done', 'resolved_done')`,
				op.Over.ID, string(op.Over.State), stamp(op.Over.Settled), op.Act.Account, string(op.Act.SIM))
			if err != nil {
				return false, err
			}
			if !ok {
				if op.Err = s.fenced(op.Act); op.Err == nil {
					op.Err = jobs.ErrBarred
				}
				return false, nil
			}
		}
		b := &batch{}
		s.intend(b, []*store.Intent{op})
		err := b.send(ctx, part)
		return err == nil && op.Err == nil, err
	})
	return err
}

func (s *Store) begin(ctx context.Context, tx pgx.Tx, op *store.Begin) error {
	r := op.Run
	var err error
	if !op.GoesOn {
		err = insertRun(ctx, tx, r)
	} else {
		_, err = tx.Exec(ctx, `UPDATE runs SET resumed_at = $2, ended_at = NULL, ending = '', not_run = NULL, published_at = NULL, output = $3 WHERE id = $1`,
			r.ID, stamp(op.At), r.Output)
	}
	if err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `INSERT INTO starts (run, n, at, user_name, host) SELECT $1, 1 + coalesce(max(n), 0), $2, $3, $4 FROM starts WHERE run = $1 RETURNING n`,
		r.ID, stamp(op.At), op.User, op.Host).Scan(&op.Start)
	for _, account := range op.Accounts {
		if h := s.held[account]; err == nil && h != nil && h.epochs != nil {
			_, err = tx.Exec(ctx, `UPDATE claims SET run = $3, beat = $4, alive = clock_timestamp() WHERE account = $1 AND epoch = $2`,
				account, h.epoch(), r.ID, stamp(op.At))
		}
	}
	return err
}

func insertRun(ctx context.Context, tx pgx.Tx, r *store.Run) error {
	return tx.QueryRow(ctx, `INSERT INTO runs (kind, input, digest, sheet, columns, action, "group", accounts, settings, user_name, host, version, started_at, output)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id`, string(r.Kind), r.Input, r.Digest, r.Sheet, r.Columns, r.Action, r.Group,
		strings.Join(r.Accounts, ","), r.Settings, r.User, r.Host, r.Version, stamp(r.StartedAt), r.Output).Scan(&r.ID)
}

// resolve settles an act by a person's word.
func (s *Store) resolve(ctx context.Context, tx pgx.Tx, op *store.Resolve) error {
	ok, err := wholly(ctx, tx, func(part pgx.Tx) (bool, error) { return resolveAct(ctx, part, op) })
	op.Err = nil
	if stateOf(err) == duplicate { // the key forbids the new state
		ok, err = false, nil
	}
	if err == nil && !ok {
		op.Err = store.ErrChanged
	}
	return err
}

func resolveAct(ctx context.Context, tx pgx.Tx, op *store.Resolve) (bool, error) {
	w, a := op.Word, op.Act
	if op.To == store.Unknown && a.Replaces != 0 { // taken back: what it overrode is overridden again
		_, err := tx.Exec(ctx, `UPDATE acts SET was = state, state = 'replaced' WHERE id = $1 AND state IN ('done', 'resolved_done')`, a.Replaces)
		if err != nil {
			return false, err
		}
	}
	ok, err := changed(ctx, tx, `UPDATE acts SET state = $3, found_group = $4, settled_at = $5, resolved_by = $6, reason = $7 WHERE id = $1 AND state = $2`,
		a.ID, string(op.From), string(op.To), op.Found, stamp(w.At), w.User, w.Reason)
	if err != nil || !ok {
		return false, err
	}
	over := a.Replaces
	if op.Aside != 0 {
		over = op.Aside
		if _, err := tx.Exec(ctx, `UPDATE acts SET replaces = $2 WHERE id = $1`, a.ID, over); err != nil {
			return false, err
		}
	}
	if op.To == store.ResolvedNotDone && over != 0 {
		if _, err := tx.Exec(ctx, restoreAct, over); err != nil {
			return false, err
		}
	}
	w.Act = a.ID
	return changed(ctx, tx, writeWord, wordOf(w)...)
}

const writeWord = `INSERT INTO words (act, at, by_user, verdict, "group", reason) VALUES ($1, $2, $3, $4, $5, $6)`

func wordOf(w store.Word) []any {
	return []any{w.Act, stamp(w.At), w.User, w.Verdict, w.Group, w.Reason}
}

const writeAct = `INSERT INTO acts (run, start, canary, seq, line, account, iccid, sim, action, "group", epoch, state, code, intent_at, settled_at, replaces, request_id)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, nullif($16::bigint, 0), $17)
	ON CONFLICT (account, sim, action) WHERE state IN ('intent', 'unknown', 'cannot_tell', 'done', 'resolved_done') DO NOTHING RETURNING id`

// importActs writes acts down that were not when they were sent.
func (s *Store) importActs(ctx context.Context, tx pgx.Tx, op *store.Import) error {
	names := op.Run.Accounts
	for _, a := range op.Acts {
		names = append(names, a.Account)
	}
	if err := addAccounts(ctx, tx, names...); err != nil {
		return err
	}
	if op.Run.ID == 0 {
		if err := s.begin(ctx, tx, &store.Begin{Run: op.Run, User: op.Run.User, Host: op.Run.Host, At: op.Run.StartedAt}); err != nil {
			return err
		}
	}
	b := &batch{}
	for _, settle := range op.Settles {
		b.settle(settle)
	}
	b.outcomes()
	for _, a := range op.Acts {
		a.Run = op.Run.ID
		b.queue.Queue(writeAct, a.Run, a.Start, a.Canary, a.Seq, a.Line, a.Account, string(a.ICCID), string(a.SIM), string(a.Action), a.Group, a.Epoch,
			string(a.State), string(a.Code), stamp(a.At), stamp(a.Settled), a.Replaces, a.RequestID).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&a.ID}, func() error { return nil })
			return err
		})
	}
	if l := op.Loss; l != nil {
		b.lose(*l)
	}
	return b.send(ctx, tx)
}

const replaceActs = `UPDATE acts SET was = state, state = 'replaced' WHERE id = ANY($1)`

// relate writes down what two names are, and moves B's history to A.
func (s *Store) relate(ctx context.Context, tx pgx.Tx, op *store.Relate) error {
	l := op.Link
	if err := addAccounts(ctx, tx, l.A, l.B); err != nil {
		return err
	}
	b := &batch{}
	b.queue.Queue(`INSERT INTO links (a, b, relation, by_user, reason, at) VALUES ($1, $2, $3, $4, $5, $6)`, l.A, l.B, l.Relation, l.User, l.Reason, stamp(l.At))
	if l.Relation == store.Same {
		if len(op.Replace) > 0 {
			b.queue.Queue(replaceActs, op.Replace)
		}
		b.queue.Queue(`UPDATE acts SET account = $1 WHERE account = $2`, l.A, l.B)
		b.queue.Queue(`UPDATE losses SET account = $1 WHERE account = $2`, l.A, l.B)
		b.queue.Queue(`INSERT INTO refusals AS r (account, sim, code, run, at) SELECT $1, sim, code, run, at FROM refusals WHERE account = $2
			ON CONFLICT (account, sim) DO UPDATE SET code = excluded.code, run = excluded.run, at = excluded.at WHERE excluded.at > r.at`, l.A, l.B)
		b.queue.Queue(`DELETE FROM refusals WHERE account = $1`, l.B)
	}
	return b.send(ctx, tx)
}

// dropResults drops a part of a run's results. The run says so from the first of
// them on, or one pruned in part would look like one that was killed.
func (s *Store) dropResults(ctx context.Context, tx pgx.Tx, op *store.Drop) error {
	tag, err := tx.Exec(ctx, `DELETE FROM results WHERE run = $1 AND seq IN (SELECT seq FROM results WHERE run = $1 LIMIT $2)`, op.Run, op.Most)
	if err != nil {
		return err
	}
	op.Dropped = int(tag.RowsAffected())
	for _, table := range []string{"pictures", "counted"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE run = $1`, op.Run); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `UPDATE runs SET pruned_at = $2 WHERE id = $1 AND pruned_at IS NULL`, op.Run, stamp(op.At))
	return err
}
