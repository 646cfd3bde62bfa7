package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/cmd/bulk/usage"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// looking is what bulk runs looks at.
type looking struct {
	p         *settings.Sources
	u         *console.UI
	ledger    string
	iccid     string
	unknown   bool
	output    string
	qrDir     string
	choice    choice
	json      bool
	cmd       *cobra.Command
	table     bool
	all       bool
	portal    settings.Portal // of the SIMs that are unknown; empty: it is not known
	portalURL string
}

func newRuns(p *settings.Sources, u *console.UI) *cobra.Command {
	l := &looking{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "runs [RUN]",
		Short: "List the runs in the ledger, or show one; a SIM's history; a run's results again",
		Long: `Without an argument it lists the runs, newest first, those that go on with how far
they are: on a terminal as a table of the newest 50 and of what goes on, elsewhere all
of them as CSV. With a run's number it shows that run, and with --output writes its
result CSV again. --iccid lists what every run did with a SIM, --unknown what is
unknown and blocks its SIM. pause, continue and cancel act on a run that goes on, from any terminal.`,
		Example: `  bulk runs
  bulk runs --since 7d --user ops --json
  bulk runs pause 12 --reason "the portal is slow"
  bulk runs 12
  bulk runs 12 -o fleet.results.csv
  bulk runs --iccid 8944120000000000012
  bulk runs --unknown
  bulk runs approve 12 --approve SHA256 --reason CHG-1042
  bulk runs prune --older-than 90d`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if len(args) == 1 {
				_, err := runNumber(cmd, args[0])
				return err
			}
			if sub := usage.MeantCommand(cmd, args[0]); sub != "" {
				return noCommand(cmd, args)
			}
			return console.Misused("one run's number at a time, but %d words were given", len(args))
		},
		RunE: func(cmd *cobra.Command, args []string) error { return l.do(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&l.iccid, "iccid", "", "a SIM's history: its `ICCID`")
	f.BoolVar(&l.unknown, "unknown", false, "the irreversible requests whose outcome is unknown, as CSV")
	l.choice.register(f)
	f.BoolVar(&l.json, "json", false, "the list as JSON")
	f.BoolVar(&l.table, "table", false, "the list as a table, where it does not go to a terminal too")
	f.BoolVar(&l.all, "all", false, "all runs in the table, not the newest 50 and what goes on; CSV and JSON have all")
	f.StringVarP(&l.output, "output", "o", "", "write the run's result CSV again, to `FILE`; - for standard output")
	f.StringVar(&l.qrDir, "qr-dir", "", settings.QRDirUsage+", with a shared ledger")
	f.StringVar(&l.ledger, "ledger", "", settings.LedgerUsage)
	settings.PortalFlag(f, &l.portalURL)
	l.cmd = cmd
	cmd.AddCommand(newPrune(p, u), newApprove(p, u), newDiff(p, u), newWait(p, u), newPause(p, u), newContinue(p, u), newCancel(p, u))
	return cmd
}

// runNumber reads a run's number where a command may stand as well.
func runNumber(cmd *cobra.Command, word string) (int64, error) {
	id, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return 0, orCommand(cmd, word, fmt.Sprintf("%q is not the number of a run; bulk runs lists them", word))
	}
	return id, nil
}

func (l *looking) do(ctx context.Context, args []string) error {
	if l.output != "" && len(args) == 0 {
		return console.Misused("--output goes with a run: bulk runs RUN -o FILE")
	}
	var id int64
	if len(args) > 0 {
		var err error
		if id, err = runNumber(l.cmd, args[0]); err != nil {
			return err
		}
	}
	portal, err := settings.ParsePortal(l.portalURL)
	if err != nil {
		return err
	}
	l.portal = portal
	path, err := l.p.LedgerPath(l.ledger)
	if err != nil {
		return err
	}
	db, err := ledgers.OpenLedger(ctx, l.p, path, ledger.Options{Look: true})
	if err != nil {
		return err
	}
	defer db.Close()
	switch {
	case l.iccid != "":
		iccid, err := jobs.ICCIDOf(l.iccid)
		if err != nil {
			return console.Misused("--iccid %s: %v", l.iccid, err)
		}
		events, err := db.History(ctx, iccid)
		return l.events(events, err, fmt.Sprintf("the ledger has nothing about %s", iccid))
	case l.unknown:
		events, err := db.InDoubt(ctx, "")
		return l.events(events, err, "nothing is unknown")
	case len(args) == 0:
		return l.list(ctx, db)
	}
	info, err := ledgers.Run(ctx, db, id)
	if err != nil {
		return err
	}
	if l.output != "" {
		return l.rewrite(ctx, db, info)
	}
	return l.show(ctx, db, info)
}

// events writes a history as CSV: it is data.
func (l *looking) events(events []ledger.Event, err error, none string) error {
	if err != nil {
		return console.Broken(err)
	}
	if events == nil {
		l.u.Say("%s", none)
		return nil
	}
	w := csv.NewWriter(l.p.Stdout)
	header := []string{"at", "run", "line", "account", "iccid", "action", "group", "outcome", "error_code", "request_id", "standing", "resolved_by", "reason"}
	if l.portal != "" {
		header = append(header, "portal_url")
	}
	_ = w.Write(header)
	for _, e := range events {
		record := []string{e.At.UTC().Format(time.RFC3339), strconv.FormatInt(e.Run, 10), strconv.Itoa(e.Line), e.Account, string(e.ICCID),
			string(e.Action), e.Group, e.Outcome, string(e.Code), e.RequestID, string(e.Act), e.ResolvedBy, e.Reason}
		if l.portal != "" {
			record = append(record, l.portal.Of(e.ICCID))
		}
		_ = w.Write(record)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return console.Broken(fmt.Errorf("writing the history: %w", err))
	}
	return nil
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
		return console.Broken(err)
	}
	results := ""
	if gone {
		results = ledgers.Pruned(r) + "; irreversible acts stay: bulk runs --iccid"
	}
	approvals, err := db.Approvals(ctx, r.ID)
	if err != nil {
		return console.Broken(err)
	}
	_, handed, err := db.HandoverOf(ctx, r.ID)
	if err != nil {
		return console.Broken(err)
	}
	state := l.stateOf(ctx, db, r)
	w := tabwriter.NewWriter(l.p.Stdout, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"run", strconv.FormatInt(r.ID, 10)}, {"kind", string(r.Kind)}, {"input", r.Input}, {"input sha256", r.Digest},
		{"accounts", strings.Join(r.Accounts, ", ")}, {"settings", settings.InWords(r.Settings)}, {"by", r.User + " on " + r.Host + ", bulk " + r.Version}, {"carried", carriedFrom(r)},
		{"begun", console.Local(r.StartedAt)}, {"ended", console.Local(r.EndedAt)}, {"state", state}, {"ending", r.Ending},
		{"to go on", l.wayOn(r, state, handed)},
		{"rows", counts(r.Tally)}, {"results", results}, {"output", outputOf(r)}, {"output sha256", r.OutputDigest},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
		}
	}
	starts, err := db.Starts(ctx, r.ID)
	if err != nil {
		return console.Broken(err)
	}
	for i, s := range starts {
		if len(starts) > 1 {
			fmt.Fprintf(w, "start %d\t%s\n", s.N, startInWords(s, i == 0 && handed, i == len(starts)-1))
		}
	}
	for _, a := range approvals {
		fmt.Fprintf(w, "approved\t%s by %s (%s): %s %s\n", console.Local(a.At), a.User, a.How, console.Plural(a.SIMs, "SIM", "SIMs"), a.Reason)
		for _, group := range slices.Sorted(maps.Keys(a.Groups)) {
			fmt.Fprintf(w, "\t%d into %s\n", a.Groups[group], group)
		}
		fmt.Fprintf(w, "\tsha256 %s\n", a.Digest)
	}
	return w.Flush()
}

// wayOn is the command that has a run go on which nobody is at; empty: it needs none,
// or nothing would help.
func (l *looking) wayOn(r ledger.RunInfo, state string, handed bool) string {
	given := ""
	if l.ledger != "" {
		given = " --ledger " + console.Shell(l.ledger)
	}
	own := fmt.Sprintf("bulk runs continue %d%s", r.ID, given)
	switch {
	case state == killed, strings.HasPrefix(state, notAllRun), state == unpublished:
		if handed {
			return own
		}
		return "with the flags that it was begun with: " + batch.ResumeCommand(r) + given
	case state == paused, strings.HasPrefix(state, cancelled):
		return own
	case state == unapproved:
		return fmt.Sprintf("bulk runs approve %d --approve SHA256%s", r.ID, given)
	}
	return ""
}

// carriedFrom says which ledger a run was carried from; empty: it began here.
func carriedFrom(r ledger.RunInfo) string {
	o := r.Origin
	if o.Ledger == "" {
		return ""
	}
	text := fmt.Sprintf("from run %d of %s, %s by %s", o.Run, o.Name, console.Local(o.At), o.User)
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	return text
}

// startInWords is one stretch of a run: who began it, and how it ended. The first one
// of a run that was handed over is that, where it did no rows itself.
func startInWords(s ledger.Start, handed, newest bool) string {
	text := fmt.Sprintf("%s by %s on %s", console.Local(s.At), s.User, s.Host)
	switch {
	case s.EndedAt.IsZero() && handed:
		return text + ": handed to workers"
	case s.EndedAt.IsZero() && newest:
		return text + ": it goes on, or was killed"
	case s.EndedAt.IsZero():
		return text + ": it did not end by itself"
	case s.Ending != "":
		return fmt.Sprintf("%s: until %s, %s", text, console.Local(s.EndedAt), s.Ending)
	}
	return fmt.Sprintf("%s: until %s", text, console.Local(s.EndedAt))
}

// outputOf is where a run's results go. It was written down before the run had a
// number.
func outputOf(r ledger.RunInfo) string { return settings.Numbered(r.ID)(r.Output) }

// rewrite makes a run's result CSV again, from the kept copy of its input and
// the results in the ledger.
func (l *looking) rewrite(ctx context.Context, db *ledger.DB, r ledger.RunInfo) error {
	fill := func(name string) string { return settings.Numbered(r.ID)(settings.Dated(l.p.Now())(name)) }
	l.output = fill(l.output)
	outs := []settings.OutputFile{{Flag: "output", Path: l.output}}
	pictures := ""
	if db.Shared() && l.output != "-" {
		pictures = settings.PictureDir(l.qrDir, l.output, fill)
		outs = append(outs, settings.OutputFile{Flag: "qr-dir", Path: pictures, Folder: true})
	}
	input := settings.Kept(fmt.Sprintf("the input of run %d", r.ID), r.Input)
	if err := console.Together(l.p.GuardOutputs(outs, input...)); err != nil {
		return err
	}
	release, err := ended(ctx, db, r)
	if err != nil {
		return err
	}
	defer release()
	w, done, err := batch.KeptRun(ctx, l.p, db, r)
	if err != nil {
		return err
	}
	defer done()
	w.Output, w.Portal, w.Pictures = l.output, l.portal.Of, pictures
	if l.output == "-" {
		return w.To(ctx, l.p.Stdout)
	}
	if _, err := report.Publish(l.output, func(string) error { return nil }, w.Writer(ctx)); err != nil {
		return console.Broken(err)
	}
	if pictures != "" {
		l.pictures(ctx, db, r, pictures)
	}
	l.u.Say("the results of run %d are in %s", r.ID, l.output)
	return nil
}

// pictures saves the QR pictures of a run that was done on another machine. The results
// are in place by then.
func (l *looking) pictures(ctx context.Context, db *ledger.DB, r ledger.RunInfo, into string) {
	w, done, err := batch.KeptRun(ctx, l.p, db, r)
	if err == nil {
		w.Pictures = into
		err = batch.SavePictures(ctx, db, r.ID, w, false)
		done()
	}
	if err != nil {
		l.u.Warn("QR pictures that the results name are not here: %v", err)
	}
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
		return nil, console.Refused(fmt.Sprintf("run %d is still going on: it writes its results when it ends, to %s", r.ID, outputOf(r)),
			fmt.Sprintf("bulk runs --unknown lists what is in doubt so far; once it has ended: bulk runs %d -o FILE", r.ID), "nothing was written")
	case err != nil:
		return nil, console.Refused(err.Error(), "nothing was written")
	}
	return release, nil
}
