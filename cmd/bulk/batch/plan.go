package batch

import (
	"context"
	"fmt"
	"strconv"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report/human"
)

// isPlan refuses what is no plan: no row of one says that it was sent, and they
// stand in the order of the input they were made from.
func (j *loaded) isPlan(ctx context.Context) error {
	if j.kind != ledger.Apply {
		return nil
	}
	const hint = "a plan is what bulk run INPUT --dry-run writes; nothing was sent"
	if !j.file.Results() {
		return console.Refused(j.name+" is no plan: it has no result columns", hint)
	}
	last := 0
	for row, err := range j.file.Rows(ctx, j.survey) {
		if err != nil {
			return console.Broken(err)
		}
		line, err := strconv.Atoi(row.Prior.Cells.Line)
		switch cells := row.Prior.Cells; {
		case cells != cells.Plan():
			return console.Refused(fmt.Sprintf("%s is no plan: line %d says how often or when it was sent, as result files do", j.name, row.Line), hint)
		case err != nil || line <= last:
			return console.Refused(fmt.Sprintf("%s is no plan as bulk wrote it: line %d, which was line %q of the input, is out of order", j.name, row.Line, cells.Line),
				"was it sorted, or put together from several? make a new dry run; nothing was sent")
		}
		last = line
	}
	return nil
}

// checkPlan refuses a plan that was made for another account: what was approved
// was a change there, not here.
func (j *opened) checkPlan(ctx context.Context) error {
	if j.kind != ledger.Apply {
		return nil
	}
	for row, err := range j.file.Rows(ctx, j.survey) {
		switch {
		case err != nil:
			return console.Broken(err)
		case row.Copied || row.Fault != nil:
			continue
		}
		if !row.Action.Irreversible() {
			return console.Refused(fmt.Sprintf("%s is no plan as bulk wrote it: line %d has %s as planned, which is a read", j.name, row.Line, row.Action),
				"make a new dry run; nothing was sent")
		}
		if mine := j.up.accounts[row.Action.Upstream()]; j.db.OneName(jobs.NormalAccount(row.Prior.Cells.Account)) != mine {
			return console.Refused(fmt.Sprintf("the plan is for the account %s (line %d), and this is %s", orNone(row.Prior.Cells.Account), row.Line, mine),
				"apply it with the account it was made for, or make a new dry run; nothing was sent")
		}
	}
	if j.survey.Irreversible > 0 {
		return j.knownPlan(ctx)
	}
	return nil
}

// knownPlan says where a plan is not one that a dry run in this ledger wrote:
// it may come from another machine, or it may have been edited.
func (j *opened) knownPlan(ctx context.Context) error {
	maker, found, err := j.db.PlanMaker(ctx, j.copy.Digest)
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	if err := console.Together(j.p.GuardOutputs(j.outs, settings.Kept("the file that the plan was made from", maker.Input)...)); err != nil {
		return err
	}
	switch {
	case found && j.s.Checked.MaxPlanAge > 0 && j.p.Now().Sub(maker.Heard()) > j.s.Checked.MaxPlanAge:
		return console.Refused(fmt.Sprintf("the plan is %s old: dry run %d wrote it on %s, and --max-plan-age is %s", human.Duration(j.p.Now().Sub(maker.Heard())), maker.ID,
			console.UTC(maker.Heard()), human.Duration(j.s.Checked.MaxPlanAge)),
			"make a new dry run: where it gives the same bytes, they are young again and an approval stands", "nothing was sent")
	case !found && j.db.Shared() && !j.s.Sandbox:
		return console.Refused("the shared ledger knows no dry run that wrote these bytes: the plan is from elsewhere, or it was edited or saved again since",
			"make a new dry run by this ledger", "nothing was sent")
	}
	if !found && j.s.Approve == "" && !j.s.Sandbox {
		j.u.Warn("this ledger knows no dry run that wrote these bytes: the plan is from elsewhere, or it was edited or saved again since")
	}
	return nil
}

func orNone(account string) string {
	if account == "" {
		return "(none)"
	}
	return account
}

// PlanOptions are how a plan is read: its planned rows, as the dry run checked
// them.
func PlanOptions() input.Options {
	return input.Options{Only: []jobs.Outcome{jobs.Planned}, ICCIDCheck: input.CheckLength}
}
