package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// change does an irreversible row: every precondition in the order of the
// contract, then the command. Whatever fails stops the row there.
func (w *work) change(ctx context.Context) {
	for _, check := range []func(context.Context) bool{w.checkLedger, w.checkGroups, w.checkState} {
		if !check(ctx) {
			return
		}
	}
	if w.Command == nil {
		w.end(Planned, "", w.unchecked())
		return
	}
	a := w.Command.SetAAGroup(ctx, w.turn, w.row.ICCID, w.row.Group, w.Ledger.Intend(w.result.Account, w.row, w.over))
	w.result.Attempts = a.Attempts
	w.book(&a)
	if a.Barred {
		w.barred(ctx)
		return
	}
	w.settle(ctx, a)
}

// barred ends a row whose intent the ledger refused: what stands there now says
// why. Where nothing does any more, the row is left for the next run.
func (w *work) barred(ctx context.Context) {
	if w.checkLedger(ctx) {
		w.because(NotRun, Reason{Aborted, ErrBarred.Error()})
	}
}

// unchecked says in the result what --no-group-check left out.
func (w *work) unchecked() string {
	if w.Catalog == nil {
		return "The group was not checked (--no-group-check)."
	}
	return ""
}

// checkLedger is precondition 1.
func (w *work) checkLedger(ctx context.Context) bool {
	s, err := w.Ledger.Standing(ctx, w.result.Account, w.row.ICCID)
	switch {
	case ctx.Err() != nil:
		w.because(NotRun, Reason{Code: Interrupted})
		return false
	case err != nil:
		w.stop(err)
		return false
	}
	if f := s.Blocks(w.row.ICCID, w.row.Group, w.Again); f != nil {
		w.result.CannotTell = s.State == InDoubt && s.CannotTell
		w.end(f.Outcome, f.Code, f.Text)
		return false
	}
	w.result.RefusedBefore = s.Refused
	w.over = Standing{}
	if s.State == DoneEarlier {
		w.over = s
	}
	return true
}

// Blocks says why a SIM's standing in the ledger blocks a command for it; nil: it
// does not. again overrides what was done, never what is in doubt nor what
// stands under another account name.
func (s Standing) Blocks(iccid ICCID, group string, again Again) *Fault {
	if s.State == Untouched {
		return nil
	}
	when := fmt.Sprintf("on %s in run %d", s.At.UTC().Format(time.DateTime+" UTC"), s.Run)
	switch {
	case s.State == InDoubt && s.CannotTell:
		return &Fault{Unknown, StillUnknown, fmt.Sprintf("A command for this SIM, group %s, was sent %s. Somebody has looked since and could not tell whether it was done. "+
			"The SIM is sent no command until bulk resolve %s says --done or --not-done.", s.Group, when, iccid)}
	case s.State == InDoubt && s.Lost:
		return &Fault{Unknown, StillUnknown, fmt.Sprintf("The ledger had lost acts, as somebody accepted %s: whether the SIM was sent a command before, nobody knows. "+
			"%s", when, lookUp(iccid))}
	case s.State == InDoubt && s.Imported:
		return &Fault{Unknown, StillUnknown, fmt.Sprintf("A command for this SIM%s was sent on %s, not by this ledger: run %d, an import, says so. Nobody knows whether it was done. "+
			"%s", groupClause(s.Group), s.At.UTC().Format(time.DateTime+" UTC"), s.Run, lookUp(iccid))}
	case s.State == InDoubt:
		return &Fault{Unknown, StillUnknown, fmt.Sprintf("A command for this SIM, group %s, was sent %s; %s. Nobody knows whether it was done. "+
			"%s", s.Group, when, whatHappened(s.Code), lookUp(iccid))}
	case s.State == UnderOtherName:
		return &Fault{Rejected, OtherAccount, fmt.Sprintf("The SIM was sent a command %s under the account name %s. "+
			"Say once what the two names are: bulk ledger same-account or bulk ledger separate-accounts.", when, s.Account)}
	case again.Overrides(s):
		return nil
	case s.State == DoneEarlier && s.Group == group:
		return &Fault{Skipped, AlreadyDone, "Done already " + when + ". Nothing to do."}
	case s.State == DoneEarlier:
		return &Fault{Rejected, ConflictsWithEarlier, fmt.Sprintf("The SIM was given group %s %s, and this row names %s. "+
			"Find out which is right, or send it all the same with --again N.", s.Group, when, group)}
	}
	return nil
}

func groupClause(group string) string {
	if group == "" {
		return ""
	}
	return ", group " + group + ","
}

// lookUp is what to do about a SIM in doubt.
func lookUp(iccid ICCID) string {
	return "Look the SIM up in the portal, then tell bulk with: bulk resolve " + string(iccid) + " --reason TEXT, with --done or --not-done."
}

// whatHappened says, as a clause, why nobody knows what became of a command.
func whatHappened(c Code) string {
	if c == "" || c == Interrupted {
		return "the process ended before an answer came"
	}
	return lowerFirst(strings.TrimSuffix(Reason{Code: c}.Cause(), "."))
}

// checkGroups is preconditions 2 and 3.
func (w *work) checkGroups(context.Context) bool {
	if f := CheckGroups(w.Catalog, *w.row); f != nil {
		w.end(f.Outcome, f.Code, f.Text)
		return false
	}
	return true
}

// CheckGroups holds a row's groups against the catalogue; nil: nothing wrong,
// or no catalogue.
func CheckGroups(c *Catalog, row Row) *Fault {
	if c == nil {
		return nil
	}
	if f := c.CheckTarget(row.Group); f != nil {
		return f
	}
	for _, group := range [...]string{row.CurrentGroup, row.AlsoGroup} {
		if group == "" {
			continue
		}
		if f := c.CheckCurrent(group); f != nil {
			return f
		}
	}
	return nil
}

// checkState is precondition 4, the live checks, and for the rows of a plan the
// comparison with the state that was approved.
func (w *work) checkState(ctx context.Context) bool {
	approved := w.approved()
	if w.Preflight.Status || approved.SIMStatus != "" {
		if !w.checkRead(ctx, QueryStatus) {
			return false
		}
		w.known = true
	}
	if w.Preflight.Contract || approved.ContractType+approved.ContractMonths != "" {
		if !w.checkRead(ctx, QueryContract) {
			return false
		}
		w.known = true
	}
	if f := w.changed(approved); f != nil {
		w.end(f.Outcome, f.Code, f.Text)
		return false
	}
	if f := Barred(&w.result.Data); f != nil {
		w.end(f.Outcome, f.Code, f.Text)
		return false
	}
	return true
}

// checkRead asks one live check; a SIM the upstream does not know is rejected.
func (w *work) checkRead(ctx context.Context, action Action) bool {
	a := w.ask(ctx, action)
	switch {
	case a.Verdict == Done:
		return true
	case a.Verdict == Refused && a.Code == SIMUnknown:
		w.because(Rejected, Reason{SIMUnknown, a.Detail})
	default:
		w.fail(a)
	}
	return false
}

// Barred tells what in a SIM's state forbids the command; nil: nothing. Closed
// is permanent; contract types 1 and 2 forbid group moves while months remain
// (upstreams.md, query_status and query_contract).
func Barred(d *Data) *Fault {
	if strings.EqualFold(d.SIMStatus, "closed") {
		return &Fault{Rejected, SIMClosed, Reason{Code: SIMClosed}.String()}
	}
	inForce := d.ContractType == "1" || d.ContractType == "2"
	if inForce && d.ContractMonths != "" && d.ContractMonths != "0" && !strings.HasPrefix(d.ContractMonths, "-") {
		return &Fault{Rejected, ContractInForce, Reason{ContractInForce,
			fmt.Sprintf("A contract of type %s with %s months remaining forbids a group move.", d.ContractType, d.ContractMonths)}.String()}
	}
	return nil
}

// approved is the state in which the approved plan saw the SIM; empty where
// there is no plan, or one that was made without live checks.
func (w *work) approved() Data {
	if !w.Plan || w.row.Prior == nil {
		return Data{}
	}
	saw := w.row.Prior.Cells.Data
	return Data{SIMStatus: saw.SIMStatus, ContractType: saw.ContractType, ContractMonths: saw.ContractMonths}
}

// changed compares the observed state with the approved one. A plan made
// without live checks saw nothing, and so nothing can have changed.
func (w *work) changed(approved Data) *Fault {
	if approved == (Data{}) {
		return nil
	}
	var differs []string
	for _, c := range w.row.Action.Columns() {
		was, is := approved.Get(c), w.result.Data.Get(c)
		if was != is {
			differs = append(differs, fmt.Sprintf("%s was %s in the plan and is %s now", c, orEmpty(was), orEmpty(is)))
		}
	}
	if differs == nil {
		return nil
	}
	return &Fault{Rejected, StateChanged, Reason{StateChanged, strings.Join(differs, "; ")}.String()}
}

func orEmpty(text string) string {
	if text == "" {
		return "empty"
	}
	return text
}
