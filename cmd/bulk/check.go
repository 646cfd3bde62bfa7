package main

import (
	"context"
	"iter"
	"os"
	"time"

	"github.com/spf13/cobra"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/report"
)

func newCheck(p *sources, u *ui) *cobra.Command {
	s := &settings{}
	cmd := &cobra.Command{
		Use:   "check INPUT",
		Short: "Check a file alone; no network",
		Long: `Checks every row of INPUT, a CSV or an .xlsx workbook, and writes the same result
file as a run would, with valid, invalid or skipped for each row; with --catalog
also rejected, where the group would not do. No network, no ledger, no credentials.

` + describeEnv() + "\n\n" + exitCodes,
		Example: `  bulk check fleet.csv
  bulk check fleet.csv --catalog groups.csv
  bulk check fleet.csv --action query_status --iccid-check luhn
  bulk check fleet.xlsx --sheet North --column iccid="SIM Serial"
  bulk check - -o checked.csv < fleet.csv`,
		Args: oneInput("INPUT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := s.inputOptions()
			if err != nil {
				return err
			}
			if s.checked.reports, err = s.reportTargets(); err != nil {
				return err
			}
			c := &check{p: p, u: u, s: s, name: args[0]}
			return c.do(cmd.Context(), options)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	s.registerInput(f)
	s.registerOutput(f, "fleet.check.csv for fleet.csv")
	f.StringVar(&s.catalog, "catalog", "", "check the groups of irreversible rows, too, against this group catalogue `FILE`")
	s.registerCurrentGroups(f)
	s.registerReports(f)
	return cmd
}

// check looks at a file alone.
type check struct {
	p    *sources
	u    *ui
	s    *settings
	name string

	digest string // of the input
}

func (c *check) do(ctx context.Context, options input.Options) error {
	started := c.p.now()
	dir, remove, err := c.p.temporary(os.TempDir())
	if err != nil {
		return err
	}
	defer remove()
	copied, err := c.p.take(ctx, c.name, dir)
	if err != nil {
		return err
	}
	defer copied.Release()
	c.digest = copied.Digest
	groups, groupsCopy, err := c.p.readCurrentGroups(ctx, c.s, dir, options.Columns)
	if err != nil {
		return err
	}
	if options.CurrentGroups = groups; groups != nil {
		defer groupsCopy.Release()
	}
	file, survey, err := openInput(ctx, copied, c.name, options)
	if err != nil {
		return err
	}
	output, err := c.s.outputFor(c.name, checkSuffix, file.Results())
	if err != nil {
		return err
	}
	if c.s.output != "" {
		output = dated(started)(output)
	}
	if err := fits(output, file, survey); err != nil {
		return err
	}
	reports, err := c.s.reportsFor(file.Columns())
	if err != nil {
		return err
	}
	reports = reports.filled(dated(started))
	if err := noRun("check", append(reports.files(), c.s.output)...); err != nil {
		return err
	}
	outs := append([]outputFile{{flag: "output", path: output}}, reports.outputs()...)
	if err := together(c.p.guardOutputs(outs)); err != nil {
		return err
	}
	notes := inputNotes(file, survey, options)
	if survey.Rows == 0 {
		notes = append(notes, c.name+" has a header and no rows")
	}
	catalog, err := c.s.givenCatalog()
	if err != nil {
		return err
	}
	if catalog != nil {
		notes = append(notes, catalog.Notes...)
	}
	for _, note := range notes {
		c.u.warn("%s", note)
	}
	w := &resultFile{file: file, survey: survey, output: output, rest: jobs.Result{Outcome: jobs.Valid}, checked: true,
		results: groupFaults(ctx, file, survey, catalog)}
	if output == "-" {
		err = w.to(ctx, c.p.stdout)
	} else {
		_, err = report.Publish(output, func(string) error { return nil }, w.writer(ctx))
	}
	if err != nil {
		return broken(err)
	}
	return c.sumUp(ctx, w, reports, notes, started)
}

// groupFaults are the results of the rows whose groups do not stand the test of
// the catalogue, as a run would have them.
func groupFaults(ctx context.Context, file *input.File, survey *input.Survey, catalog *jobs.Catalog) iter.Seq2[jobs.Result, error] {
	return func(yield func(jobs.Result, error) bool) {
		if catalog == nil || survey.Irreversible == 0 {
			return
		}
		for row, err := range file.Rows(ctx, survey) {
			if err != nil {
				yield(jobs.Result{}, err)
				return
			}
			if row.Copied || row.Fault != nil || !row.Action.Irreversible() {
				continue
			}
			f := jobs.CheckGroups(catalog, row)
			if f != nil && !yield(jobs.Result{Seq: row.Seq, Action: row.Action, Outcome: f.Outcome, Code: f.Code, Description: f.Text}, nil) {
				return
			}
		}
	}
}

func (c *check) sumUp(ctx context.Context, w *resultFile, reports reporting, notes []string, started time.Time) error {
	s := w.tally.Summary()
	s.Command, s.Input, s.Output, s.Notes, s.Off = c.p.commandLine(), c.name, w.output, notes, c.p.saidOff(w.survey.Irreversible)
	if note := forSpreadsheet(c.name, w.output); note != "" {
		s.Notes = append(s.Notes, note)
	}
	s.Kind, s.Job, s.Version, s.Files = "check", c.s.jobName(c.name), versionText(), reports.files()
	s.Origin = report.Origin{User: c.p.user(), Host: host(), InputDigest: c.digest}
	s.Started, s.Elapsed = started, c.p.now().Sub(started)
	s.ExitCode = report.ExitCode(s.Counts(), report.Ends{})
	reports.write(ctx, c.u, &s, w, c.name)
	if err := c.u.summary(s); err != nil {
		return broken(err)
	}
	return exitWith(s.ExitCode)
}
