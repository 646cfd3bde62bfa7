package batch

import (
	"bytes"
	"context"
	"fmt"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report/timeline"
)

// connect settles where results go, and reaches for all that the rows need: the
// catalogue, the upstreams, a ledger that is there. All that is in the way of
// these is said at once.
func (j *loaded) connect(ctx context.Context, output func(written bool) (string, error)) (*connected, error) {
	c := &connected{loaded: j, ledger: j.ledgerPath}
	j.known = c
	aim := func(context.Context) error { return c.aim(output) }
	if err := j.each(ctx, aim, c.readCatalog, c.reachUpstreams, c.missingLedger, c.reachDispatcher); err != nil {
		return nil, err
	}
	if j.refusals != nil {
		c.foresee(ctx)
		return nil, j.refusal()
	}
	return c, nil
}

// aim settles where the results go, and that they can.
func (j *connected) aim(output func(written bool) (string, error)) (err error) {
	if j.output, err = output(j.file.Results()); err != nil {
		return err
	}
	if err := Fits(j.output, j.file, j.survey); err != nil {
		return err
	}
	if j.reports, err = ReportsFor(j.s, j.file.Columns()); err != nil {
		return err
	}
	j.nameOutputs(settings.Dated(j.started))
	return console.Together(j.p.GuardOutputs(j.outs))
}

// readCatalog reads the group catalogue. Where none is given, and a run by a shared
// ledger is to be continued, that ledger may keep it.
func (j *connected) readCatalog(context.Context) (err error) {
	if j.s.Resume && j.s.Catalog == "" && !j.s.NoGroupCheck && j.survey.Irreversible > 0 && ledger.InDatabase(j.ledger) {
		j.itsOwn = true
		return nil
	}
	if j.catalog, err = readCatalog(j.s, j.survey.Irreversible); err != nil {
		return err
	}
	j.noteCatalog()
	return nil
}

func (j *connected) noteCatalog() {
	if j.catalog != nil {
		for _, note := range j.catalog.Notes {
			j.note(note)
		}
	}
}

// fetchCatalog fetches the catalogue that the run was begun with, on whatever machine.
func (j *approved) fetchCatalog(ctx context.Context) (err error) {
	if !j.itsOwn || j.theirs || j.refusals != nil {
		return nil
	}
	digest := ""
	if j.unfinished != nil {
		digest = settings.CatalogOf(j.unfinished.Settings)
	}
	if digest == "" {
		_, err := readCatalog(j.s, j.survey.Irreversible)
		return err
	}
	var text bytes.Buffer
	if err := j.db.Input(ctx, digest, &text); err != nil {
		return console.Refused(fmt.Sprintf("the catalogue of run %d cannot be fetched: %v", j.unfinished.ID, err), "give it: --catalog FILE; nothing was sent")
	}
	if j.catalog, err = catalogFrom(&text, fmt.Sprintf("of run %d", j.unfinished.ID)); err != nil {
		return err
	}
	j.noteCatalog()
	j.u.Say("run %d goes on with the catalogue that it was begun with, which the ledger keeps", j.unfinished.ID)
	return nil
}

// reachUpstreams makes the way to the upstreams that the input needs; nothing is sent.
func (j *connected) reachUpstreams(context.Context) (err error) {
	var needed []jobs.Upstream
	for _, u := range jobs.Upstreams {
		for action, n := range j.survey.ByAction {
			if n > 0 && action != "" && action.Upstream() == u {
				needed = append(needed, u)
				break
			}
		}
	}
	j.timeline = timeline.New(j.p.Now())
	if j.up, err = connect(j.p, j.s, needed, j.timeline.Observe); err != nil {
		return err
	}
	j.later(j.up.close)
	for _, u := range needed {
		j.accounts = append(j.accounts, j.up.accounts[u])
	}
	return j.boundByFiles()
}
