package batch

import (
	"context"
	"os"

	"bulk/cmd/bulk/ledgers"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// foresee adds what else would stand in the way of the irreversible rows once the
// rest is mended, as far as can be known without holding the account.
func (j *connected) foresee(ctx context.Context) {
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun {
		return
	}
	a := &approved{opened: &opened{connected: j}, kept: &runner.Kept{}, again: j.s.Again}
	most := j.survey.Irreversible
	if a.lookInto(ctx) {
		most = a.changes.total
	}
	switch {
	case j.kind == ledger.Apply && j.s.Approve != "":
		_ = j.gather(j.digestApproves())
	case most == 0, j.u.Interactive() && !j.s.Yes: // who will be asked
	case a.db != nil && a.takeRecorded(ctx) == nil && a.changes.approval != "":
	default:
		_ = j.gather(j.unapproved(most, "up to "))
	}
}

// lookInto gathers what the ledger has against the run, and counts by it what
// would be sent, where there is one and the accounts are known. What is no
// refusal is left to the next start to say.
func (j *approved) lookInto(ctx context.Context) (counted bool) {
	if _, err := os.Stat(j.ledger); err != nil || j.up == nil {
		return false
	}
	db, err := ledgers.OpenLedger(ctx, j.p, j.ledger, ledger.Options{})
	if err != nil {
		_ = j.gather(err)
		return false
	}
	j.db = db
	j.later(func() { _ = db.Close() })
	j.oneNames()
	steps := []func(context.Context) error{j.holdAgainstMarks, j.knownLedger, j.recentLedger, j.checkPlan}
	if !j.s.Resume {
		steps = append(steps, j.choose)
	}
	for _, step := range steps {
		_ = j.gather(step(ctx))
	}
	return j.count(ctx) == nil
}
