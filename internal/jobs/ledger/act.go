package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"bulk/internal/jobs"
)

// State is how an irreversible request stands.
type State string

// The states of an act, as the acts table spells them.
const (
	Intended        State = "intent"
	DoneState       State = "done"
	RefusedState    State = "refused"
	NotSentState    State = "not_sent"
	UnknownState    State = "unknown"
	ResolvedDone    State = "resolved_done"
	ResolvedNotDone State = "resolved_not_done"
)

// Act is the record around one row's command: a [jobs.Intent] but for the
// guards that are waited for before it, which are the runner's. It is for one
// goroutine.
type Act struct {
	run     *Run
	account string
	row     *jobs.Row
	over    jobs.Standing // the done act that --again overrides
	id      int64         // 0: nothing was begun yet
}

// Intend prepares the record of a row's command.
func (r *Run) Intend(account string, row *jobs.Row, over jobs.Standing) *Act {
	return &Act{run: r, account: account, row: row, over: over}
}

// Begin makes the intent durable: it is on disk when Begin returns nil. After
// NotSent it takes the same act up again.
func (a *Act) Begin(ctx context.Context) error {
	r := a.run
	r.db.met.add(a.account, a.row.ICCID) // before it is written: met must never miss one
	now := stamp(r.db.now())
	err := r.db.write.do(ctx, change{intent: true, apply: func(s *statements) error {
		if a.id != 0 {
			_, err := s.again.exec(now, a.id)
			return err
		}
		done, err := s.intent.exec(r.ID, r.first()+int64(a.row.Seq), int64(a.row.Line), a.account, string(a.row.ICCID), string(a.row.Action),
			a.row.Group, now)
		if err != nil {
			return err
		}
		a.id, err = done.LastInsertId()
		return err
	}})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[a.row.Seq] = a.id
	return nil
}

// NotSent takes the intent back: the attempt surely did nothing.
func (a *Act) NotSent() error {
	a.run.taken(a.row.Seq)
	return a.run.db.write.do(context.Background(), change{apply: func(s *statements) error {
		_, err := s.state.exec(string(NotSentState), stamp(a.run.db.now()), "", a.id)
		return err
	}})
}

// taken gives the act that is open for a row, which is no longer so; 0: none.
func (r *Run) taken(seq int) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := r.open[seq]
	delete(r.open, seq)
	return id
}

// Record writes down how a row ended, and with it how its act stands: that of an
// irreversible row at once, that of a read maybe a moment late. It does not wait
// for it, or a row would keep the next from setting out; where it then cannot be
// written, lost is called with the reason, from another goroutine, at the latest
// before [DB.Flush] returns. Only for an irreversible row of a SIM that the file
// names again does it return once all is on disk, for the next of them to find.
// Row and result must not be changed any more.
func (r *Run) Record(row *jobs.Row, result *jobs.Result, lost func(error)) error {
	data, err := json.Marshal(result.Data)
	if err != nil {
		return fmt.Errorf("recording line %d: %w", row.Line, err)
	}
	act, id := r.taken(row.Seq), r.first()+int64(row.Seq)
	c := change{apply: func(s *statements) error {
		if act != 0 {
			if _, err := s.state.exec(string(actState(result)), stamp(r.db.now()), result.RequestID, act); err != nil {
				return err
			}
		}
		return s.record(id, row, result, string(data))
	}}
	switch irreversible := row.Action.Irreversible() && row.Fault == nil; {
	case irreversible && row.Ordered:
		return r.db.write.do(context.Background(), c)
	case irreversible:
		return r.db.write.soon(c, lost)
	}
	return r.db.write.later(c, lost)
}

// actState is what a row's outcome says about its act, if that is on its way.
// What says nothing leaves it in doubt.
func actState(result *jobs.Result) State {
	switch result.Outcome {
	case jobs.OK:
		return DoneState
	case jobs.Failed:
		return RefusedState
	}
	return UnknownState
}
