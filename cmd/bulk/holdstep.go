package main

import (
	"context"
	"errors"
	"fmt"

	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// hold takes the accounts where irreversible rows may be sent: one run at a time
// has them. Reads and dry runs do not wait for it, nor does it for them.
func (j *job) hold(ctx context.Context) error {
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun {
		return j.sayHolders(ctx)
	}
	hold, err := j.db.Hold(ctx, j.accounts, j.s.wait)
	if errors.Is(err, ledger.ErrBusy) {
		return &stop{code: report.ExitBusy, text: err.Error(), hints: []string{"nothing was sent; wait for it with --wait 1h"}, cause: err}
	}
	if err != nil {
		return refused(err.Error(), "nothing was sent")
	}
	j.later(hold.Release)
	if n := hold.Doubted; n > 0 {
		j.u.warn("%s on the way when an earlier run was killed; nobody knows whether it was done (bulk runs --unknown)",
			plural(n, "irreversible request was", "irreversible requests were"))
	}
	return nil
}

// sayHolders says which runs send to the same accounts meanwhile.
func (j *job) sayHolders(ctx context.Context) error {
	for _, account := range j.accounts {
		by, held, err := j.db.Holder(ctx, account)
		switch {
		case err != nil:
			return refused(err.Error(), "nothing was sent")
		case held:
			j.note(fmt.Sprintf("%s is held by %s: both together may send faster than --rate, and what it does meanwhile is not seen here", account, holderWords(by)))
		}
	}
	return nil
}

// holderWords says who holds an account.
func holderWords(by ledger.Holding) string {
	run := "a run"
	if by.Run != 0 {
		run = fmt.Sprintf("run %d", by.Run)
	}
	return fmt.Sprintf("%s of %s on %s since %s", run, by.User, by.Host, local(by.Since))
}

// holdRun makes sure that no other process does this very run: one that holds no
// account can be continued while it still goes on.
func (j *job) holdRun(ctx context.Context, run ledger.RunInfo) error {
	release, err := j.db.HoldRun(ctx, run.ID)
	if errors.Is(err, ledger.ErrBusy) {
		return &stop{code: report.ExitBusy, text: fmt.Sprintf("run %d of this input goes on: %s on %s began it %s", run.ID, run.User, run.Host, local(run.StartedAt)),
			hints: []string{"nothing was sent; wait for its end"}, cause: err}
	}
	if err != nil {
		return refused(err.Error(), "nothing was sent")
	}
	j.later(release)
	return nil
}
