package ledger

import (
	"context"
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
	row     jobs.Row
	id      int64 // 0: nothing was begun yet
}

// Intend prepares the record of a row's command.
func (r *Run) Intend(account string, row jobs.Row) *Act {
	return &Act{run: r, account: account, row: row}
}

// Begin makes the intent durable: it is on disk when Begin returns nil. After
// NotSent it takes the same act up again.
func (a *Act) Begin(ctx context.Context) error {
	r := a.run
	r.db.met.add(a.account, a.row.ICCID) // before it is written: met must never miss one
	now := stamp(r.db.now())
	err := r.db.write.do(ctx, change{intent: true, apply: func(s *statements) error {
		if a.id != 0 {
			_, err := s.again.Exec(now, a.id)
			return err
		}
		done, err := s.intent.Exec(r.ID, r.first()+int64(a.row.Seq), a.row.Line, a.account, string(a.row.ICCID), string(a.row.Action),
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
		_, err := s.state.Exec(NotSentState, stamp(a.run.db.now()), "", a.id)
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

// Record writes down how a row ended, and with it how its act stands. For an
// irreversible row it returns once both are on disk. The result of a read may
// be a moment late; where it then cannot be written, lost is called with the
// reason, from another goroutine, at the latest before [DB.Flush] returns.
func (r *Run) Record(row jobs.Row, result jobs.Result, lost func(error)) error {
	data, err := result.Data.MarshalJSON()
	if err != nil {
		return fmt.Errorf("recording line %d: %w", row.Line, err)
	}
	act := r.taken(row.Seq)
	line, iccid, action, group := row.Line, string(row.ICCID), string(row.Action), row.Group // so that the row is not kept
	id := r.first() + int64(row.Seq)
	c := change{apply: func(s *statements) error {
		if act != 0 {
			if _, err := s.state.Exec(actState(result), stamp(r.db.now()), result.RequestID, act); err != nil {
				return err
			}
		}
		_, err := s.result.Exec(id, line, iccid, action, group, string(result.Outcome), string(result.Code), result.Description, result.UpstreamError, result.Account, result.RequestID, result.Attempts,
			result.HTTPStatus, stamp(result.Started), result.Duration.Milliseconds(), string(data))
		return err
	}}
	if row.Action.Irreversible() && row.Fault == nil {
		return r.db.write.do(context.Background(), c)
	}
	return r.db.write.later(c, lost)
}

// actState is what a row's outcome says about its act, if that is on its way.
// What says nothing leaves it in doubt.
func actState(result jobs.Result) State {
	switch result.Outcome {
	case jobs.OK:
		return DoneState
	case jobs.Failed:
		return RefusedState
	}
	return UnknownState
}
