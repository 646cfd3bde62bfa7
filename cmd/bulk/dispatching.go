package main

import (
	"context"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/engine/temporal"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

// dispatching tells those who bring runs to workers what a person said of one. The
// ledger has it by then, and they would come upon it there.
type dispatching struct {
	p  *settings.Sources
	u  *console.UI
	at settings.TemporalAt
}

// identity is this process for who looks at the server.
func identity(p *settings.Sources) string { return p.User() + "@" + console.Host() }

// byTemporal gives a job its dispatcher, where it is to have one.
func byTemporal(j *batch.Job, p *settings.Sources, u *console.UI, s *settings.Options) error {
	if !s.ByWorkers() || s.Engine != settings.ByTemporal {
		return nil
	}
	d, err := dispatching{p: p, u: u, at: s.Temporal}.dispatcher()
	if err == nil {
		j.By(d)
	}
	return err
}

func (d dispatching) dispatcher() (batch.Dispatcher, error) {
	at, err := d.p.Temporal(d.at)
	if err != nil {
		return nil, err
	}
	made, err := temporal.NewDispatcher(at, identity(d.p), d.u.Log)
	if err != nil {
		return nil, console.Refused(err.Error(), "look at --temporal")
	}
	return made, nil
}

// of is the dispatcher of a run that was handed over; nil: it has none, or nobody said
// where.
func (d dispatching) of(h ledger.Handover) (batch.Dispatcher, error) {
	if batch.EngineOf(h) != settings.ByTemporal || d.at.Address == "" {
		return nil, nil
	}
	return d.dispatcher()
}

// must is of for what cannot be done without.
func (d dispatching) must(h ledger.Handover) (batch.Dispatcher, error) {
	if batch.EngineOf(h) == settings.ByTemporal && d.at.Address == "" {
		return nil, console.Misused("run %d is brought to workers by Temporal: --temporal HOST:PORT says where that is", h.Run)
	}
	return d.of(h)
}

// flags repeats where the server is.
func (d dispatching) flags() (text string) {
	if d.at.Address != "" {
		text = " --temporal " + console.Shell(d.at.Address)
	}
	if d.at.Namespace != settings.UsualNamespace {
		text += " --namespace " + console.Shell(d.at.Namespace)
	}
	return text
}

// knock has a run looked at now. Where nobody hears it, it is looked at all the same.
func (d dispatching) knock(ctx context.Context, db *ledger.DB, h ledger.Handover) {
	by, err := d.of(h)
	if err == nil && by != nil {
		err = by.Knock(ctx, db, h.Run)
	}
	if err != nil {
		d.u.Warn("%v; workers look at run %d within half a minute all the same, where it is", err, h.Run)
	}
}

// startAgain has a run that is to go on brought to workers.
func (d dispatching) startAgain(ctx context.Context, by batch.Dispatcher, db *ledger.DB, run int64, given string) error {
	if by == nil {
		return nil
	}
	return batch.Bring(ctx, by, db, run, d.flags()+given)
}
