package ledger

import (
	"context"
	"iter"
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ahead"
	"bulk/internal/jobs/ledger/store"
)

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
		for result, err := range ahead.Pairs(db.rows(ctx, run)) {
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

// flying are the rows of a run whose command is on its way, as results, in the
// order of the input.
func (db *DB) flying(ctx context.Context, run int64) (all []jobs.Result, err error) {
	err = db.acts(ctx, store.ActQuery{Run: run, States: []State{store.Intended}}, func(a ActInfo) bool {
		_, result := a.InDoubt()
		all = append(all, *result)
		return true
	})
	slices.SortFunc(all, func(a, b jobs.Result) int { return a.Seq - b.Seq })
	return all, err
}

// pageOfRows is how many results are read at a time: some milliseconds.
const pageOfRows = 1000

func (db *DB) rows(ctx context.Context, run int64) iter.Seq2[jobs.Result, error] {
	return func(yield func(jobs.Result, error) bool) {
		for row, err := range db.kept(ctx, run) {
			if !yield(row.Result, err) {
				return
			}
		}
	}
}

// kept are the rows of a run as they are written down, in the order of its input.
func (db *DB) kept(ctx context.Context, run int64) iter.Seq2[*store.Row, error] {
	return func(yield func(*store.Row, error) bool) {
		for q := (store.RowQuery{Run: run, Limit: pageOfRows}); ; {
			page, err := db.store.Rows(ctx, q)
			if err != nil {
				yield(&store.Row{}, err)
				return
			}
			for i := range page {
				if !yield(&page[i], nil) {
					return
				}
			}
			if len(page) < pageOfRows {
				return
			}
			q.From = page[len(page)-1].Seq + 1
		}
	}
}

// Result reads one recorded result; false where there is none yet.
func (r *Run) Result(ctx context.Context, seq int) (jobs.Result, bool, error) {
	if err := r.db.write.flush(ctx); err != nil {
		return jobs.Result{}, false, err
	}
	page, err := r.db.store.Rows(ctx, store.RowQuery{Run: r.ID, From: seq, To: seq + 1, Limit: 1})
	if err != nil || len(page) == 0 {
		return jobs.Result{}, false, err
	}
	return page[0].Result, true, nil
}

// InDoubt lists the rows of the run, by Seq, whose act is unknown or on its way.
func (r *Run) InDoubt(ctx context.Context) (map[int]bool, error) { return r.db.RowsInDoubt(ctx, r.ID) }

// RowsInDoubt lists the rows of a run, by Seq, whose act is unknown or on its
// way.
func (db *DB) RowsInDoubt(ctx context.Context, run int64) (map[int]bool, error) {
	all := map[int]bool{}
	err := db.acts(ctx, store.ActQuery{Run: run, States: []State{store.Intended, store.Unknown}}, func(a ActInfo) bool {
		all[a.Seq] = true
		return true
	})
	return all, err
}
