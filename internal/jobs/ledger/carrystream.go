package ledger

import (
	"context"
	"encoding/json"
	"iter"
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// acts are those of a ledger as they come.
func (c *carrier) acts(ctx context.Context, i int) iter.Seq2[store.CarriedAct, error] {
	s := c.sources[i]
	return func(yield func(store.CarriedAct, error) bool) {
		for q := (store.ActQuery{Limit: pageOfActs}); ; {
			page, err := s.store.Acts(ctx, q)
			var words []store.Word
			if err == nil {
				words, err = s.store.Words(ctx, ids(page))
			}
			if err != nil {
				yield(store.CarriedAct{}, err)
				return
			}
			said := map[int64][]store.Word{}
			for _, w := range words {
				said[w.Act] = append(said[w.Act], w)
			}
			for _, a := range page {
				if !yield(store.CarriedAct{Act: c.act(i, a), Words: said[a.ID]}, nil) {
					return
				}
			}
			if len(page) < pageOfActs {
				return
			}
			q.After = page[len(page)-1].ID
		}
	}
}

// act is one act as it comes. What is on its way there nobody will hear of any more.
func (c *carrier) act(i int, a store.Act) store.Act {
	if a.State == Intended {
		a.State, a.Code, a.Settled = UnknownState, jobs.Interrupted, c.origin.At
	}
	if c.goes[held{i, a.ID}] {
		a.Was, a.State = a.State, Replaced
	}
	a.Account = c.names.of(a.Account)
	a.Epoch = c.db.epoch(a.Account)
	return a
}

// results are those of a ledger that come. What is on its way is in doubt.
func (c *carrier) results(ctx context.Context, i int, runs []RunInfo) iter.Seq2[store.CarriedResult, error] {
	s, got := c.sources[i], &c.result.From[i]
	return func(yield func(store.CarriedResult, error) bool) {
		got.Results, got.Pictures, got.Missing = 0, 0, nil
		for _, r := range slices.Backward(runs) {
			if !s.Brings(r) {
				continue
			}
			for row, err := range s.keptOrFlying(ctx, r.ID) {
				result := store.CarriedResult{}
				if err == nil {
					result, err = resultOf(s, got, r, row)
				}
				if !yield(result, err) || err != nil {
					return
				}
			}
		}
	}
}

// keptOrFlying are the rows of a run in no particular order, those whose command is on
// its way as in doubt.
func (db *DB) keptOrFlying(ctx context.Context, run int64) iter.Seq2[*store.Row, error] {
	return func(yield func(*store.Row, error) bool) {
		flying := map[int]*store.Row{}
		err := db.acts(ctx, store.ActQuery{Run: run, States: []State{Intended}}, func(a ActInfo) bool {
			_, result := a.InDoubt()
			flying[a.Seq] = &store.Row{Result: *result, Run: run, Line: a.Line, ICCID: a.ICCID, Group: a.Group}
			return true
		})
		if err != nil {
			yield(nil, err)
			return
		}
		for row, err := range db.kept(ctx, run) {
			if err == nil && flying[row.Seq] != nil {
				continue
			}
			if !yield(row, err) {
				return
			}
		}
		for _, row := range flying {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// resultOf is a row's result as it comes, with its picture.
func resultOf(s Source, got *CarriedFrom, run RunInfo, row *store.Row) (r store.CarriedResult, err error) {
	data, err := json.Marshal(row.Data)
	if err != nil {
		return r, err
	}
	r.Record = store.Record{
		Run: row.Run, Row: &jobs.Row{Seq: row.Seq, Line: row.Line, ICCID: row.ICCID, Action: row.Action, Group: row.Group}, Result: &row.Result, Data: string(data),
	}
	got.Results++
	if file := row.Data.QRFile; file != "" && s.Picture != nil {
		if r.Picture, r.PNG, err = s.Picture(run, file); err != nil {
			got.Missing, r.Picture = append(got.Missing, file), ""
		} else {
			got.Pictures++
		}
	}
	return r, nil
}
