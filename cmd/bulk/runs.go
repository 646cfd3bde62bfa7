package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// looking is what bulk runs looks at.
type looking struct {
	p       *sources
	u       *ui
	ledger  string
	iccid   string
	unknown bool
	output  string
}

func newRuns(p *sources, u *ui) *cobra.Command {
	l := &looking{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "runs [RUN]",
		Short: "List the runs in the ledger, or show one; a SIM's history; a run's results again",
		Long: `Without an argument it lists the runs, newest first. With a run's number it shows
that run, and with --output writes its result CSV again. --iccid lists what every
run did with a SIM, --unknown what is unknown and blocks its SIM.`,
		Example: `  bulk runs
  bulk runs 12
  bulk runs 12 -o fleet.results.csv
  bulk runs --iccid 8944120000000000012
  bulk runs --unknown
  bulk runs approve 12 --approve SHA256 --reason CHG-1042
  bulk runs prune --older-than 90d`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return l.do(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&l.iccid, "iccid", "", "a SIM's history: its `ICCID`")
	f.BoolVar(&l.unknown, "unknown", false, "the irreversible requests whose outcome is unknown, as CSV")
	f.StringVarP(&l.output, "output", "o", "", "write the run's result CSV again, to `FILE`; - for standard output")
	f.StringVar(&l.ledger, "ledger", "", "ledger `FILE` (bulk/ledger.db in your state directory)")
	cmd.AddCommand(newPrune(p, u), newApprove(p, u))
	return cmd
}

func (l *looking) do(ctx context.Context, args []string) error {
	if l.output != "" && len(args) == 0 {
		return misused("--output goes with a run: bulk runs RUN -o FILE")
	}
	var id int64
	if len(args) > 0 {
		var err error
		if id, err = strconv.ParseInt(args[0], 10, 64); err != nil {
			return misused("%q is no number of a run", args[0])
		}
	}
	path, err := l.p.ledgerPath(l.ledger)
	if err != nil {
		return err
	}
	db, err := l.p.openLedger(ctx, path, ledger.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	switch {
	case l.iccid != "":
		iccid, fault := jobs.ParseICCID(l.iccid)
		if fault != nil {
			return misused("--iccid %s: %s", l.iccid, fault.Text)
		}
		events, err := db.History(ctx, iccid)
		return l.events(events, err, fmt.Sprintf("the ledger has nothing about %s", iccid))
	case l.unknown:
		events, err := db.InDoubt(ctx, "")
		return l.events(events, err, "nothing is unknown")
	case len(args) == 0:
		return l.list(ctx, db)
	}
	info, found, err := db.Run(ctx, id)
	switch {
	case err != nil:
		return broken(err)
	case !found:
		return refused(fmt.Sprintf("the ledger has no run %d", id), "bulk runs lists those it has")
	case l.output != "":
		return l.rewrite(ctx, db, info)
	}
	return l.show(ctx, db, info)
}

// events writes a history as CSV: it is data.
func (l *looking) events(events []ledger.Event, err error, none string) error {
	if err != nil {
		return broken(err)
	}
	if events == nil {
		l.u.say("%s", none)
		return nil
	}
	w := csv.NewWriter(l.p.stdout)
	_ = w.Write([]string{"at", "run", "line", "account", "iccid", "action", "group", "outcome", "error_code", "request_id",
		"standing", "resolved_by", "reason"})
	for _, e := range events {
		_ = w.Write([]string{e.At.UTC().Format(time.RFC3339), strconv.FormatInt(e.Run, 10), strconv.Itoa(e.Line), e.Account, string(e.ICCID),
			string(e.Action), e.Group, e.Outcome, string(e.Code), e.RequestID, string(e.Act), e.ResolvedBy, e.Reason})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return broken(fmt.Errorf("writing the history: %w", err))
	}
	return nil
}

func (l *looking) list(ctx context.Context, db *ledger.DB) error {
	runs, err := db.Runs(ctx)
	if err != nil {
		return broken(err)
	}
	if runs == nil {
		l.u.say("the ledger has no runs yet")
		return nil
	}
	w := tabwriter.NewWriter(l.p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tKIND\tBEGUN\tSTATE\tROWS\tINPUT")
	for _, r := range runs {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Kind, local(r.StartedAt), state(r), counts(r.Tally), inputName(r))
	}
	return w.Flush()
}

// inputName is what a run's input is called in a list.
func inputName(r ledger.RunInfo) string {
	if r.Input == "" {
		return "-"
	}
	return filepath.Base(r.Input)
}

func local(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// state says how far a run is.
func state(r ledger.RunInfo) string {
	switch {
	case r.Kind == ledger.AcceptLoss:
		return "a person's word"
	case r.Finished() && !r.PrunedAt.IsZero():
		return "finished, results pruned"
	case !r.PrunedAt.IsZero():
		return "unfinished, results pruned"
	case r.Finished():
		return "finished"
	case r.NotRun < 0:
		return "running or killed"
	case r.NotRun > 0:
		return fmt.Sprintf("unfinished (%d not run)", r.NotRun)
	}
	return "done, result file not in place"
}

func counts(tally map[jobs.Outcome]int) string {
	var parts []string
	for _, o := range jobs.Outcomes {
		if n := tally[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	if parts == nil {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func (l *looking) show(ctx context.Context, db *ledger.DB, r ledger.RunInfo) error {
	gone, err := db.Pruned(ctx, r)
	if err != nil {
		return broken(err)
	}
	results := ""
	if gone {
		results = pruned(r) + "; irreversible acts stay: bulk runs --iccid"
	}
	approvals, err := db.Approvals(ctx, r.ID)
	if err != nil {
		return broken(err)
	}
	w := tabwriter.NewWriter(l.p.stdout, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"run", strconv.FormatInt(r.ID, 10)}, {"kind", string(r.Kind)}, {"input", r.Input}, {"input sha256", r.Digest},
		{"accounts", strings.Join(r.Accounts, ", ")}, {"settings", r.Settings}, {"by", r.User + " on " + r.Host + ", bulk " + r.Version},
		{"begun", local(r.StartedAt)}, {"ended", local(r.EndedAt)}, {"state", state(r)}, {"ending", r.Ending},
		{"rows", counts(r.Tally)}, {"results", results}, {"output", outputOf(r)}, {"output sha256", r.OutputDigest},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
	}
	for _, a := range approvals {
		fmt.Fprintf(w, "approved\t%s by %s (%s): %s %s\n", local(a.At), a.User, a.How, plural(a.SIMs, "SIM", "SIMs"), a.Reason)
		for _, group := range slices.Sorted(maps.Keys(a.Groups)) {
			fmt.Fprintf(w, "\t%d into %s\n", a.Groups[group], group)
		}
		fmt.Fprintf(w, "\tsha256 %s\n", a.Digest)
	}
	return w.Flush()
}

// outputOf is where a run's results go. It was written down before the run had a
// number.
func outputOf(r ledger.RunInfo) string { return numbered(r.ID)(r.Output) }

// pruned says that a run's results are gone.
func pruned(r ledger.RunInfo) string {
	if r.PrunedAt.IsZero() {
		return "pruned"
	}
	return "pruned since " + local(r.PrunedAt)
}

// rewrite makes a run's result CSV again, from the kept copy of its input and
// the results in the ledger.
func (l *looking) rewrite(ctx context.Context, db *ledger.DB, r ledger.RunInfo) error {
	l.output = numbered(r.ID)(dated(l.p.now())(l.output))
	input := kept(fmt.Sprintf("the input of run %d", r.ID), r.Input)
	if err := together(l.p.guardOutputs([]outputFile{{flag: "output", path: l.output}}, input...)); err != nil {
		return err
	}
	release, err := ended(ctx, db, r)
	if err != nil {
		return err
	}
	defer release()
	w, done, err := l.p.keptRun(ctx, db, r)
	if err != nil {
		return err
	}
	defer done()
	w.output = l.output
	if l.output == "-" {
		return w.to(ctx, l.p.stdout)
	}
	if _, err := report.Publish(l.output, func(string) error { return nil }, w.writer(ctx)); err != nil {
		return broken(err)
	}
	l.u.say("the results of run %d are in %s", r.ID, l.output)
	return nil
}

// ended makes sure that a run has ended, and is not continued until release is
// called: what a run that goes on has not come to yet would be written as not run.
func ended(ctx context.Context, db *ledger.DB, r ledger.RunInfo) (release func(), err error) {
	if r.Finished() {
		return func() {}, nil
	}
	release, err = db.HoldRun(ctx, r.ID)
	switch {
	case errors.Is(err, ledger.ErrBusy):
		return nil, refused(fmt.Sprintf("run %d is still going on: it writes its results when it ends, to %s", r.ID, outputOf(r)),
			fmt.Sprintf("bulk runs --unknown lists what is in doubt so far; once it has ended: bulk runs %d -o FILE", r.ID), "nothing was written")
	case err != nil:
		return nil, refused(err.Error(), "nothing was written")
	}
	return release, nil
}

// keptRun is a run's result file, from the kept copy of its input and the results
// in the ledger. done is to be called at the end.
func (p *sources) keptRun(ctx context.Context, db *ledger.DB, r ledger.RunInfo) (w *resultFile, done func(), err error) {
	if err := stillThere(ctx, db, r); err != nil {
		return nil, nil, err
	}
	kept, err := input.Adopt(keptInput(db.Path(), r.Digest))
	if err != nil {
		return nil, nil, refused(fmt.Sprintf("the copy of the input of run %d is not there any more: %v", r.ID, err), "it goes with: bulk runs prune")
	}
	options, err := optionsOf(r)
	if err != nil {
		kept.Release()
		return nil, nil, broken(err)
	}
	file, survey, err := openInput(ctx, kept, r.Input, options)
	if err != nil {
		kept.Release()
		return nil, nil, err
	}
	rest := jobs.Result{Outcome: jobs.NotRun, Code: jobs.Interrupted, Description: jobs.Explain(jobs.Interrupted).Cause}
	return &resultFile{file: file, survey: survey, results: db.Results(ctx, r.ID), rest: rest, plan: r.Kind == ledger.DryRun}, kept.Release, nil
}

// stillThere refuses to make up a result file of a run whose results are gone.
func stillThere(ctx context.Context, db *ledger.DB, r ledger.RunInfo) error {
	if r.Kind == ledger.AcceptLoss {
		return refused(fmt.Sprintf("run %d did no rows: it is a person's word that acts were lost", r.ID), "bulk runs --unknown lists the SIMs that it left in doubt")
	}
	lacks, err := db.Lacks(ctx, r)
	switch {
	case err != nil:
		return broken(err)
	case lacks:
		return refused(fmt.Sprintf("the results of run %d are %s: a result file would have to be made up", r.ID, pruned(r)),
			"its irreversible acts are still in the ledger: bulk runs --iccid shows a SIM's", "nothing was written")
	}
	return nil
}

// optionsOf are the options that a run's input was read with.
func optionsOf(r ledger.RunInfo) (input.Options, error) {
	if r.Kind == ledger.Apply {
		return planOptions(), nil
	}
	s, err := recorded(r.Settings)
	if err != nil {
		return input.Options{}, err
	}
	o, err := s.inputOptions()
	o.FirstSheet = true
	return o, err
}
