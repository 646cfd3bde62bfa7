package main

import (
	"context"
	"iter"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/report"
	"bulk/internal/report/redact"
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

	started time.Time
}

// quietHeap is how much memory a check asks for and never touches, so that it
// costs none: the collector takes it for part of the heap and waits until twice as
// much is there (docs/decisions/quiet-heap.md). What a check keeps is small beside
// what it makes and drops for each row.
const quietHeap = 16 << 20

// do reads the input, names the outputs, says what is odd, checks every row, and
// sums up.
func (c *check) do(ctx context.Context, options input.Options) error {
	quiet := make([]byte, quietHeap)
	defer runtime.KeepAlive(quiet)
	c.started = c.p.Now()
	given, done, err := c.read(ctx, options)
	if err != nil {
		return err
	}
	defer done()
	output, reports, err := c.outputs(given)
	if err != nil {
		return err
	}
	catalog, err := batch.GivenCatalog(c.s)
	if err != nil {
		return err
	}
	notes := c.notes(given, options, catalog)
	w := &batch.ResultFile{File: given.file, Survey: given.survey, Output: output, Rest: jobs.Result{Outcome: jobs.Valid}, Checked: true,
		Results: groupFaults(ctx, given.file, given.survey, catalog), Separator: batch.Separator(c.p, c.s)}
	if c.s.Redact {
		w.Leaving = redact.Leave(given.file.Columns())
	}
	if output == "-" {
		err = w.To(ctx, c.p.Stdout)
	} else {
		_, err = report.Publish(output, func(string) error { return nil }, w.Writer(ctx))
	}
	if err != nil {
		return console.Broken(err)
	}
	return c.sumUp(ctx, w, reports, notes, given.digest)
}

// checked is an input that was read once.
type checked struct {
	file   *input.File
	survey *input.Survey
	digest string
}

// read takes a copy of the input and looks through it. done gives the copy up.
func (c *check) read(ctx context.Context, options input.Options) (given checked, done func(), err error) {
	var cleanups []func()
	giveUp := func() {
		for _, f := range slices.Backward(cleanups) {
			f()
		}
	}
	defer func() {
		if err != nil {
			giveUp()
		}
	}()
	dir, remove, err := c.p.Temporary(os.TempDir())
	if err != nil {
		return checked{}, nil, err
	}
	cleanups = append(cleanups, remove)
	copied, groups, groupsCopy, err := batch.TakeBoth(ctx, c.p, c.s, c.name, dir, options.Columns)
	if err != nil {
		return checked{}, nil, err
	}
	cleanups = append(cleanups, copied.Release)
	if options.CurrentGroups = groups; groups != nil {
		cleanups = append(cleanups, groupsCopy.Release)
	}
	file, survey, err := batch.OpenInput(ctx, copied, c.name, options)
	return checked{file, survey, copied.Digest}, giveUp, err
}

// outputs names what is written, and refuses names that would hurt something.
func (c *check) outputs(given checked) (output string, reports batch.Reporting, err error) {
	output, err = c.s.OutputFor(c.name, settings.CheckSuffix, given.file.Results())
	if err != nil {
		return "", reports, err
	}
	dated := settings.Dated(c.started)
	if c.s.Output != "" {
		output = dated(output)
	}
	if err := batch.Fits(output, given.file, given.survey); err != nil {
		return "", reports, err
	}
	if reports, err = batch.ReportsFor(c.s, given.file.Columns()); err != nil {
		return "", reports, err
	}
	reports = reports.Filled(dated)
	if err := settings.NoRun("check", append(reports.Files(), c.s.Output)...); err != nil {
		return "", reports, err
	}
	outs := append([]settings.OutputFile{{Flag: "output", Path: output}}, reports.Outputs()...)
	return output, reports, console.Together(c.p.GuardOutputs(outs))
}

// notes says what is odd about the input and the catalogue, and keeps it for the
// reports.
func (c *check) notes(given checked, options input.Options, catalog *jobs.Catalog) []string {
	notes := batch.InputNotes(given.file, given.survey, options)
	if given.survey.Rows == 0 {
		notes = append(notes, c.name+" has a header and no rows")
	}
	if catalog != nil {
		notes = append(notes, catalog.Notes...)
	}
	for _, note := range notes {
		c.u.Warn("%s", note)
	}
	return notes
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

func (c *check) sumUp(ctx context.Context, w *batch.ResultFile, reports batch.Reporting, notes []string, digest string) error {
	s := w.Tally.Summary()
	s.Command, s.Input, s.Output, s.Notes, s.Off = c.p.CommandLine(), c.name, w.Output, notes, c.p.SaidOff(w.Survey.Irreversible)
	if note := batch.ForSpreadsheet(c.name, w.Output, c.s.ForExcel); note != "" {
		s.Notes = append(s.Notes, note)
	}
	s.Kind, s.Job, s.Version, s.Files = "check", c.s.JobName(c.name), console.VersionText(), reports.Files()
	s.Origin = report.Origin{User: c.p.User(), Host: console.Host(), InputDigest: digest}
	s.Started, s.Elapsed = c.started, c.p.Now().Sub(c.started)
	s.ExitCode = report.ExitCode(s.Counts(), report.Ends{})
	reports.Write(ctx, c.u, &s, w, c.name)
	if err := batch.Summary(c.u, s); err != nil {
		return console.Broken(err)
	}
	return console.ExitWith(s.ExitCode)
}
