package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"bulk/internal/jobs/ledger"
	ledgermark "bulk/internal/jobs/ledger/mark"
)

// marksFlag is where this machine keeps what it saw of its ledgers.
func marksFlag(f *pflag.FlagSet, into *string) {
	f.StringVar(into, "mark-dir", "", "`DIR` where this machine notes the last act that it saw in each ledger, on another volume than\nthe ledger (bulk/marks in your state directory)")
}

// marks is the folder of this machine's marks.
func (p *sources) marks(flag string) (ledgermark.Folder, error) {
	if flag != "" {
		dir, err := filepath.Abs(flag)
		return ledgermark.In(dir), err
	}
	state, err := p.stateFolder()
	return ledgermark.In(filepath.Join(state, "marks")), err
}

// markedLedger is a ledger as package mark asks it.
type markedLedger struct{ db *ledger.DB }

func (l markedLedger) Identity() string { return l.db.ID() }
func (l markedLedger) Place() string    { return standsAt(l.db.Path()) }

func (l markedLedger) ActAt(ctx context.Context, number int64) (ledgermark.Act, bool, error) {
	a, found, err := l.db.ActAt(ctx, number)
	return markAct(a), found, err
}

func (l markedLedger) LastAct(ctx context.Context, account string) (ledgermark.Act, bool, error) {
	a, found, err := l.db.LastAct(ctx, account)
	return markAct(a), found, err
}

func (l markedLedger) LossAccepted(ctx context.Context, account string) (at time.Time, err error) {
	losses, err := l.db.Losses(ctx, account)
	for _, loss := range losses {
		if loss.At.After(at) {
			at = loss.At
		}
	}
	return at, err
}

func markAct(a ledger.ActInfo) ledgermark.Act {
	return ledgermark.Act{Number: a.ID, SIM: a.ICCID, At: a.At}
}

// standsAt is a ledger's path without symbolic links, as far as it is there.
func standsAt(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// holdAgainstMarks refuses a ledger that lacks what this machine saw in it,
// where irreversible rows are to be checked or sent by it. Reads it only warns.
func (j *job) holdAgainstMarks(ctx context.Context) error {
	if j.s.sandbox || j.passing {
		return nil
	}
	folder, err := j.p.marks(j.s.markDir)
	if err != nil {
		j.noMark(err)
		return nil
	}
	j.marking = newMarking(folder, j.db, j.accounts, j.p.now)
	if err := j.checkMarks(ctx); err != nil {
		return err
	}
	if err := j.marking.note(ctx); err != nil {
		if j.s.markDir != "" {
			return refused(err.Error(), "look at --mark-dir; nothing was sent")
		}
		j.noMark(err)
	}
	return nil
}

// checkMarks holds the ledger against what this machine saw of every account in
// it: whoever is sent commands under another name now is the same SIM.
func (j *job) checkMarks(ctx context.Context) error {
	accounts, err := j.marking.known(ctx)
	if err != nil {
		return unreadableMarks(err)
	}
	var refusals []*stop
	for _, account := range accounts {
		found, err := j.marking.check(ctx, account)
		if err != nil {
			return unreadableMarks(err)
		}
		if !found.Refused() {
			j.sayFinding(ctx, account, found)
			continue
		}
		text, hints := missingActs(j.db.Path(), account, found)
		if j.survey.Irreversible > 0 {
			refusals = append(refusals, refused(text, append(hints, "nothing was sent")...))
			continue
		}
		j.note(text + "; only reads are done, but do not go on with it")
	}
	return together(refusals)
}

// unreadableMarks refuses to go on where there may be a mark that says otherwise.
func unreadableMarks(err error) error {
	hint := "look at the folder, and at --mark-dir"
	if errors.Is(err, ledgermark.ErrDamaged) {
		hint = "do you know that this ledger is the newest copy? then delete that file"
	}
	return refused(err.Error(), "whether the ledger is the newest copy cannot be checked", hint, "nothing was sent")
}

// sayFinding says what is worth knowing about a ledger that is not refused.
func (j *job) sayFinding(ctx context.Context, account string, found ledgermark.Finding) {
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
			account, last.ID, utc(last.At)))
	}
}

// keepMarks moves the marks while rows are done, and once more at their end, which
// end is called at.
func (j *job) keepMarks(ctx context.Context) (end func()) {
	m := j.marking
	if m == nil {
		return func() {}
	}
	warn := func(err error) { j.u.warn("%v; an old copy of the ledger may go unnoticed on this machine", err) }
	stop := m.keep(ctx, warn)
	return func() {
		stop()
		if err := m.end(ctx); err != nil {
			warn(err)
		}
	}
}

// noMark says that a restored ledger would go unnoticed here.
func (j *job) noMark(err error) {
	j.marking = nil
	j.note(fmt.Sprintf("this machine keeps no mark of the ledger, so that an old copy of it would go unnoticed (%v); --mark-dir names a folder for it", err))
}

// missingActs says what a ledger lacks, and what there is to do.
func missingActs(path, account string, found ledgermark.Finding) (text string, hints []string) {
	m := found.Missing
	act := fmt.Sprintf("act %d for SIM %s of %s on %s", m.Act.Number, m.Act.SIM, utc(m.Act.At), account)
	accept := "is it gone for good? then bulk ledger accept-loss says so; it asks which inputs were run since, and leaves their SIMs in doubt"
	if found.Swapped {
		return fmt.Sprintf("the ledger %s is another one than this machine saw there: %s is not in it", path, act), []string{
			"is its volume mounted? was it deleted, and another one made in its place? what was done would be done a second time",
			"bring the other one back, or, if it is elsewhere now, name it with --ledger", accept}
	}
	return fmt.Sprintf("the ledger %s is not what this machine saw: %s is not in it, or not as it was", path, act), []string{
		"was it restored from a backup, or is it a copy that was made before? what was done since would be done a second time",
		"bring back its newest copy, or name it with --ledger", accept}
}

func utc(t time.Time) string { return t.UTC().Format(time.DateTime + " UTC") }
