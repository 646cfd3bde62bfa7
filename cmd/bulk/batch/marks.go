package batch

import (
	"context"
	"fmt"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	ledgermark "bulk/internal/jobs/ledger/mark"
)

// holdAgainstMarks refuses a ledger that lacks what this machine saw in it,
// where irreversible rows are to be checked or sent by it. Reads it only warns.
func (j *opened) holdAgainstMarks(ctx context.Context) error {
	if j.unkept() {
		return nil
	}
	folder, err := j.p.Marks(j.s.MarkDir)
	if err != nil {
		j.noMark(err)
		return nil
	}
	if err := ledgers.Left(ctx, folder, j.db); err != nil {
		return err
	}
	j.marking = ledgers.NewMarking(folder, j.db, j.accounts, j.p.Now)
	if err := j.checkMarks(ctx); err != nil {
		return err
	}
	if err := j.marking.Note(ctx); err != nil {
		if j.s.MarkDir != "" {
			return console.Refused(err.Error(), "look at --mark-dir; nothing was sent")
		}
		j.noMark(err)
	}
	return nil
}

// checkMarks holds the ledger against what this machine saw of every account in
// it: whoever is sent commands under another name now is the same SIM.
func (j *opened) checkMarks(ctx context.Context) error {
	accounts, err := j.marking.Known(ctx)
	if err != nil {
		return ledgers.UnreadableMarks(err)
	}
	var refusals []*console.Stop
	for _, account := range accounts {
		found, err := j.marking.Check(ctx, account)
		if err != nil {
			return ledgers.UnreadableMarks(err)
		}
		if !found.Refused() {
			j.sayFinding(ctx, account, found)
			continue
		}
		text, hints := ledgers.MissingActs(j.db.Path(), account, found)
		if j.survey.Irreversible > 0 {
			refusals = append(refusals, console.Refused(text, append(hints, "nothing was sent")...))
			continue
		}
		j.note(text + "; only reads are done, but do not go on with it")
	}
	return console.Together(refusals)
}

// sayFinding says what is worth knowing about a ledger that is not refused.
func (j *opened) sayFinding(ctx context.Context, account string, found ledgermark.Finding) {
	switch {
	case found.Accepted:
		j.note(fmt.Sprintf("act %d of %s is missing in the ledger, as somebody has accepted (bulk ledger accept-loss); this machine goes by what is there now",
			found.Missing.Act.Number, account))
	case found.Unmarked && j.survey.Irreversible > 0:
		last, _, err := j.db.LastAct(ctx, account)
		if err != nil {
			return // whoever asks next says so
		}
		j.note(fmt.Sprintf("this machine has not seen the acts of %s in this ledger before, so whether it is the newest copy was not checked; its last act is %d, of %s",
			account, last.ID, console.UTC(last.At)))
	}
}

// keepMarks moves the marks while rows are done, and once more at their end, which
// end is called at.
func (j *opened) keepMarks(ctx context.Context) (end func()) {
	m := j.marking
	if m == nil {
		return func() {}
	}
	warn := func(err error) { j.u.Warn("%v; an old copy of the ledger may go unnoticed on this machine", err) }
	stop := m.Keep(ctx, warn)
	return func() {
		stop()
		if err := m.End(ctx); err != nil {
			warn(err)
		}
	}
}

// noMark says that a restored ledger would go unnoticed here.
func (j *opened) noMark(err error) {
	j.marking = nil
	j.note(fmt.Sprintf("this machine keeps no mark of the ledger, so that an old copy of it would go unnoticed (%v); --mark-dir names a folder for it", err))
}
