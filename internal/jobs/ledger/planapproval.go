package ledger

import (
	"context"

	"bulk/internal/jobs/ledger/store"
)

// Approve writes down who said yes to the plan that a dry run wrote, or to a run
// that was handed to workers; a.Digest is the plan's, or the input's. a.At is set by
// the ledger.
func (db *DB) Approve(ctx context.Context, run int64, a Approval) error {
	a.At, a.User, a.How, a.Reason = db.now(), clean(a.User), clean(a.How), clean(a.Reason)
	return db.commit(ctx, &store.Approve{Run: run, Approval: a})
}

// PlanApproval finds the last approval of a plan with this digest, and the dry run
// that wrote it; false: nobody approved it.
func (db *DB) PlanApproval(ctx context.Context, digest string) (last Approval, run int64, found bool, err error) {
	if digest == "" {
		return last, 0, false, nil
	}
	var failed error
	err = db.runs(ctx, store.RunQuery{Kind: DryRun, OutputDigest: digest}, func(r RunInfo) bool {
		var all []Approval
		all, failed = db.store.Approvals(ctx, r.ID)
		for _, a := range all {
			if a.Digest == digest && (!found || a.At.After(last.At)) {
				last, run, found = a, r.ID, true
			}
		}
		return failed == nil
	})
	if err == nil {
		err = failed
	}
	return last, run, found, err
}
