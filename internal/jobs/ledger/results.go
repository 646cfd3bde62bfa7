package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ahead"
)

// seqOf is a row's place in its input, which the id of its result ends in.
func seqOf(id int64) int { return int(id & (1<<32 - 1)) }

// Results reads a run's recorded results in the order of the input.
func (r *Run) Results(ctx context.Context) iter.Seq2[jobs.Result, error] {
	return r.db.Results(ctx, r.ID)
}

// Results reads the recorded results of a run in the order of its input. A row
// whose command is on its way, or was when the run was killed, is unknown,
// whatever was recorded of it before.
func (db *DB) Results(ctx context.Context, run int64) iter.Seq2[jobs.Result, error] {
	return func(yield func(jobs.Result, error) bool) {
		flying, err := db.flying(ctx, run)
		if err != nil {
			yield(jobs.Result{}, err)
			return
		}
		before := func(seq int) bool { return len(flying) > 0 && flying[0].Seq < seq }
		for result, err := range ahead.Pairs(db.results(ctx, run<<32, (run+1)<<32)) {
			for err == nil && before(result.Seq) {
				if !yield(flying[0], nil) {
					return
				}
				flying = flying[1:]
			}
			if err == nil && before(result.Seq+1) {
				result, flying = flying[0], flying[1:]
			}
			if !yield(result, err) {
				return
			}
		}
		for _, result := range flying {
			if !yield(result, nil) {
				return
			}
		}
	}
}

// flying are the rows of a run whose command is on its way, as results.
func (db *DB) flying(ctx context.Context, run int64) (all []jobs.Result, err error) {
	left, err := acts(ctx, db.read, `state IN ('intent', 'unknown') AND state = 'intent' AND run = ? ORDER BY result`, run)
	if err != nil {
		return nil, fmt.Errorf("reading results from the ledger: %w", explain(err))
	}
	for _, l := range left {
		all = append(all, l.inDoubt())
	}
	return all, nil
}

// Result reads one recorded result; false where there is none yet.
func (r *Run) Result(ctx context.Context, seq int) (jobs.Result, bool, error) {
	if err := r.db.write.flush(ctx); err != nil {
		return jobs.Result{}, false, err
	}
	id := r.first() + int64(seq)
	for result, err := range r.db.results(ctx, id, id+1) {
		return result, err == nil, err
	}
	return jobs.Result{}, false, nil
}

func (db *DB) results(ctx context.Context, from, to int64) iter.Seq2[jobs.Result, error] {
	return func(yield func(jobs.Result, error) bool) {
		rows, err := db.read.QueryContext(ctx, `SELECT id, action, outcome, code, description, upstream_error, account, request_id, attempts,
			http_status, started_at, duration_ms, data FROM results WHERE id >= ? AND id < ? ORDER BY id`, from, to)
		if err != nil {
			yield(jobs.Result{}, fmt.Errorf("reading results from the ledger: %w", explain(err)))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var r jobs.Result
			var id, ms int64
			var started, data string
			// Into plain strings: into others database/sql takes three times as long.
			err := rows.Scan(&id, (*string)(&r.Action), (*string)(&r.Outcome), (*string)(&r.Code), &r.Description, &r.UpstreamError,
				&r.Account, &r.RequestID, &r.Attempts, &r.HTTPStatus, &started, &ms, &data)
			if err == nil && len(data) > 2 {
				err = json.Unmarshal([]byte(data), &r.Data)
			}
			if err != nil {
				yield(r, fmt.Errorf("reading a result from the ledger: %w", err))
				return
			}
			r.Seq, r.Started, r.Duration = seqOf(id), unstamp(started), time.Duration(ms)*time.Millisecond
			if !yield(r, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(jobs.Result{}, fmt.Errorf("reading results from the ledger: %w", explain(err)))
		}
	}
}
