package batch

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/durable"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report/redact"
)

// KeptRun is a run's result file, from the kept copy of its input and the results
// in the ledger. done is to be called at the end.
func KeptRun(ctx context.Context, p *settings.Sources, db *ledger.DB, r ledger.RunInfo) (w *ResultFile, done func(), err error) {
	if err := stillThere(ctx, db, r); err != nil {
		return nil, nil, err
	}
	kept, err := adoptInput(ctx, p, db, r.Digest)
	if err != nil {
		return nil, nil, console.Refused(fmt.Sprintf("the copy of the input of run %d is not there any more: %v", r.ID, err), "it goes with: bulk runs prune")
	}
	options, err := optionsOf(r)
	if err != nil {
		kept.Release()
		return nil, nil, console.Broken(err)
	}
	file, survey, err := OpenInput(ctx, kept, r.Input, options)
	if err != nil {
		kept.Release()
		return nil, nil, err
	}
	rest := jobs.Result{Outcome: jobs.NotRun, Code: jobs.Interrupted, Description: jobs.Reason{Code: jobs.Interrupted}.Cause()}
	var leaving *redact.Leaving
	if s, err := settings.Recorded(r.Settings); err == nil && s.Redact {
		leaving = redact.Leave(file.Columns())
	}
	return &ResultFile{File: file, Survey: survey, Results: db.Results(ctx, r.ID), Rest: rest, plan: r.Kind == ledger.DryRun, Leaving: leaving}, kept.Release, nil
}

// WouldChange counts the SIMs that a run would change at most, in all and by group:
// the irreversible rows of its input that are not wrong, once each.
func WouldChange(ctx context.Context, p *settings.Sources, db *ledger.DB, r ledger.RunInfo) (sims int, groups map[string]int, err error) {
	w, done, err := KeptRun(ctx, p, db, r)
	if err != nil {
		return 0, nil, err
	}
	defer done()
	groups = map[string]int{}
	err = w.Each(ctx, func(row jobs.Row, _ jobs.Result) error {
		if !row.Copied && row.Fault == nil && row.Action.Irreversible() {
			sims++
			groups[row.Group]++
		}
		return nil
	})
	return sims, groups, err
}

// adoptInput takes up the copy of a run's input that this machine kept, or else the
// ledger, where another machine did the run.
func adoptInput(ctx context.Context, p *settings.Sources, db *ledger.DB, digest string) (*input.Copy, error) {
	inputs, err := InputsDir(p, db.Path())
	if err != nil {
		return nil, err
	}
	path := filepath.Join(inputs, digest+".csv")
	kept, err := input.Adopt(path)
	if err == nil && kept.Digest == digest || !db.Shared() {
		return kept, err
	}
	if err := durable.MakeFolder(inputs); err != nil {
		return nil, err
	}
	dir, remove, err := p.Temporary(inputs)
	if err != nil {
		return nil, err
	}
	defer remove()
	read, write := io.Pipe()
	go func() { write.CloseWithError(db.Input(ctx, digest, write)) }()
	kept, err = input.Take(read, dir)
	_ = read.Close()
	if err != nil {
		return nil, err
	}
	return kept, kept.Keep(path)
}

// stillThere refuses to make up a result file of a run whose results are gone.
func stillThere(ctx context.Context, db *ledger.DB, r ledger.RunInfo) error {
	if r.Kind == ledger.AcceptLoss {
		return console.Refused(fmt.Sprintf("run %d did no rows: it is a person's word that acts were lost", r.ID), "bulk runs --unknown lists the SIMs that it left in doubt")
	}
	lacks, err := db.Lacks(ctx, r)
	switch {
	case err != nil:
		return console.Broken(err)
	case lacks:
		return console.Refused(fmt.Sprintf("the results of run %d were %s: a result file would have to be made up", r.ID, ledgers.Pruned(r)),
			"its irreversible acts are still in the ledger: bulk runs --iccid shows a SIM's", "nothing was written")
	}
	return nil
}

// optionsOf are the options that a run's input was read with.
func optionsOf(r ledger.RunInfo) (input.Options, error) {
	if r.Kind == ledger.Apply {
		return PlanOptions(), nil
	}
	s, err := settings.Recorded(r.Settings)
	if err != nil {
		return input.Options{}, err
	}
	o, err := s.InputOptions()
	o.Accepted = true
	return o, err
}
