package jobs

import "context"

// DoRow takes one row to its result: ledger, checks, token, intent, send,
// verdict. It is the whole of the work on a row; which rows run when, and when
// a run ends, is for its caller. When ctx ends before anything irreversible was
// sent the result is NotRun. turn is the row's place in its upstream's queue; nil:
// it holds none.
func DoRow(ctx context.Context, d *Deps, turn Turn, row *Row) *Result {
	w := &work{Deps: d, turn: turn, row: row, result: Result{Seq: row.Seq, Action: row.Action, Started: d.Now()}}
	switch {
	case row.Fault != nil:
		w.end(row.Fault.Outcome, row.Fault.Code, row.Fault.Text)
	case row.Action.Irreversible():
		w.result.Account = d.Accounts[row.Action.Upstream()]
		w.change(ctx)
	default:
		w.result.Account = d.Accounts[row.Action.Upstream()]
		w.read(ctx)
	}
	w.result.Duration = d.Now().Sub(w.result.Started)
	return &w.result
}

// work is one row under way.
type work struct {
	*Deps
	turn   Turn
	row    *Row
	result Result
	// known is set once a read has shown that the account knows the SIM.
	known bool
	// over is the done act that --again overrides; zero: none.
	over Standing
}

func (w *work) end(o Outcome, c Code, text string) {
	w.result.Outcome, w.result.Code, w.result.Description = o, c, text
}

func (w *work) because(o Outcome, r Reason) {
	w.end(o, r.Code, r.String())
	w.result.Cause = r.Cause()
}

// stop ends the row, and with it the run, for a fault of this machine. Nothing
// irreversible was sent for the row.
func (w *work) stop(err error) {
	w.result.Ends = EndsDisk
	w.because(NotRun, Reason{Aborted, err.Error()})
}

// ask performs a read for the row and books it.
func (w *work) ask(ctx context.Context, action Action) Answer {
	a := w.Ask.Ask(ctx, w.turn, action, w.row.ICCID)
	w.book(&a)
	return a
}

// book takes over what an answer says, to the row's own action or to a live check.
func (w *work) book(a *Answer) {
	if a.RequestID != "" {
		w.result.RequestID = a.RequestID
	}
	if a.Attempts > 0 {
		w.result.HTTPStatus = a.HTTPStatus
	}
	w.result.UpstreamError = a.UpstreamError
	w.result.Data.Merge(a.Data)
	if a.Ends != EndsNot {
		w.result.Ends = a.Ends
	}
}

// fail ends the row after a read or a command that did not succeed and did
// surely nothing.
func (w *work) fail(a Answer) {
	outcome := Failed
	if a.Code == Interrupted || a.Code == Aborted {
		outcome = NotRun
	}
	w.because(outcome, Reason{a.Code, a.Detail})
}

// read does a read row.
func (w *work) read(ctx context.Context) {
	a := w.ask(ctx, w.row.Action)
	w.result.Attempts = a.Attempts
	if a.Verdict != Done {
		w.fail(a)
		return
	}
	if w.keepPicture(&a) {
		Judge(&w.result, w.row)
	}
}

// Judge holds a read that succeeded against the row's expect: ok or drift.
func Judge(r *Result, row *Row) {
	r.Outcome, r.Code, r.Description = OK, "", ""
	if row.Expect.Empty() {
		return
	}
	if mismatch := row.Expect.Check(&r.Data); mismatch != "" {
		r.Outcome, r.Code, r.Description = Drift, Drifted, Sentence(mismatch)
	}
}
