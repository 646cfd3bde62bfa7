package main

import (
	"github.com/spf13/cobra"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
)

func newRun(p *sources, u *ui) *cobra.Command {
	s := &settings{}
	cmd := &cobra.Command{
		Use:   "run INPUT",
		Short: "Do every row of a file; ask before irreversible ones",
		Long: `Does every row of INPUT, a CSV or an .xlsx workbook with the columns iccid and
action (- for standard input), and writes one result file of the same kind. On a
terminal it asks before irreversible rows; elsewhere it needs --yes for them. With
--dry-run it changes nothing: reads are done, irreversible rows are checked against
the live systems, and the result file is a plan that bulk apply does once somebody
has approved it.

` + describeCredentials + "\n\n" + describeEnv() + "\n\n" + exitCodes,
		Example: `  bulk run fleet.csv --catalog groups.csv --dry-run      # check everything, change nothing
  bulk run fleet.csv --catalog groups.csv                # asks before it changes anything
  bulk run fleet.csv --catalog groups.csv --yes --resume # for a scheduler
  bulk run fleet.xlsx --catalog groups.csv --dry-run     # a workbook as it is
  bulk run fleet.results.csv --only failed,not_run -o fleet.second.csv
  cut -d, -f1 export.csv | bulk run - --action query_status -o status.csv
  bulk run --sandbox examples/input.csv --yes            # practise`,
		Args: oneInput("INPUT"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			j := &job{p: p, u: u, s: s, kind: ledger.Real, name: args[0], started: p.now()}
			suffix := resultsSuffix
			if s.dryRun {
				j.kind, suffix = ledger.DryRun, planSuffix
			}
			defer func() { j.didNotRun(cmd.Context(), err) }()
			if err := s.finishFlags(cmd); err != nil {
				return err
			}
			options, err := s.inputOptions()
			if err != nil {
				return err
			}
			return j.do(cmd.Context(), options, func(written bool) (string, error) { return s.outputFor(args[0], suffix, written) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&s.dryRun, "dry-run", false, "check every row, against the live systems too, change nothing, write the plan")
	f.BoolVar(&s.yes, "yes", false, "do irreversible rows without asking, at most --max-changes")
	f.IntVar(&s.maxChanges, "max-changes", 1000, "most irreversible rows, `N`, that --yes allows")
	s.registerInput(f)
	s.registerOutput(f, "fleet.results.csv for fleet.csv, fleet.plan.csv for a dry run")
	s.registerRun(f)
	return cmd
}

func newApply(p *sources, u *ui) *cobra.Command {
	s := &settings{}
	cmd := &cobra.Command{
		Use:   "apply PLAN",
		Short: "Do exactly what an approved dry run planned",
		Long: `Does the rows that PLAN, the result file of a dry run, has as planned, and nothing
else. Action, group and account come from the plan alone; each row is checked
again and rejected where its SIM's state is no longer the plan's. On a terminal it
asks; elsewhere it needs an approval of the plan's SHA-256, so that the yes is a yes
to those bytes: by --approve, or recorded where the plan was read (bulk runs
approve). The digest comes from there; to compute it here would approve any plan.

` + describeCredentials + "\n\n" + describeEnv() + "\n\n" + exitCodes,
		Example: `  bulk apply fleet.plan.csv --catalog groups.csv
  bulk apply fleet.plan.csv --catalog groups.csv --approve SHA256 --reason CHG-1042 # as the dry run printed it
  bulk runs approve 12 --approve SHA256 && bulk apply fleet.plan.csv --catalog groups.csv # dry run 12, where it was read
  bulk apply fleet.plan.csv --catalog groups.csv --canary 5`,
		Args: oneInput("PLAN"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			j := &job{p: p, u: u, s: s, kind: ledger.Apply, name: args[0], started: p.now()}
			defer func() { j.didNotRun(cmd.Context(), err) }()
			if err := s.finishFlags(cmd); err != nil {
				return err
			}
			return j.do(cmd.Context(), planOptions(), func(bool) (string, error) { return s.appliedOutput(args[0]) })
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&s.approve, "approve", "", "the plan's `SHA-256`, all 64 digits, as the dry run printed it")
	s.registerOutput(f, "fleet.results.csv for fleet.plan.csv")
	s.registerRun(f)
	return cmd
}

// planOptions are how a plan is read: its planned rows, as the dry run checked
// them.
func planOptions() input.Options {
	return input.Options{Only: []jobs.Outcome{jobs.Planned}, ICCIDCheck: input.CheckLength}
}

// finishFlags checks what can be checked of the flags alone.
func (s *settings) finishFlags(cmd *cobra.Command) error {
	if err := s.notices.check(); err != nil { // first, for those who are to hear of all else
		return err
	}
	var err error
	if s.checked.reports, err = s.reportTargets(); err != nil {
		return err
	}
	if s.sandbox && onCommandLine(cmd, "ledger") {
		return misused("--ledger does not go with --sandbox, which has a ledger of its own")
	}
	if s.fleet != "" && !s.sandbox {
		return misused("--fleet goes with --sandbox")
	}
	if onCommandLine(cmd, "ledger") {
		s.ledgerGiven = " --ledger " + shell(s.ledger)
	}
	s.ledgerGiven = configGiven(cmd) + s.ledgerGiven
	if onCommandLine(cmd, "mark-dir") {
		s.markDirGiven = " --mark-dir " + shell(s.markDir)
	}
	if s.resume && s.restart {
		return misused("--resume and --restart exclude each other")
	}
	if err := s.checkAgain(); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if err := s.positive(); err != nil {
		return err
	}
	switch s.progress {
	case "auto", "bar", "log", "none":
		return nil
	}
	return misused("--progress is auto, bar, log or none, not %q", s.progress)
}
