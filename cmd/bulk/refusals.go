package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// Everything that stands in the way of a run is said at once, so that nobody
// removes one thing after the other, the last of them at 02:00.

// each takes steps one after the other. One that refuses does not keep the next
// from looking for what else is in the way; any other error ends them.
func (j *job) each(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := j.gather(step(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// gather keeps a refusal for later; any other error it gives back.
func (j *job) gather(err error) error {
	var s *stop
	if !errors.As(err, &s) || s.code != report.ExitRefused {
		return err
	}
	if s.all != nil {
		j.refusals = append(j.refusals, s.all...)
	} else {
		j.refusals = append(j.refusals, s)
	}
	return nil
}

// refusal is all that stands in the way, as one error; nil where nothing does.
func (j *job) refusal() error { return together(j.refusals) }

// together makes one refusal of several; nil of none.
func together(refusals []*stop) error {
	switch len(refusals) {
	case 0:
		return nil
	case 1:
		return refusals[0]
	}
	return &stop{code: report.ExitRefused, text: fmt.Sprintf("%d things stand in the way; nothing was sent", len(refusals)), all: refusals}
}

// foresee adds what else would stand in the way of the irreversible rows once the
// rest is mended, as far as can be known without holding the account.
func (j *job) foresee(ctx context.Context) {
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun {
		return
	}
	most := j.survey.Irreversible
	if j.lookInto(ctx) {
		most = j.changes.total
	}
	switch {
	case j.kind == ledger.Apply && j.s.approve != "":
		_ = j.gather(j.digestApproves())
	case most == 0, j.u.interactive() && !j.s.yes: // who will be asked
	case j.db != nil && j.takeRecorded(ctx) == nil && j.changes.approval != "":
	default:
		_ = j.gather(j.unapproved(most, "up to "))
	}
}

// lookInto gathers what the ledger has against the run, and counts by it what
// would be sent, where there is one and the accounts are known. What is no
// refusal is left to the next start to say.
func (j *job) lookInto(ctx context.Context) (counted bool) {
	if _, err := os.Stat(j.ledger); err != nil || j.up == nil {
		return false
	}
	db, err := j.p.openLedger(ctx, j.ledger, ledger.Options{})
	if err != nil {
		_ = j.gather(err)
		return false
	}
	j.db = db
	j.later(func() { _ = db.Close() })
	j.oneNames()
	steps := []func(context.Context) error{j.holdAgainstMarks, j.knownLedger, j.recentLedger, j.checkPlan}
	if !j.s.resume {
		steps = append(steps, j.choose)
	}
	for _, step := range steps {
		_ = j.gather(step(ctx))
	}
	return j.count(ctx) == nil
}

// sayAll says refusals one by one, each without what the last line says of all.
func (u *ui) sayAll(refusals []*stop) {
	for _, s := range refusals {
		var hints []string
		for _, hint := range s.hints {
			hint = strings.TrimSuffix(strings.TrimSuffix(hint, "nothing was sent"), "; ")
			if hint != "" && !slices.Contains(hints, hint) {
				hints = append(hints, hint)
			}
		}
		u.fail(s.text, hints...)
	}
}
