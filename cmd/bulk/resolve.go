package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

func newResolve(p *process, u *ui) *cobra.Command {
	var done, notDone bool
	r := &resolving{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "resolve ICCID|FILE",
		Short: "Settle an unknown row after looking in the portal",
		Long: `Tells the ledger what a person found in the portal about irreversible requests
whose outcome is unknown: --done, and they count as done; --not-done, and the SIM
may be given the command again. FILE is a CSV with an iccid column, such as a
result file (of which the unknown rows are taken).`,
		Example: `  bulk runs --unknown
  bulk resolve 8944120000000000012 --done --reason "portal shows L100, seen by AK"
  bulk resolve fleet.results.csv --not-done --reason "portal shows none of them, ticket 4711"`,
		Args: oneInput("ICCID or FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case done == notDone:
				return misused("say what you found: --done or --not-done, one of them")
			case r.reason == "":
				return misused("--reason TEXT is missing: say what you looked at")
			}
			r.done = done
			return r.do(cmd.Context(), args[0])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&done, "done", false, "the portal shows that it was done")
	f.BoolVar(&notDone, "not-done", false, "the portal shows that it was not done")
	f.StringVar(&r.reason, "reason", "", "`TEXT` kept in the ledger: what you looked at")
	f.StringVar(&r.ledger, "ledger", "", "ledger `FILE` (bulk/ledger.db in your state directory)")
	return cmd
}

type resolving struct {
	p      *process
	u      *ui
	ledger string
	reason string
	done   bool
}

func (r *resolving) do(ctx context.Context, what string) error {
	iccids, err := r.iccids(ctx, what)
	if err != nil {
		return err
	}
	path, err := r.p.ledgerPath(r.ledger)
	if err != nil {
		return err
	}
	db, err := r.p.openLedger(ctx, path, ledger.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	var settled, without int
	for _, iccid := range iccids {
		n, err := r.settle(ctx, db, iccid)
		if err != nil {
			return err
		}
		settled += n
		if n == 0 {
			without++
			r.u.warn("%s: the ledger has nothing unknown about this SIM", iccid)
		}
	}
	word := "not done"
	if r.done {
		word = "done"
	}
	r.u.say("%s now %s", plural(settled, "unknown request is", "unknown requests are"), word)
	if without > 0 {
		return exitWith(report.ExitRows)
	}
	return nil
}

// settle settles one SIM's requests, under each account that has one. Those
// that a killed run left on their way are unknown as well, once nobody runs on
// the account.
func (r *resolving) settle(ctx context.Context, db *ledger.DB, iccid jobs.ICCID) (int, error) {
	open, err := db.InDoubt(ctx, iccid)
	if err != nil {
		return 0, broken(err)
	}
	settled := 0
	for _, e := range open {
		n, err := r.settleUnder(ctx, db, e.Account, iccid)
		if err != nil {
			return settled, err
		}
		settled += n
	}
	return settled, nil
}

func (r *resolving) settleUnder(ctx context.Context, db *ledger.DB, account string, iccid jobs.ICCID) (int, error) {
	hold, err := db.Hold(ctx, []string{account}, 0)
	if errors.Is(err, ledger.ErrBusy) {
		return 0, &stop{code: report.ExitBusy, text: err.Error(), hints: []string{"nothing was settled; try again when it has ended"}}
	}
	if err != nil {
		return 0, broken(err)
	}
	defer hold.Release()
	verdict := ledger.FoundNotDone
	if r.done {
		verdict = ledger.FoundDone
	}
	n, err := db.Resolve(ctx, account, iccid, verdict, "", r.p.user(), r.reason)
	if err != nil {
		return 0, broken(err)
	}
	return n, nil
}

// iccids reads what is to be settled: an ICCID, or those of a file.
func (r *resolving) iccids(ctx context.Context, what string) ([]jobs.ICCID, error) {
	if _, err := os.Stat(what); err != nil {
		iccid, fault := jobs.ParseICCID(what)
		if fault != nil {
			return nil, refused(fmt.Sprintf("%q is no file and no ICCID: %s", what, fault.Text))
		}
		return []jobs.ICCID{iccid}, nil
	}
	dir, remove, err := r.p.temporary(os.TempDir())
	if err != nil {
		return nil, err
	}
	defer remove()
	c, err := r.p.take(ctx, what, dir)
	if err != nil {
		return nil, err
	}
	defer c.Release()
	file, survey, err := openInput(ctx, c, what, input.Options{Action: jobs.QueryStatus, ICCIDCheck: input.CheckLength})
	if err != nil {
		return nil, err
	}
	var all []jobs.ICCID
	seen := map[jobs.ICCID]bool{}
	for row, err := range file.Rows(ctx, survey) {
		if err != nil {
			return nil, broken(err)
		}
		switch {
		case row.Prior != nil && row.Prior.Outcome != jobs.Unknown || seen[row.ICCID]:
			continue
		case row.ICCID == "":
			r.u.warn("%s, line %d, is passed over: %s", what, row.Line, row.Fault.Text)
			continue
		}
		seen[row.ICCID] = true
		all = append(all, row.ICCID)
	}
	if all == nil {
		return nil, refused(what + " names no SIM that could be unknown")
	}
	return all, nil
}
