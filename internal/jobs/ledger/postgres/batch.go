package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// batch is outcomes and results that are written together, each kind with one
// statement, and what else is to go with them.
type batch struct {
	queue    pgx.Batch
	settles  columnsOf[*store.Settle]
	records  columnsOf[*store.Record]
	refusals []*store.Record // that change what is known of refusals
	after    []func() error  // once all of it is answered
}

// columnsOf gathers values of which no two may be about the same thing: a
// statement cannot change a row twice.
type columnsOf[T any] struct {
	all  []T
	seen map[[2]int64]int
}

// add adds a value; where one about the same thing is there, it takes its place.
func (c *columnsOf[T]) add(key [2]int64, value T) {
	if i, there := c.seen[key]; there {
		c.all[i] = value
		return
	}
	if c.seen == nil {
		c.seen = map[[2]int64]int{}
	}
	c.seen[key] = len(c.all)
	c.all = append(c.all, value)
}

func (b *batch) settle(op *store.Settle) {
	key := [2]int64{op.Act}
	if _, there := b.settles.seen[key]; there {
		b.queueSettles() // each in its turn: the first decides
	}
	b.settles.add(key, op)
}

func (b *batch) record(op *store.Record) {
	if op.Settle != nil {
		b.settle(op.Settle)
	}
	if op.Row == nil {
		return
	}
	b.records.add([2]int64{op.Run, int64(op.Row.Seq)}, op)
	if op.Refused != nil || op.Forget != nil {
		b.refusals = append(b.refusals, op)
	}
}

func (b *batch) tell(op *store.Tell) {
	p := op.Progress
	tally, _ := jsonText(p.Tally) // numbers by name can be written
	b.queue.Queue(`INSERT INTO progress (run, done, total, per_s, left_s, paused, at, tally) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (run) DO UPDATE SET done = excluded.done, total = excluded.total, per_s = excluded.per_s, left_s = excluded.left_s,
			paused = excluded.paused, at = excluded.at, tally = excluded.tally`, p.Run, p.Done, p.Total, p.Rate, p.Left.Seconds(), p.Paused, stamp(p.At), tally)
}

func (b *batch) approve(run int64, a store.Approval) error {
	groups, err := jsonText(a.Groups)
	if err != nil {
		return err
	}
	b.queue.Queue(`INSERT INTO approvals (run, at, user_name, how, digest, sims, groups, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		run, stamp(a.At), a.User, a.How, a.Digest, a.SIMs, groups, a.Reason)
	return nil
}

func (b *batch) want(c store.Control) {
	b.queue.Queue(`INSERT INTO controls (run, want, by_user, reason, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (run) DO UPDATE SET want = excluded.want, by_user = excluded.by_user, reason = excluded.reason, at = excluded.at`,
		c.Run, c.Want, c.User, c.Reason, stamp(c.At))
}

func (b *batch) lose(l store.Loss) {
	b.queue.Queue(`INSERT INTO losses (account, act, by_user, reason, at) VALUES ($1, $2, $3, $4, $5)`, l.Account, l.Act, l.User, l.Reason, stamp(l.At))
}

func (b *batch) count(op *store.Count) {
	c := op.Counted
	b.queue.Queue(`INSERT INTO counted (run, start, counts, timeline) VALUES ($1, $2, $3, $4)
		ON CONFLICT (run, start) DO UPDATE SET counts = excluded.counts,
			timeline = CASE WHEN excluded.timeline = '' THEN counted.timeline ELSE excluded.timeline END`, c.Run, c.Start, c.Counts, append([]byte{}, c.Timeline...))
}

// sender is a session, or a transaction in it.
type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// send has everything written, in one round trip.
func (b *batch) send(ctx context.Context, to sender) error {
	b.outcomes()
	if b.queue.Len() == 0 {
		return nil
	}
	if err := to.SendBatch(ctx, &b.queue).Close(); err != nil {
		return err
	}
	for _, do := range b.after {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// outcomes queues what was gathered.
func (b *batch) outcomes() {
	b.queueSettles()
	b.queueResults()
	b.queueRefusals()
}

// A person's word is not overwritten.
const settleActs = `UPDATE acts SET state = t.state, code = t.code, settled_at = t.at, request_id = t.request_id
	FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::text[]) AS t (id, state, code, at, request_id)
	WHERE acts.id = t.id AND acts.state IN ('intent', 'unknown')`

// restoreAct lets an act stand again that was replaced by one that did nothing.
const restoreAct = `UPDATE acts SET state = was, was = '' WHERE id = $1 AND state = 'replaced' AND was <> ''`

const restoreAfter = restoreAct + ` AND EXISTS (SELECT 1 FROM acts WHERE id = $2 AND state IN ('not_sent', 'refused'))`

func (b *batch) queueSettles() {
	all := b.settles.all
	b.settles = columnsOf[*store.Settle]{}
	if len(all) == 0 {
		return
	}
	ids, states, codes, ats, requests := make([]int64, len(all)), make([]string, len(all)), make([]string, len(all)), make([]*time.Time, len(all)), make([]string, len(all))
	for i, op := range all {
		ids[i], states[i], codes[i], ats[i], requests[i] = op.Act, string(op.State), string(op.Code), stamp(op.At), op.RequestID
	}
	b.queue.Queue(settleActs, ids, states, codes, ats, requests)
	for _, op := range all {
		if op.Restore != 0 && (op.State == store.NotSent || op.State == store.Refused) {
			b.queue.Queue(restoreAfter, op.Restore, op.Act)
		}
	}
}

// Left out is what comes from a start that is not its run's newest any more; the newest
// ones are what it answers.
const writeResults = `WITH newest AS (SELECT run, max(n) AS n FROM starts WHERE run = ANY($1) GROUP BY run),
	t AS (SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
		$12::text[], $13::int[], $14::int[], $15::timestamptz[], $16::bigint[], $17::text[], $18::int[])
		AS t (run, seq, line, iccid, action, "group", outcome, code, description, upstream_error, account, request_id, attempts, http_status, started_at, duration_ms, data, start)),
	written AS (INSERT INTO results (run, seq, line, iccid, action, "group", outcome, code, description, upstream_error, account, request_id,
		attempts, http_status, started_at, duration_ms, data)
	SELECT t.run, seq, line, iccid, action, "group", outcome, code, description, upstream_error, account, request_id, attempts, http_status, started_at, duration_ms, data
	FROM t LEFT JOIN newest ON newest.run = t.run WHERE t.start = 0 OR t.start = newest.n
	ON CONFLICT (run, seq) DO UPDATE SET line = excluded.line, iccid = excluded.iccid, action = excluded.action, "group" = excluded."group",
		outcome = excluded.outcome, code = excluded.code, description = excluded.description, upstream_error = excluded.upstream_error,
		account = excluded.account, request_id = excluded.request_id, attempts = excluded.attempts, http_status = excluded.http_status,
		started_at = excluded.started_at, duration_ms = excluded.duration_ms, data = excluded.data)
	SELECT run, n FROM newest`

func (b *batch) queueResults() {
	all := b.records.all
	b.records = columnsOf[*store.Record]{}
	if len(all) == 0 {
		return
	}
	runs, took := make([]int64, len(all)), make([]int64, len(all))
	var numbers [5][]int32 // seq, line, attempts, http_status, start
	var texts [10][]string
	started := make([]*time.Time, len(all))
	for i := range numbers {
		numbers[i] = make([]int32, len(all))
	}
	for i := range texts {
		texts[i] = make([]string, len(all))
	}
	for i, op := range all {
		row, r := op.Row, op.Result
		runs[i], took[i], started[i] = op.Run, r.Duration.Milliseconds(), stamp(r.Started)
		for k, n := range [...]int{row.Seq, row.Line, r.Attempts, r.HTTPStatus, op.Start} {
			numbers[k][i] = int32(n)
		}
		for k, text := range [...]string{string(row.ICCID), string(row.Action), row.Group, string(r.Outcome), string(r.Code), r.Description, r.UpstreamError,
			r.Account, r.RequestID, op.Data} {
			texts[k][i] = text
		}
	}
	b.queue.Queue(writeResults, runs, numbers[0], numbers[1], texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7], texts[8],
		numbers[2], numbers[3], started, took, texts[9], numbers[4]).Query(func(rows pgx.Rows) error {
		var run int64
		var newest int
		_, err := pgx.ForEachRow(rows, []any{&run, &newest}, func() error {
			for _, op := range all {
				if op.Run == run && op.Start != 0 {
					op.Err = overtaken(op.Start == newest)
				}
			}
			return nil
		})
		return err
	})
}

// queueRefusals keeps the last refusal of each SIM, where the last attempt was
// one.
func (b *batch) queueRefusals() {
	type key struct {
		account string
		sim     jobs.SIM
	}
	last, forgotten := map[key]*store.Refusal{}, map[key]bool{}
	var order []key
	for _, op := range b.refusals {
		f := op.Refused
		if f == nil {
			f = op.Forget
		}
		k := key{f.Account, f.SIM}
		if _, there := last[k]; !there {
			order = append(order, k)
		}
		last[k], forgotten[k] = f, op.Refused == nil
	}
	b.refusals = nil
	for _, k := range order {
		if f := last[k]; forgotten[k] {
			b.queue.Queue(`DELETE FROM refusals WHERE account = $1 AND sim = $2`, f.Account, string(f.SIM))
		} else {
			b.queue.Queue(`INSERT INTO refusals (account, sim, code, run, at) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (account, sim) DO UPDATE SET code = excluded.code, run = excluded.run, at = excluded.at`, f.Account, string(f.SIM), string(f.Code), f.Run, stamp(f.At))
		}
	}
}

// The claim is looked at, and kept from being taken over, until the transaction
// ends.
const fence = `SELECT epoch, run, user_name, host FROM claims WHERE account = $1 FOR SHARE`

// Where there is another name that may be the same account, commits go one at a
// time: each then sees what the others wrote. classNames is half of the lock's key.
const (
	oneAtATime = `SELECT pg_advisory_xact_lock($1, 0) FROM (SELECT 1 FROM claims WHERE account <> $2 AND account <> ALL($3) LIMIT 1) AS others`
	classNames = classAccount - 3
)

// Acts are left out where the unique key forbids them, or where one that bars
// them stands under another account name that is not known to be another account.
const writeActs = `INSERT INTO acts (run, start, canary, seq, line, account, iccid, sim, action, "group", epoch, state, intent_at, replaces)
	SELECT t.run, t.start, t.canary, t.seq, t.line, $1, t.iccid, t.sim, t.action, t."group", $2, 'intent', t.at, nullif(t.replaces, 0)
	FROM unnest($4::bigint[], $5::int[], $6::boolean[], $7::int[], $8::int[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::bigint[])
		WITH ORDINALITY AS t (run, start, canary, seq, line, iccid, sim, action, "group", at, replaces, n)
	WHERE EXISTS (SELECT 1 FROM claims WHERE account = $1 AND epoch = $2)
		AND NOT EXISTS (SELECT 1 FROM acts o WHERE o.sim = t.sim AND o.account <> $1 AND o.action = t.action
			AND o.state IN ('intent', 'unknown', 'cannot_tell', 'done', 'resolved_done') AND o.account <> ALL($3))
	ORDER BY t.n
	ON CONFLICT (account, sim, action) WHERE state IN ('intent', 'unknown', 'cannot_tell', 'done', 'resolved_done') DO NOTHING
	RETURNING id, run, seq`

// intend queues intents, those of an account together.
func (s *Store) intend(b *batch, ops []*store.Intent) {
	b.outcomes() // before them
	var left []*store.Intent
	for _, op := range ops {
		op.Err = s.fenced(op.Act)
		if op.Err == nil {
			left = append(left, op)
		}
	}
	for len(left) > 0 {
		first := left[0]
		alike := func(op *store.Intent) bool {
			return op.Act.Account == first.Act.Account && slices.Equal(op.Apart, first.Apart)
		}
		s.intendAlike(b, s.held[first.Act.Account], slices.DeleteFunc(slices.Clone(left), func(op *store.Intent) bool { return !alike(op) }))
		left = slices.DeleteFunc(left, alike)
	}
}

// fenced says why no intent may be written for an account, as far as this process
// knows; nil: it may.
func (s *Store) fenced(a *store.Act) error {
	h := s.held[a.Account]
	switch {
	case h == nil || h.epochs == nil || h.given != a.Epoch:
		return fmt.Errorf("%s: %w", a.Account, store.ErrFenced)
	case h.lost != nil:
		return h.lost
	}
	return nil
}

func (s *Store) intendAlike(b *batch, h *hold, ops []*store.Intent) {
	n := len(ops)
	runs, replaces := make([]int64, n), make([]int64, n)
	starts, seqs, lines := make([]int32, n), make([]int32, n), make([]int32, n)
	canaries, ats := make([]bool, n), make([]*time.Time, n)
	iccids, sims, actions, groups := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, op := range ops {
		a := op.Act
		runs[i], replaces[i], starts[i], seqs[i], lines[i] = a.Run, a.Replaces, int32(a.Start), int32(a.Seq), int32(a.Line)
		canaries[i], ats[i] = a.Canary, stamp(a.At)
		iccids[i], sims[i], actions[i], groups[i] = string(a.ICCID), string(a.SIM), string(a.Action), a.Group
	}
	apart := ops[0].Apart
	if apart == nil {
		apart = []string{}
	}
	var now taken
	ids := map[[2]int64]int64{}
	b.queue.Queue(fence, h.account).QueryRow(func(row pgx.Row) error { return row.Scan(&now.epoch, &now.run, &now.user, &now.host) })
	b.queue.Queue(oneAtATime, classNames, h.account, apart)
	b.queue.Queue(writeActs, h.account, h.epoch(), apart, runs, starts, canaries, seqs, lines, iccids, sims, actions, groups, ats, replaces).Query(func(rows pgx.Rows) error {
		var id, run, seq int64
		_, err := pgx.ForEachRow(rows, []any{&id, &run, &seq}, func() error {
			ids[[2]int64{run, seq}] = id
			return nil
		})
		return err
	})
	b.after = append(b.after, func() error {
		for _, op := range ops {
			switch id := ids[[2]int64{op.Act.Run, int64(op.Act.Seq)}]; {
			case id != 0:
				op.Act.ID = id
			case now.epoch != h.epoch():
				h.lost = now.fenced(h.account)
				s.noteAlive()
				op.Err = h.lost
			default:
				op.Err = jobs.ErrBarred
			}
		}
		return nil
	})
}

// takeBack settles what a try before may have written: its intents were never
// answered, so nothing was sent. Their rows have no other act on its way.
func (s *Store) takeBack(b *batch, ops []*store.Intent) {
	b.outcomes()
	for _, op := range ops {
		if h := s.held[op.Act.Account]; h != nil {
			b.queue.Queue(`UPDATE acts SET state = 'not_sent', settled_at = $5 WHERE account = $1 AND run = $2 AND seq = $3 AND epoch = ANY($4) AND state = 'intent'`,
				h.account, op.Act.Run, op.Act.Seq, h.epochs, stamp(s.options.Now()))
		}
	}
}

// jsonText is a map as text.
func jsonText[K ~string](m map[K]int) (string, error) {
	text, err := json.Marshal(m)
	return string(text), err
}
