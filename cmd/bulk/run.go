package main

import (
	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

func newRun(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &settings.Options{}
	cmd := &cobra.Command{
		Use:   "run INPUT",
		Short: "Do every row of a file; ask before irreversible ones",
		Long: `Does every row of INPUT, a CSV or an .xlsx workbook with the columns iccid and
action (- for standard input), and writes one result file of the same kind. On a
terminal it asks before irreversible rows; elsewhere it needs --yes for them. With
--dry-run it changes nothing: reads are done, irreversible rows are checked against
the live systems, and the result file is a plan that bulk apply does once somebody
has approved it.

` + describeCredentials + "\n\n" + settings.DescribeEnv() + "\n\n" + exitCodes,
		Example: `  bulk run fleet.csv --catalog groups.csv --dry-run      # check everything, change nothing
  bulk run fleet.csv --catalog groups.csv                # asks before it changes anything
  bulk run fleet.csv --catalog groups.csv --yes --resume # for a scheduler
  bulk run fleet.xlsx --catalog groups.csv --dry-run     # a workbook as it is
  bulk run fleet.results.csv --only failed,not_run -o fleet.second.csv
  cut -d, -f1 export.csv | bulk run - --action query_status -o status.csv
  bulk run --sandbox examples/input.csv --yes            # practise`,
		Args: oneInput("INPUT"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			kind, suffix := ledger.Real, settings.ResultsSuffix
			if s.DryRun {
				kind, suffix = ledger.DryRun, settings.PlanSuffix
			}
			j := batch.New(p, u, s, kind, args[0])
			defer func() { j.DidNotRun(cmd.Context(), err) }()
			if err := s.FinishFlags(cmd); err != nil {
				return err
			}
			if err := byTemporal(j, p, u, s); err != nil {
				return err
			}
			options, err := s.InputOptions()
			if err != nil {
				return err
			}
			return j.Do(cmd.Context(), options, func(written bool) (string, error) { return s.OutputFor(args[0], suffix, written) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&s.DryRun, "dry-run", false, "check every row, against the live systems too, change nothing, write the plan")
	f.BoolVar(&s.Yes, "yes", false, "do irreversible rows without asking, at most --max-changes")
	f.BoolVar(&s.DetailedExit, "detailed-exitcode", false, "with --dry-run: exit 7 where rows are planned, 0 where there is nothing to change")
	f.IntVar(&s.MaxChanges, "max-changes", 1000, "most irreversible rows, `N`, that --yes allows")
	s.RegisterInput(f)
	s.RegisterOutput(f, "fleet.results.csv for fleet.csv, fleet.plan.csv for a dry run")
	s.RegisterRun(f)
	return cmd
}

func newApply(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &settings.Options{}
	cmd := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Do exactly what an approved dry run planned",
		Long: `Does the rows that PLAN, the result file of a dry run, has as planned, and nothing
else. Action, group and account come from the plan alone; each row is checked
again and rejected where its SIM's state is no longer the plan's. On a terminal it
asks; elsewhere it needs an approval of the plan's SHA-256, so that the yes is a yes
to those bytes: by --approve, or recorded where the plan was read (bulk runs
approve). The digest comes from there; to compute it here would approve any plan.

` + describeCredentials + "\n\n" + settings.DescribeEnv() + "\n\n" + exitCodes,
		Example: `  bulk apply fleet.plan.csv --catalog groups.csv
  bulk apply fleet.plan.csv --catalog groups.csv --approve SHA256 --reason CHG-1042 # as the dry run printed it
  bulk runs approve 12 --approve SHA256 && bulk apply fleet.plan.csv --catalog groups.csv # dry run 12, where it was read
  bulk apply fleet.plan.csv --catalog groups.csv --canary 5`,
		Args: oneInput("PLAN"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			j := batch.New(p, u, s, ledger.Apply, args[0])
			defer func() { j.DidNotRun(cmd.Context(), err) }()
			if err := s.FinishFlags(cmd); err != nil {
				return err
			}
			if err := byTemporal(j, p, u, s); err != nil {
				return err
			}
			return j.Do(cmd.Context(), batch.PlanOptions(), func(bool) (string, error) { return s.AppliedOutput(args[0]) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&s.Approve, "approve", "", "the plan's `SHA-256`, all 64 digits, as the dry run printed it")
	s.RegisterPlanAge(f)
	s.RegisterOutput(f, "fleet.results.csv for fleet.plan.csv")
	s.RegisterRun(f)
	return cmd
}
