package batch

import (
	"context"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// doubts counts the SIMs in doubt of the whole ledger, by account, this run's
// accounts first, also where they have none.
func (j *opened) doubts(ctx context.Context) []report.InDoubt {
	events, err := j.db.InDoubt(ctx, "")
	if err != nil {
		j.u.Warn("which SIMs are in doubt cannot be read: %v", err)
		return nil
	}
	var all []report.InDoubt
	at := map[string]int{}
	find := func(account string) *report.InDoubt {
		if _, known := at[account]; !known {
			at[account] = len(all)
			all = append(all, report.InDoubt{Account: account})
		}
		return &all[at[account]]
	}
	for _, account := range j.accounts {
		find(account)
	}
	type sim struct {
		account string
		sim     jobs.SIM
	}
	seen := map[sim]bool{}
	for _, e := range events { // in the order of sending
		if s := (sim{e.Account, e.ICCID.SIM()}); e.Act != ledger.CannotTell && !seen[s] {
			seen[s] = true
			d := find(e.Account)
			if d.SIMs++; d.SIMs == 1 {
				d.Oldest = e.At
			}
		}
	}
	return all
}
