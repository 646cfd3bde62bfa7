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
// guards that are waited for before it, which are the runner's.
type Act struct {
	run     *Run
	account string
	row     jobs.Row
}

// Intend prepares the record of a row's command.
func (r *Run) Intend(account string, row jobs.Row) *Act {
	return &Act{run: r, account: account, row: row}
}

// Begin makes the intent durable: it is on disk when Begin returns nil.
func (a *Act) Begin(ctx context.Context) error {
	r := a.run
	return r.db.write.do(ctx, true, func(s *statements) error {
		_, err := s.intent.Exec(r.first()+int64(a.row.Seq), r.ID, a.row.Line, a.account, string(a.row.ICCID), string(a.row.Action),
			a.row.Group, stamp(r.db.now()))
		return err
	})
}

// NotSent takes the intent back: the attempt surely did nothing.
func (a *Act) NotSent() error {
	return a.run.db.write.do(context.Background(), true, func(s *statements) error {
		_, err := s.state.Exec(NotSentState, stamp(a.run.db.now()), "", a.run.first()+int64(a.row.Seq))
		return err
	})
}

// Record writes down how a row ended, and with it how its act stands. For an
// irreversible row it returns once both are on disk; the result of a read may
// be a moment late.
func (r *Run) Record(ctx context.Context, row jobs.Row, result jobs.Result) error {
	data, err := result.Data.MarshalJSON()
	if err != nil {
		return fmt.Errorf("recording line %d: %w", row.Line, err)
	}
	id := r.first() + int64(row.Seq)
	settles := row.Action.Irreversible() && row.Fault == nil
	return r.db.write.do(ctx, settles, func(s *statements) error {
		if state, ok := actState(result); settles && ok {
			if _, err := s.state.Exec(state, stamp(r.db.now()), result.RequestID, id); err != nil {
				return err
			}
		}
		_, err := s.result.Exec(id, row.Line, string(row.ICCID), string(row.Action), row.Group, string(result.Outcome), string(result.Code),
			result.Description, result.UpstreamError, result.Account, result.RequestID, result.Attempts, result.HTTPStatus,
			stamp(result.Started), result.Duration.Milliseconds(), string(data))
		return err
	})
}

// actState is what a row's outcome says about its act, if that is on its way.
func actState(result jobs.Result) (State, bool) {
	switch result.Outcome {
	case jobs.OK:
		return DoneState, true
	case jobs.Failed:
		return RefusedState, true
	case jobs.Unknown:
		return UnknownState, true
	case jobs.NotRun:
		return NotSentState, true
	}
	return "", false
}
