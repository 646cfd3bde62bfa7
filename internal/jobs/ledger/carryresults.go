package ledger

import (
	"context"

	"bulk/internal/jobs/ledger/store"
)

// CarryResults takes in the results of runs that were carried from the ledgers before and
// left them behind. dry: it says what would come, and changes nothing. The error wraps
// ErrCarried where there are none.
func (db *DB) CarryResults(ctx context.Context, from []Source, dry bool) (*Carried, error) {
	here, err := db.Runs(ctx)
	if err != nil {
		return nil, err
	}
	lacking := map[begun]RunInfo{}
	for _, r := range here {
		if r.LeftBehind() {
			lacking[db.begun(r)] = r
		}
	}
	c := db.carrier(from)
	any := false
	for i, s := range from {
		runs, err := s.Runs(ctx)
		if err != nil {
			return nil, err
		}
		l := &store.Carried{Acts: func(func(store.CarriedAct, error) bool) {}}
		var come []RunInfo
		for _, r := range runs {
			if there, lacks := lacking[s.begun(r)]; lacks && s.Brings(r) {
				l.Runs = append(l.Runs, &store.CarriedRun{Run: there, Number: r.ID, Here: true})
				come, any = append(come, r), true
			}
		}
		c.result.From[i].Name = s.Name
		l.Results = c.results(ctx, i, come)
		c.op.Ledgers = append(c.op.Ledgers, l)
	}
	switch {
	case !any:
		return nil, ErrCarried
	case dry:
		return c.result, c.count()
	}
	return c.result, db.commit(ctx, c.op)
}

// NotCarried counts the runs of another ledger that are not in this one, as after it was
// carried and went on all the same.
func (db *DB) NotCarried(ctx context.Context, from *DB) (n int, err error) {
	here, err := db.Runs(ctx)
	if err != nil {
		return 0, err
	}
	known := map[begun]bool{}
	for _, r := range here {
		known[db.begun(r)] = true
	}
	runs, err := from.Runs(ctx)
	for _, r := range runs {
		if !known[from.begun(r)] {
			n++
		}
	}
	return n, err
}
