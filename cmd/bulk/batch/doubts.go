package batch

import (
	"context"
	"slices"
	"time"

	"bulk/cmd/bulk/ledgers"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// doubts counts the SIMs in doubt of the whole ledger, by account, this run's
// accounts first, also where they have none.
func (j *opened) doubts(ctx context.Context) []report.InDoubt {
	all, err := doubtsOf(ctx, j.db, j.accounts)
	if err != nil {
		j.u.Warn("which SIMs are in doubt cannot be read: %v", err)
	}
	return all
}

// lookWithin is how long a ledger may take to say what is in doubt where a run was
// refused: whoever is to hear of that must not wait for a database that is away.
const lookWithin = 5 * time.Second

// doubtsAnyway are those of a run that did not begin, if its ledger can be read; else
// nil.
func (j *Job) doubtsAnyway(ctx context.Context, accounts []string) []report.InDoubt {
	path, err := j.p.LedgerPath(j.s.Ledger)
	if err != nil || j.s.Sandbox {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	db, err := ledgers.OpenLedger(ctx, j.p, path, ledger.Options{Look: true})
	if err != nil {
		return nil
	}
	defer db.Close()
	all, err := doubtsOf(ctx, db, accounts)
	if err != nil {
		return nil
	}
	return slices.Concat([]report.InDoubt{}, all) // it was looked at
}

func doubtsOf(ctx context.Context, db *ledger.DB, accounts []string) (all []report.InDoubt, err error) {
	events, err := db.InDoubt(ctx, "")
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	find := func(account string) *report.InDoubt {
		if _, known := at[account]; !known {
			at[account] = len(all)
			all = append(all, report.InDoubt{Account: account})
		}
		return &all[at[account]]
	}
	for _, account := range accounts {
		find(account)
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
	return all, nil
}

// sim is a SIM as an account's history knows it.
type sim struct {
	account string
	sim     jobs.SIM
}

// StillInDoubt counts the rows of a result file that were in doubt before its run began,
// and of them those of which a person has said since that it cannot be told.
func StillInDoubt(ctx context.Context, db *ledger.DB, w *ResultFile) (still, cannotTell int, err error) {
	events, err := db.InDoubt(ctx, "")
	if err != nil {
		return 0, 0, err
	}
	settled := map[sim]bool{}
	for _, e := range events {
		if e.Act == ledger.CannotTell {
			settled[sim{e.Account, e.ICCID.SIM()}] = true
		}
	}
	err = w.Each(ctx, func(row jobs.Row, result jobs.Result) error {
		if result.Outcome == jobs.Unknown && result.Code == jobs.StillUnknown {
			still++
			if settled[sim{result.Account, row.ICCID.SIM()}] {
				cannotTell++
			}
		}
		return nil
	})
	return still, cannotTell, err
}
