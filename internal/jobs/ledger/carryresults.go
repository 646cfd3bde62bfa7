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
	type begun struct {
		ledger string
		number int64
	}
	lacking := map[begun]RunInfo{}
	for _, r := range here {
		if r.LeftBehind() {
			lacking[begun{r.Origin.Ledger, r.Origin.Run}] = r
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
			id, number := s.begun(r)
			if there, lacks := lacking[begun{id, number}]; lacks && s.Brings(r) {
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
