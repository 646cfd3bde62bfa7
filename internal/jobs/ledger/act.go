package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// Act is the record around one row's command: a [jobs.Intent] but for the
// guards that are waited for before it, which are the runner's. It is for one
// goroutine.
type Act struct {
	run     *Run
	account string
	row     *jobs.Row
	over    *store.Version // the done act that --again overrides; nil: none

	// Canary: the rest of the run waits for what comes of it. It is kept with
	// the act, to be set before Begin.
	Canary bool
}

// Intend prepares the record of a row's command. over is the act that --again
// overrides, as Standing gave it; the zero Standing: none.
func (r *Run) Intend(account string, row *jobs.Row, over jobs.Standing) *Act {
	a := &Act{run: r, account: r.db.oneName(account), row: row}
	if over.State == jobs.DoneEarlier && over.Act != 0 {
		a.over = &store.Version{ID: over.Act, State: store.Done, Settled: over.Settled}
		if over.Resolved {
			a.over.State = store.ResolvedDone
		}
	}
	return a
}

// Begin makes the intent durable: it is when Begin returns nil. Each attempt is
// an act of its own. The error wraps jobs.ErrBarred where the unique key, or a
// change to the act that is overridden, forbids it, and ErrFenced where the
// account is not held any more: the run cannot go on then.
func (a *Act) Begin(ctx context.Context) error {
	r, row := a.run, a.row
	act := &store.Act{
		Run: r.ID, Start: r.start, Canary: a.Canary, Seq: row.Seq, Line: row.Line, Account: a.account, ICCID: row.ICCID, SIM: row.ICCID.SIM(), Action: row.Action,
		Group: clean(row.Group), Epoch: r.db.epoch(a.account), State: store.Intended, At: r.db.now(),
	}
	if err := r.db.commit(ctx, &store.Intent{Act: act, Over: a.over, Apart: r.db.apart(a.account)}); err != nil {
		return err
	}
	r.db.written(act)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[row.Seq] = flight{act: act.ID, replaces: act.Replaces}
	return nil
}

// NotSent takes the intent back, for good: the attempt surely did nothing.
func (a *Act) NotSent() error {
	f := a.run.taken(a.row.Seq)
	return a.run.db.commit(context.Background(),
		&store.Settle{Act: f.act, State: store.NotSent, At: a.run.db.now(), Restore: f.replaces})
}

// flight is an act that is on its way.
type flight struct{ act, replaces int64 }

// taken gives the act that is open for a row, which is no longer so.
func (r *Run) taken(seq int) flight {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.open[seq]
	delete(r.open, seq)
	return f
}

// Record writes down how a row ended, and with it how its act stands. What an
// irreversible row came to is durable when it returns; that of a read is a
// moment later, so that a row does not keep the next from setting out: where it
// then cannot be written, lost is called with the reason, from another
// goroutine, at the latest before [DB.Flush] returns. The error wraps ErrOvertaken
// where another process has gone on with the run, whose results stand. Row and result must not be
// changed any more.
func (r *Run) Record(row *jobs.Row, result *jobs.Result, lost func(error)) error {
	data, err := json.Marshal(result.Data)
	if err != nil {
		return fmt.Errorf("recording line %d: %w", row.Line, err)
	}
	op := &store.Record{Run: r.ID, Start: r.start, Row: cleanedRow(row), Result: cleaned(result), Data: string(data)}
	if f := r.taken(row.Seq); f.act != 0 {
		op.Settle = &store.Settle{Act: f.act, State: actState(result), At: r.db.now(), RequestID: clean(result.RequestID), Restore: f.replaces}
		if op.Settle.State == store.Unknown {
			op.Settle.Code = result.Code
		}
	}
	irreversible := row.Action.Irreversible() && row.Fault == nil
	if irreversible {
		r.noteRefusal(op, row, result)
	}
	c := change{op: op}
	if irreversible {
		return r.db.write.do(context.Background(), c)
	}
	return r.db.write.later(c, lost)
}

// noteRefusal has it kept that the SIM was refused, or that it no longer is.
func (r *Run) noteRefusal(op *store.Record, row *jobs.Row, result *jobs.Result) {
	note := &store.Refusal{Account: r.db.oneName(result.Account), SIM: row.ICCID.SIM(), Code: result.Code, Run: r.ID, At: r.db.now()}
	switch {
	case result.Outcome == jobs.OK:
		op.Forget = note
	case refusal(result):
		op.Refused = note
	}
}

// refusal reports whether a live check or the upstream said no to this SIM: not
// where the way to it failed, nor where the account was refused.
func refusal(result *jobs.Result) bool {
	switch {
	case !result.Asked():
		return false
	case result.Outcome == jobs.Rejected:
		return true
	case result.Outcome != jobs.Failed:
		return false
	}
	switch result.Code {
	case jobs.Throttled, jobs.Timeout, jobs.Connection, jobs.BadResponse, jobs.AuthFailed, jobs.PermissionDenied:
		return false
	case jobs.UpstreamError:
		return result.HTTPStatus < 500
	}
	return true
}

// actState is what a row's outcome says about its act, if that is on its way.
// What says nothing leaves it in doubt.
func actState(result *jobs.Result) State {
	switch result.Outcome {
	case jobs.OK:
		return store.Done
	case jobs.Failed:
		return store.Refused
	}
	return store.Unknown
}
