package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// Next is what is to be done with a run once a worker has left it.
type Next int

// They.
const (
	Later Next = iota // nothing can be done of it now: it waits for a person, or another process has it
	Again             // somebody is to go on with it
	Over              // it is no longer the workers'
)

// idleLegs is how many legs in a row may settle nothing.
const idleLegs = 3

// leg is a run of which a worker does what it can.
type leg struct {
	worker *Worker
	db     *ledger.DB
	info   ledger.RunInfo
	given  ledger.Handover
	handed settings.Handed
}

// Leg does what can be done of a run now. What is so of the run is read from the
// ledger, and nowhere else: nobody who offers one can have something sent that is not
// approved there. Whatever it returns, the ledger says how far the run is; the error
// is for the log.
func (w *Worker) Leg(ctx context.Context, run int64) (Next, error) {
	db, err := ledgers.OpenLedger(ctx, w.P, w.Ledger, ledger.Options{MaxOutage: w.S.MaxOutage})
	if err != nil {
		return Later, err
	}
	defer db.Close()
	release, err := db.HoldRun(ctx, run)
	if err != nil {
		if errors.Is(err, ledger.ErrBusy) {
			err = w.endHung(ctx, db, run)
		}
		return Later, err
	}
	w.free(run)
	defer release()
	defer w.beat(ctx, db, run)()
	l := &leg{worker: w, db: db}
	if next, err := l.look(ctx, run); err != nil || next != Again {
		return next, err
	}
	return l.do(ctx)
}

// look reads what is so of a run; Again: a leg may begin.
func (l *leg) look(ctx context.Context, run int64) (Next, error) {
	var found, handed bool
	var err error
	if l.info, found, err = l.db.Run(ctx, run); err != nil {
		return Later, err
	}
	if l.given, handed, err = l.db.HandoverOf(ctx, run); err != nil {
		return Later, err
	}
	wanted, _, err := l.db.Wanted(ctx, run)
	switch {
	case err != nil:
		return Later, err
	case !found || !handed || !l.given.Over.IsZero():
		return Over, nil
	case l.info.Finished():
		return Over, l.db.HandBack(ctx, run, "", "")
	case wanted.Want == WantCancel:
		return Over, l.db.HandBack(ctx, run, said(wanted), string(runner.Interrupted))
	case wanted.Want == WantPause, !l.given.Ready():
		return Later, nil
	}
	l.handed, err = settings.ReadHanded(l.given.Job)
	return Again, err
}

// do does rows until all are done, or the leg is to end.
func (l *leg) do(ctx context.Context) (Next, error) {
	j, err := l.job()
	if err != nil {
		return Later, err
	}
	defer j.close()
	begun, next, err := l.begin(ctx, j)
	if err != nil || next != Again {
		return next, err
	}
	j.u.Say("run %d: this worker goes on with it; %d of %s stand", l.info.ID, begun.kept.Rows.Count(), console.Plural(begun.survey.Selected, "row", "rows"))
	verb := "begins"
	if begun.kept.Rows.Count() > 0 {
		verb = "goes on"
	}
	begun.tellBeginning(verb, l.handed.Off, l.handed)
	sig := l.worker.Signals.Part(ctx)
	defer sig.Stop()
	endMarks := begun.keepMarks(context.WithoutCancel(ctx))
	d, _, wanted, err := begun.stretch(sig, nil)
	endMarks()
	if err != nil {
		return Later, err
	}
	return l.end(context.WithoutCancel(ctx), begun, begun.ends(d, sig), wanted)
}

// job is the run as it was asked for, done by this worker.
func (l *leg) job() (*Job, error) {
	w := l.worker
	s, err := l.handed.Options()
	if err != nil {
		return nil, err
	}
	s.Ledger, s.LedgerGiven, s.MarkDir, s.Notices, s.Progress = w.S.Ledger, w.S.LedgerGiven, w.S.MarkDir, w.S.Notices, "none"
	j := New(w.P, w.U, s, l.info.Kind, l.info.Input)
	j.leg = &forWorker{since: l.given.Since, settled: w.Settled, catalog: l.handed.CatalogName, pictures: keptPictures{db: l.db, run: l.info.ID, dir: l.handed.Pictures}}
	return j, nil
}

// begin makes ready what the rows need, under the account's lock, and writes the leg
// down.
func (l *leg) begin(ctx context.Context, j *Job) (*begun, Next, error) {
	loaded, err := l.load(ctx, j)
	if err != nil {
		return nil, Later, err
	}
	c := &connected{loaded: loaded, ledger: l.worker.Ledger, output: l.handed.Output, pictures: l.handed.Pictures}
	if err := errors.Join(j.each(ctx, c.readCatalog, c.reachUpstreams), j.refusal()); err != nil {
		return nil, Later, err
	}
	o := &opened{connected: c, db: l.db}
	o.oneNames()
	if err := l.ownAccounts(o); err != nil {
		return nil, Later, err
	}
	if err := o.hold(ctx); err != nil {
		if errors.Is(err, ledger.ErrBusy) {
			return nil, Later, nil
		}
		return nil, Later, err
	}
	a := &approved{opened: o, unfinished: &l.info}
	if err := errors.Join(j.each(ctx, o.warn, o.holdAgainstMarks, func(context.Context) error { return a.goesOn() }, a.count), j.refusal()); err != nil {
		return nil, Later, err
	}
	if why, err := l.unapproved(ctx, a.changes.total); err != nil || why != "" {
		return nil, Over, errors.Join(err, l.giveUp(ctx, why, err))
	}
	idle, err := l.db.BeginLeg(ctx, l.info.ID, a.kept.Rows.Count())
	if err != nil {
		return nil, Later, err
	}
	if idle > idleLegs {
		return nil, Over, l.giveUp(ctx, fmt.Sprintf("%d workers in a row began with it and settled no row", idleLegs), nil)
	}
	if a.survey.Irreversible == 0 {
		l.db.OnlyReads()
	}
	b := &begun{approved: a, leave: a.leaving(), unwritten: true}
	b.run, err = l.db.Continue(ctx, l.info, j.p.User(), console.Host(), l.info.Output)
	return b, Again, err
}

// giveUp ends a run that no worker is to go on with before a person has looked; not
// where the ledger could not be asked.
func (l *leg) giveUp(ctx context.Context, why string, err error) error {
	if err != nil {
		return nil
	}
	l.worker.U.Warn("run %d: %s", l.info.ID, why)
	return l.db.HandBack(ctx, l.info.ID, why, string(runner.Guarded))
}

// ownAccounts makes sure that the run is done by the accounts that it was handed over
// for.
func (l *leg) ownAccounts(o *opened) error {
	for i, account := range l.info.Accounts {
		if i >= len(o.accounts) || o.accounts[i] != l.db.OneName(account) {
			return fmt.Errorf("run %d is for %s, and this worker has the credentials of %v", l.info.ID, account, o.accounts)
		}
	}
	return nil
}

// unapproved says why so many irreversible rows must not be sent: nobody's approval in
// the ledger, of these very bytes, covers them; empty: one does.
func (l *leg) unapproved(ctx context.Context, sims int) (why string, err error) {
	approvals, err := l.db.Approvals(ctx, l.info.ID)
	if err != nil || sims == 0 {
		return "", err
	}
	if l.given.Waits {
		approvals = approvals[min(l.given.Earlier, len(approvals)):]
	}
	most := 0
	for _, a := range approvals {
		if a.Digest == l.info.Digest {
			most = max(most, a.SIMs)
		}
	}
	switch {
	case most == 0:
		return fmt.Sprintf("it would change %s for good, and the ledger has nobody's approval of that", Counted(sims)), nil
	case sims > most:
		return fmt.Sprintf("it would change %s for good now, and %s were approved: some were settled meanwhile", Counted(sims), Counted(most)), nil
	}
	return "", nil
}

// load fetches the run's input, and what else the ledger keeps for it.
func (l *leg) load(ctx context.Context, j *Job) (*loaded, error) {
	v := &loaded{Job: j, ledgerPath: l.worker.Ledger}
	dir, err := j.temporary(os.TempDir())
	if err != nil {
		return nil, err
	}
	if j.s.Catalog, err = l.fetch(ctx, dir, l.handed.Catalog); err != nil {
		return nil, err
	}
	if j.s.CurrentIn, err = l.fetch(ctx, dir, l.handed.CurrentGroups); err != nil {
		return nil, err
	}
	options, err := optionsOf(l.info)
	if err != nil {
		return nil, err
	}
	options.Ordered = true
	groups, copied, err := ReadCurrentGroups(ctx, j.p, j.s, dir, options.Columns)
	if err != nil {
		return nil, err
	}
	if options.CurrentGroups = groups; groups != nil {
		j.later(func() { copied.Release() })
	}
	if v.copy, err = l.input(ctx, dir); err != nil {
		return nil, err
	}
	j.later(func() { v.copy.Release() })
	if v.file, v.survey, err = OpenInput(ctx, v.copy, j.name, options); err != nil {
		return v, err
	}
	j.notes = append(j.notes, InputNotes(v.file, v.survey, options)...) // said where it was handed over
	return v, nil
}

// input fetches the bytes of the run's input. They are not kept here: a leg may be the
// only one that this machine ever does of it.
func (l *leg) input(ctx context.Context, dir string) (*input.Copy, error) {
	read, write := io.Pipe()
	go func() { write.CloseWithError(l.db.Input(ctx, l.info.Digest, write)) }()
	defer read.Close()
	c, err := input.Take(read, dir)
	if err == nil && c.Digest != l.info.Digest {
		c.Release()
		err = fmt.Errorf("what was fetched of the input of run %d is not what was handed over", l.info.ID)
	}
	return c, err
}

// fetch writes what the ledger keeps under a digest to a file, whose name it gives;
// empty where there is no digest.
func (l *leg) fetch(ctx context.Context, dir, digest string) (name string, err error) {
	if digest == "" {
		return "", nil
	}
	name = filepath.Join(dir, digest+".csv")
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	err = l.db.Input(ctx, digest, file)
	return name, errors.Join(err, file.Close())
}

// end writes down how the leg ended and, where the run did with it, how that did, and
// tells whoever is to hear of it.
func (l *leg) end(ctx context.Context, j *begun, d *done, wanted ledger.Control) (Next, error) {
	next := Over
	switch {
	case d.Ending == runner.Interrupted && wanted.Want == WantPause:
		next, d.words = Later, said(wanted)
	case d.Ending == runner.Interrupted && wanted.Want == WantCancel:
		d.words = said(wanted)
	case d.Ending == runner.Interrupted:
		next, d.words = Again, "handed on by the worker on "+console.Host()
	case d.Ending == runner.DiskTrouble: // of this machine; another may have none
		next = Again
	}
	j.tellUnrecorded(ctx, d)
	switch err := j.run.End(ctx, ledger.Ended{Ending: d.words, Cause: string(d.Ending), NotRun: d.NotRun, Tally: d.Tally}); {
	case errors.Is(err, ledger.ErrOvertaken):
		j.u.Warn("run %d: %v: this worker was taken for dead, and leaves it alone", l.info.ID, err)
		return Later, nil
	case err != nil:
		return Again, err
	}
	if d.NotRun > 0 {
		j.u.Say("run %d: this worker leaves it%s; %s not run", l.info.ID, withWords(d.words), console.Plural(d.NotRun, "row was", "rows were"))
	}
	if next != Over {
		j.run.Tell(ledger.Progress{Done: j.survey.Selected - d.NotRun, Total: j.survey.Selected, Paused: next == Later, Tally: d.Tally})
		return next, nil
	}
	w := &ResultFile{File: j.file, Survey: j.survey, Output: j.output, Results: j.run.Results(ctx), Rest: notRun(d), Leaving: j.leave, Portal: j.s.Checked.Portal.Of}
	hash := sha256.New()
	if err := w.To(ctx, hash); err != nil {
		return Again, err
	}
	digest := hex.EncodeToString(hash.Sum(nil))
	if d.NotRun == 0 {
		if err := errors.Join(j.run.Publishing(ctx, digest), j.run.Published(ctx)); err != nil {
			return Again, err
		}
	}
	err := l.db.HandBack(ctx, l.info.ID, d.words, string(d.Ending))
	d.since, d.until, d.handed = l.given.Since, j.p.Now(), l.handed
	_ = j.conclude(d, &published{w, digest}) // how it ended is the run's exit code, not the worker's
	return Over, err
}

func withWords(words string) string {
	if words == "" {
		return ""
	}
	return " (" + words + ")"
}

// tellUnrecorded says what the ledger could not take: nothing else keeps it here.
func (j *begun) tellUnrecorded(ctx context.Context, d *done) {
	if len(d.Unrecorded) > 0 {
		j.sayUnrecorded(ctx, d.Unrecorded)
	}
}
