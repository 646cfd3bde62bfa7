package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs/ledger/store"
)

const (
	// carryLimit is how long it may take to write down what another ledger holds.
	carryLimit = time.Hour
	// carryMost is how many acts or results go to the server at a time.
	carryMost = 10_000
)

// limitOf is how long a try to commit may take.
func limitOf(ops []store.Op) time.Duration {
	if slices.ContainsFunc(ops, func(op store.Op) bool { _, carries := op.(*store.Carry); return carries }) {
		return carryLimit
	}
	return commitLimit
}

// carry writes down what other ledgers hold.
func (s *Store) carry(ctx context.Context, tx pgx.Tx, op *store.Carry) error {
	for _, l := range op.Links {
		if err := s.relate(ctx, tx, l); err != nil {
			return err
		}
	}
	if len(op.Replace) > 0 {
		if _, err := tx.Exec(ctx, replaceActs, op.Replace); err != nil {
			return err
		}
	}
	for _, c := range op.Ledgers {
		if err := carryOne(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}

// carrying is what one ledger holds on its way into this one.
type carrying struct {
	tx   pgx.Tx
	runs map[int64]int64 // by their numbers there
	acts map[int64]int64 // likewise
	last int64           // the highest number of an act, as far as is known

	waiting []store.CarriedAct
	numbers map[int64]bool // of those that wait, there
}

func carryOne(ctx context.Context, tx pgx.Tx, from *store.Carried) error {
	c := &carrying{tx: tx, runs: map[int64]int64{}, acts: map[int64]int64{}, numbers: map[int64]bool{}}
	for _, r := range from.Runs {
		if err := c.run(ctx, r); err != nil {
			return err
		}
	}
	if err := tx.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM acts`).Scan(&c.last); err != nil {
		return err
	}
	before := c.last
	for a, err := range from.Acts {
		if err == nil && (len(c.waiting) == carryMost || c.numbers[a.Replaces]) {
			err = c.send(ctx)
		}
		if err != nil {
			return err
		}
		c.waiting = append(c.waiting, a)
		c.numbers[a.ID] = true
	}
	if err := c.send(ctx); err != nil {
		return err
	}
	if err := c.results(ctx, from); err != nil {
		return err
	}
	b := &batch{}
	for _, l := range from.Losses {
		act, carried := c.acts[l.Act]
		if !carried {
			act = before
		}
		b.lose(store.Loss{Account: l.Account, Act: act, User: l.User, Reason: l.Reason, At: l.At})
	}
	return b.send(ctx, tx)
}

func (c *carrying) run(ctx context.Context, from *store.CarriedRun) error {
	r, o := &from.Run, from.Run.Origin
	if from.Here {
		c.runs[from.Number] = r.ID
		_, err := c.tx.Exec(ctx, `UPDATE runs SET pruned_at = NULL WHERE id = $1`, r.ID)
		return err
	}
	if err := insertRun(ctx, c.tx, r); err != nil {
		return err
	}
	c.runs[from.Number] = r.ID
	tally, err := jsonText(r.Tally)
	if err != nil {
		return err
	}
	b := &batch{}
	b.queue.Queue(`UPDATE runs SET resumed_at = $2, ended_at = $3, ending = $4, not_run = nullif($5::int, -1), tally = $6, output_digest = $7, published_at = $8, pruned_at = $9
		WHERE id = $1`, r.ID, stamp(r.ResumedAt), stamp(r.EndedAt), r.Ending, r.NotRun, tally, r.OutputDigest, stamp(r.PublishedAt), stamp(r.PrunedAt))
	b.queue.Queue(`INSERT INTO origins (run, ledger, number, name, by_user, reason, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.ID, o.Ledger, o.Run, o.Name, o.User, o.Reason, stamp(o.At))
	for _, s := range from.Starts {
		if tally, err = jsonText(s.Tally); err != nil {
			return err
		}
		b.queue.Queue(`INSERT INTO starts (run, n, at, user_name, host, ended_at, ending, cause, not_run, tally) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9::int, -1), $10)`,
			r.ID, s.N, stamp(s.At), s.User, s.Host, stamp(s.EndedAt), s.Ending, s.Cause, s.NotRun, tally)
	}
	for _, a := range from.Approvals {
		if err := b.approve(r.ID, a); err != nil {
			return err
		}
	}
	if from.Control != nil {
		wanted := *from.Control
		wanted.Run = r.ID
		b.want(wanted)
	}
	return b.send(ctx, c.tx)
}

var actColumns = []string{"run", "start", "canary", "seq", "line", "account", "iccid", "sim", "action", "group", "found_group", "epoch", "state", "was", "replaces",
	"code", "intent_at", "settled_at", "request_id", "resolved_by", "reason"}

// newActs are the numbers that the server gave to the acts that were copied last; by
// the primary key, however many acts a run has.
const newActs = `SELECT id FROM (SELECT id, run FROM acts WHERE id > $1 OFFSET 0) AS new WHERE run = ANY($2) ORDER BY id`

// send writes down the acts that wait, and what was said of them.
func (c *carrying) send(ctx context.Context) error {
	acts := c.waiting
	if len(acts) == 0 {
		return nil
	}
	_, err := c.tx.CopyFrom(ctx, pgx.Identifier{"bulk", "acts"}, actColumns, pgx.CopyFromSlice(len(acts), func(i int) ([]any, error) {
		a := &acts[i].Act
		var replaces *int64
		if there := c.acts[a.Replaces]; there != 0 {
			replaces = &there
		}
		return []any{c.runs[a.Run], a.Start, a.Canary, a.Seq, a.Line, a.Account, string(a.ICCID), string(a.SIM), string(a.Action), a.Group, a.Found, a.Epoch,
			string(a.State), string(a.Was), replaces, string(a.Code), stamp(a.At), stamp(a.Settled), a.RequestID, a.ResolvedBy, a.Reason}, nil
	}))
	if err != nil {
		return err
	}
	rows, err := c.tx.Query(ctx, newActs, c.last, slices.Collect(maps.Values(c.runs)))
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	if len(ids) != len(acts) {
		return fmt.Errorf("of %d acts %d were written down", len(acts), len(ids))
	}
	b := &batch{}
	for i := range acts {
		c.acts[acts[i].ID] = ids[i]
		for _, w := range acts[i].Words {
			w.Act = ids[i]
			b.queue.Queue(writeWord, wordOf(w)...)
		}
	}
	c.last, c.waiting = ids[len(ids)-1], acts[:0]
	clear(c.numbers)
	return b.send(ctx, c.tx)
}

var resultColumns = []string{"run", "seq", "line", "iccid", "action", "group", "outcome", "code", "description", "upstream_error", "account", "request_id", "attempts",
	"http_status", "started_at", "duration_ms", "data"}

// results writes down what became of the rows, as it is read from the other ledger.
func (c *carrying) results(ctx context.Context, from *store.Carried) error {
	lot := make([][]any, 0, carryMost)
	b := &batch{}
	send := func() error {
		_, err := c.tx.CopyFrom(ctx, pgx.Identifier{"bulk", "results"}, resultColumns, pgx.CopyFromRows(lot))
		lot = lot[:0]
		if err == nil {
			err = b.send(ctx, c.tx)
		}
		b = &batch{}
		return err
	}
	for op, err := range from.Results {
		if err != nil {
			return err
		}
		row, r := op.Row, op.Result
		run := c.runs[op.Run]
		lot = append(lot, []any{run, row.Seq, row.Line, string(row.ICCID), string(row.Action), row.Group, string(r.Outcome), string(r.Code), r.Description, r.UpstreamError,
			r.Account, r.RequestID, r.Attempts, r.HTTPStatus, stamp(r.Started), r.Duration.Milliseconds(), op.Data})
		if op.Picture != "" {
			b.picture(run, op.Picture, op.PNG)
		}
		if len(lot) == carryMost {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}
