package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/meant"
	"bulk/internal/report"
	"bulk/internal/report/xlsx"
)

// template makes a file to be filled in.
type template struct {
	p       *settings.Sources
	u       *console.UI
	output  string
	force   bool
	catalog string
	actions []jobs.Action
	groups  []string // that the cells of a workbook offer
}

func newTemplate(p *settings.Sources, u *console.UI) *cobra.Command {
	t := &template{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "template ACTION...",
		Short: "Begin a file: the right columns and a sample row for some actions",
		Long: `Prints a CSV with the columns that the named actions need, and a row for each of
them as a sample; with --output it writes that to a file, as a workbook where its
name ends in .xlsx. There the columns are formatted as text, so that ICCIDs keep
their digits, and the cells offer the actions and, with --catalog, the groups. Put your own rows in the place of the samples; columns of your own
are carried into the result. The samples are SIMs of the sandbox.

Actions: ` + settings.Join(jobs.Actions),
		Example: `  bulk template set_aa_group -o fleet.xlsx --catalog groups.csv
  bulk template query_status get_euicc_profile > fleet.csv
  bulk template query_status | bulk run - --sandbox -o status.csv`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
			left := slices.DeleteFunc(wordsOf(jobs.Actions), func(action string) bool { return slices.Contains(given, action) })
			return left, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := t.parse(args); err != nil {
				return err
			}
			return t.do(cmd)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&t.output, "output", "o", "-", "`FILE` to write, .csv or .xlsx; - for standard output")
	f.BoolVar(&t.force, "force", false, "replace the file if there is one")
	f.StringVar(&t.catalog, "catalog", "", "group catalogue `FILE`, whose live groups the cells of a workbook offer")
	return cmd
}

// parse reads the actions, each of which counts once.
func (t *template) parse(args []string) error {
	if len(args) == 0 {
		return console.Misused("ACTION is missing; there are %s", settings.Join(jobs.Actions))
	}
	for _, arg := range args {
		action, ok := jobs.ParseAction(arg)
		if !ok {
			return console.Misused("%s: no such action; there are %s%s", arg, settings.Join(jobs.Actions), meant.Ask(jobs.NormalName(arg), jobs.Actions))
		}
		if !slices.Contains(t.actions, action) {
			t.actions = append(t.actions, action)
		}
	}
	return nil
}

func (t *template) do(cmd *cobra.Command) error {
	if from, _ := settings.Origin(cmd.Flags().Lookup("catalog")); from == "flag" && !settings.IsWorkbook(t.output) {
		return console.Misused("--catalog is for a workbook, whose cells offer the groups: name one, -o fleet.xlsx")
	}
	if t.output == "-" {
		return t.csv(t.p.Stdout)
	}
	if err := t.readGroups(); err != nil {
		return err
	}
	if err := settings.NoRun("template", t.output); err != nil {
		return err
	}
	t.output = settings.Dated(t.p.Now())(t.output)
	if _, err := os.Lstat(t.output); err == nil && !t.force {
		return console.Refused(t.output+" exists already", "name another file, or replace it with --force")
	}
	if err := console.Together(t.p.GuardOutputs([]settings.OutputFile{{Flag: "output", Path: t.output}})); err != nil {
		return err
	}
	write := t.csv
	if settings.IsWorkbook(t.output) {
		write = t.workbook
	}
	if _, err := report.Publish(t.output, nil, write); err != nil {
		return console.Broken(err)
	}
	t.u.Say("%s is ready to be filled in; then: bulk check %s", t.output, console.Shell(t.output))
	return nil
}

// readGroups reads which groups there are to choose from.
func (t *template) readGroups() error {
	catalog, err := batch.GivenCatalog(&settings.Options{Catalog: t.catalog})
	if err != nil || catalog == nil {
		return err
	}
	t.groups = catalog.Targets()
	return nil
}

func (t *template) csv(to io.Writer) error {
	out := csv.NewWriter(to)
	if err := out.WriteAll(t.records()); err != nil {
		return console.Broken(fmt.Errorf("writing the template: %w", err))
	}
	return nil
}

func (t *template) workbook(to io.Writer) (err error) {
	out, err := xlsx.New(to, xlsx.Options{Sheet: "Fleet", Form: true, Choices: []xlsx.Choice{
		{Column: "action", Values: wordsOf(jobs.Actions)}, {Column: "group", Values: t.groups},
	}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, record := range t.records() {
		if err := out.Write(record); err != nil {
			return err
		}
	}
	return out.Flush()
}

// optional are the columns that only some actions use.
var optional = []struct {
	name string
	cell func(jobs.Sample) string
}{
	{"group", func(s jobs.Sample) string { return s.Group }},
	{"current_group", func(s jobs.Sample) string { return s.CurrentGroup }},
	{"expect", func(s jobs.Sample) string { return s.Expect }},
}

// records are the header, with the columns that some of the actions use, and a
// sample of each action.
func (t *template) records() [][]string {
	records := [][]string{{"iccid", "action"}}
	for _, action := range t.actions {
		records = append(records, []string{action.Sample().ICCID, string(action)})
	}
	for _, column := range optional {
		if !slices.ContainsFunc(t.actions, func(a jobs.Action) bool { return column.cell(a.Sample()) != "" }) {
			continue
		}
		records[0] = append(records[0], column.name)
		for i, action := range t.actions {
			records[i+1] = append(records[i+1], column.cell(action.Sample()))
		}
	}
	return records
}
