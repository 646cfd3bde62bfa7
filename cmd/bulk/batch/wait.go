package batch

import (
	"context"
	"fmt"
	"slices"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report/human"
)

// Wait waits for a run of the ledger, whoever began it and wherever it goes on, and then
// ends as the command would that began it. dispatcher gives what brings it to workers,
// where it is known.
func Wait(ctx context.Context, p *settings.Sources, u *console.UI, s *settings.Options, run int64, dispatcher func(ledger.Handover) (Dispatcher, error)) error {
	path, err := p.LedgerPath(s.Ledger)
	if err != nil {
		return err
	}
	db, err := ledgers.OpenLedger(ctx, p, path, ledger.Options{Look: true})
	if err != nil {
		return err
	}
	defer db.Close()
	info, err := ledgers.Run(ctx, db, run)
	if err != nil {
		return err
	}
	h, err := lastHandover(ctx, db, run)
	if err != nil {
		return console.Broken(err)
	}
	b, err := attach(ctx, New(p, u, s, info.Kind, info.Input), db, info, h)
	if err != nil {
		return err
	}
	defer b.close()
	if b.waiting.workers {
		if b.dispatch, err = dispatcher(h); err != nil {
			return err
		}
	}
	if !p.Watching.Away() {
		return context.Canceled // by a signal, which is what the person is told
	}
	return b.goesOn(ctx, h)
}

// goesOn says what is waited for, and waits.
func (j *begun) goesOn(ctx context.Context, h ledger.Handover) error {
	f := &follower{begun: j}
	_, over, err := f.over(ctx)
	if err != nil {
		return err
	}
	if over {
		return j.concludeTheirs(ctx, h)
	}
	text := fmt.Sprintf("run %d of %s on %s: %s", j.run.ID, j.run.User, j.run.Host, console.Plural(j.survey.Selected, "row", "rows"))
	if told, err := j.db.ProgressOf(ctx, []int64{j.run.ID}); err == nil && told[j.run.ID].Done > 0 {
		text += fmt.Sprintf(", %s of them done", human.Number(told[j.run.ID].Done))
	}
	if j.waiting.workers {
		text += ", with the workers"
	}
	if j.waiting.workers && !h.Ready() {
		text += fmt.Sprintf("; it waits for an approval: bulk runs approve %d --approve %s%s", j.run.ID, j.run.Digest, j.wayThere())
	}
	j.u.Say("%s", text)
	return j.follow(ctx)
}

// lastHandover is how a run was handed to workers; without a run's number, where it was
// not, or where a process of its own has gone on with it since.
func lastHandover(ctx context.Context, db *ledger.DB, run int64) (ledger.Handover, error) {
	h, handed, err := db.HandoverOf(ctx, run)
	if err != nil || !handed || h.Over.IsZero() {
		return h, err
	}
	starts, err := db.Starts(ctx, run)
	if n := len(starts); n > 0 && starts[n-1].At.After(h.Over) {
		return ledger.Handover{}, err
	}
	return h, err
}

// attach makes of a run in the ledger what its own command had of it.
func attach(ctx context.Context, j *Job, db *ledger.DB, info ledger.RunInfo, h ledger.Handover) (b *begun, err error) {
	j.theirs, j.waiting = true, &waiting{workers: h.Run != 0, writes: j.s.Output != ""}
	if err := j.recorded(info, h); err != nil {
		return nil, console.Broken(err)
	}
	w, release, err := KeptRun(ctx, j.p, db, info)
	if err != nil {
		return nil, err
	}
	j.later(release)
	options, err := optionsOf(info)
	if err != nil {
		return nil, console.Broken(err)
	}
	j.notes = InputNotes(w.File, w.Survey, options) // said where it was begun
	c := &connected{loaded: &loaded{Job: j, file: w.File, survey: w.Survey}, output: j.s.Output}
	for _, account := range info.Accounts {
		c.accounts = append(c.accounts, db.OneName(account))
	}
	b = &begun{approved: &approved{opened: &opened{connected: c, db: db}}, run: &ledger.Run{RunInfo: info}, leave: w.Leaving}
	return b, b.aimWaiting()
}

// recorded takes up the settings that the run was begun with.
func (j *Job) recorded(info ledger.RunInfo, h ledger.Handover) error {
	if !j.waiting.workers {
		of, err := settings.Recorded(info.Settings)
		if err == nil {
			j.s = j.s.Waiting(of)
		}
		return err
	}
	given, err := settings.ReadHanded(h.Job)
	if err != nil {
		return err
	}
	of, err := given.Options()
	if err == nil {
		j.s = j.s.Waiting(of)
		j.s.Catalog = given.CatalogName // for the next command
	}
	return err
}

// aimWaiting settles what is written here, and that it can be.
func (j *begun) aimWaiting() (err error) {
	if j.reports, err = ReportsFor(j.s, j.file.Columns()); err != nil {
		return err
	}
	if j.waiting.writes {
		if err := Fits(j.output, j.file, j.survey); err != nil {
			return err
		}
	}
	fill := settings.Numbered(j.run.ID)
	j.nameOutputs(func(name string) string { return fill(settings.Dated(j.started)(name)) })
	if !j.waiting.writes || !j.db.Shared() {
		j.pictures = "" // they are where the run saved them
		j.outs = slices.DeleteFunc(j.outs, func(out settings.OutputFile) bool { return out.Folder || out.Path == "" })
	}
	return console.Together(j.p.GuardOutputs(j.outs, settings.Kept(fmt.Sprintf("the input of run %d", j.run.ID), j.run.Input)...))
}
