package main

import (
	"context"
	"iter"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/report"
)

func newCheck(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &settings.Options{}
	cmd := &cobra.Command{
		Use:   "check INPUT",
		Short: "Check a file alone; no network",
		Long: `Checks every row of INPUT, a CSV or an .xlsx workbook, and writes the same result
file as a run would, with valid, invalid or skipped for each row; with --catalog
also rejected, where the group would not do. No network, no ledger, no credentials.

` + settings.DescribeEnv() + "\n\n" + exitCodes,
		Example: `  bulk check fleet.csv
  bulk check fleet.csv --catalog groups.csv
  bulk check fleet.csv --action query_status --iccid-check luhn
  bulk check fleet.xlsx --sheet North --column iccid="SIM Serial"
  bulk check - -o checked.csv < fleet.csv`,
		Args: oneInput("INPUT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			options, err := s.InputOptions()
			if err != nil {
				return err
			}
			if s.Checked.Reports, err = s.ReportTargets(); err != nil {
				return err
			}
			c := &check{p: p, u: u, s: s, name: args[0]}
			return c.do(cmd.Context(), options)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	s.RegisterInput(f)
	s.RegisterOutput(f, "fleet.check.csv for fleet.csv")
	f.StringVar(&s.Catalog, "catalog", "", "check the groups of irreversible rows, too, against this group catalogue `FILE`")
	s.RegisterCurrentGroups(f)
	s.RegisterReports(f)
	return cmd
}

// check looks at a file alone.
type check struct {
	p    *settings.Sources
	u    *console.UI
	s    *settings.Options
	name string

	digest string // of the input
}

// quietHeap is how much memory a check asks for and never touches, so that it
// costs none: the collector takes it for part of the heap and waits until twice as
// much is there (docs/decisions/quiet-heap.md). What a check keeps is small beside
// what it makes and drops for each row.
const quietHeap = 16 << 20

func (c *check) do(ctx context.Context, options input.Options) error {
	quiet := make([]byte, quietHeap)
	defer runtime.KeepAlive(quiet)
	started := c.p.Now()
	dir, remove, err := c.p.Temporary(os.TempDir())
	if err != nil {
		return err
	}
	defer remove()
	copied, err := batch.Take(ctx, c.p, c.name, dir)
	if err != nil {
		return err
	}
	defer copied.Release()
	c.digest = copied.Digest
	groups, groupsCopy, err := batch.ReadCurrentGroups(ctx, c.p, c.s, dir, options.Columns)
	if err != nil {
		return err
	}
	if options.CurrentGroups = groups; groups != nil {
		defer groupsCopy.Release()
	}
	file, survey, err := batch.OpenInput(ctx, copied, c.name, options)
	if err != nil {
		return err
	}
	output, err := c.s.OutputFor(c.name, settings.CheckSuffix, file.Results())
	if err != nil {
		return err
	}
	if c.s.Output != "" {
		output = settings.Dated(started)(output)
	}
	if err := batch.Fits(output, file, survey); err != nil {
		return err
	}
	reports, err := batch.ReportsFor(c.s, file.Columns())
	if err != nil {
		return err
	}
	reports = reports.Filled(settings.Dated(started))
	if err := settings.NoRun("check", append(reports.Files(), c.s.Output)...); err != nil {
		return err
	}
	outs := append([]settings.OutputFile{{Flag: "output", Path: output}}, reports.Outputs()...)
	if err := console.Together(c.p.GuardOutputs(outs)); err != nil {
		return err
	}
	notes := batch.InputNotes(file, survey, options)
	if survey.Rows == 0 {
		notes = append(notes, c.name+" has a header and no rows")
	}
	catalog, err := batch.GivenCatalog(c.s)
	if err != nil {
		return err
	}
	if catalog != nil {
		notes = append(notes, catalog.Notes...)
	}
	for _, note := range notes {
		c.u.Warn("%s", note)
	}
	w := &batch.ResultFile{File: file, Survey: survey, Output: output, Rest: jobs.Result{Outcome: jobs.Valid}, Checked: true,
		Results: groupFaults(ctx, file, survey, catalog)}
	if output == "-" {
		err = w.To(ctx, c.p.Stdout)
	} else {
		_, err = report.Publish(output, func(string) error { return nil }, w.Writer(ctx))
	}
	if err != nil {
		return console.Broken(err)
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

func (c *check) sumUp(ctx context.Context, w *batch.ResultFile, reports batch.Reporting, notes []string, started time.Time) error {
	s := w.Tally.Summary()
	s.Command, s.Input, s.Output, s.Notes, s.Off = c.p.CommandLine(), c.name, w.Output, notes, c.p.SaidOff(w.Survey.Irreversible)
	if note := batch.ForSpreadsheet(c.name, w.Output); note != "" {
		s.Notes = append(s.Notes, note)
	}
	s.Kind, s.Job, s.Version, s.Files = "check", c.s.JobName(c.name), console.VersionText(), reports.Files()
	s.Origin = report.Origin{User: c.p.User(), Host: console.Host(), InputDigest: c.digest}
	s.Started, s.Elapsed = started, c.p.Now().Sub(started)
	s.ExitCode = report.ExitCode(s.Counts(), report.Ends{})
	reports.Write(ctx, c.u, &s, w, c.name)
	if err := batch.Summary(c.u, s); err != nil {
		return console.Broken(err)
	}
	return console.ExitWith(s.ExitCode)
}
