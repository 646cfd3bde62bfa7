package main

import (
	"context"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/gocarina/gocsv"
	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// carriedAct is an act as export writes it: what an input has, what the ledger has
// besides, and the columns of a result file, so that import reads both alike.
type carriedAct struct {
	ICCID   string `csv:"iccid"`
	Action  string `csv:"action"`
	Group   string `csv:"group"`
	Ledger  string `csv:"ledger"`
	Act     string `csv:"act"`
	State   string `csv:"state"`
	Settled string `csv:"settled_at"`
	jobs.ResultRow
}

// carried is an act for another ledger.
func carried(db *ledger.DB, a ledger.ActInfo) carriedAct {
	c := carriedAct{
		ICCID: string(a.ICCID), Action: string(a.Action), Group: a.DoneGroup(), Ledger: db.ID(), Act: strconv.FormatInt(a.ID, 10), State: string(a.State),
		Settled: jobs.Stamp(a.Settled),
	}
	c.ResultRow = jobs.ResultRow{Line: strconv.Itoa(a.Line), Outcome: string(outcomeOf(a.State)), Code: string(a.Code), Account: a.Account, RequestID: a.RequestID,
		Attempts: "1", Started: jobs.Stamp(a.At)}
	return c
}

// outcomeOf is what an act's state is as the outcome of a row.
func outcomeOf(s ledger.State) jobs.Outcome {
	switch s {
	case ledger.DoneState, ledger.ResolvedDone:
		return jobs.OK
	case ledger.Intended, ledger.UnknownState, ledger.CannotTell:
		return jobs.Unknown
	case ledger.RefusedState, ledger.ResolvedNotDone:
		return jobs.Failed
	case ledger.Replaced:
		return jobs.Skipped
	}
	return jobs.NotRun
}

// exporting writes acts for another ledger.
type exporting struct {
	speaking
	output  string
	account string
}

func newExport(p *settings.Sources, u *console.UI) *cobra.Command {
	e := &exporting{speaking: speaking{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write what was sent to which SIM, for another ledger",
		Long: `Writes every irreversible request that the ledger knows of as CSV: what was sent to
which SIM of which account, when, and what became of it. bulk ledger import takes
it into the ledger of another machine. It holds no activation codes.`,
		Example: `  bulk ledger export -o laptop.csv
  bulk ledger export --account m2m:acme@api.m2miportal.com | ssh nightly bulk ledger import -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.do(cmd.Context()) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&e.output, "output", "o", "-", "`FILE` to write; - for standard output")
	f.StringVar(&e.account, "account", "", "only the acts of this `ACCOUNT`")
	f.StringVar(&e.ledger, "ledger", "", settings.LedgerUsage)
	return cmd
}

func (e *exporting) do(ctx context.Context) error {
	if err := settings.NoRun("ledger export", e.output); err != nil {
		return err
	}
	if err := settings.OnlyCSV("bulk ledger export", e.output); err != nil {
		return err
	}
	e.output = settings.Dated(e.p.Now())(e.output)
	if err := console.Together(e.p.GuardOutputs([]settings.OutputFile{{Flag: "output", Path: e.output}})); err != nil {
		return err
	}
	path, err := e.p.LedgerPath(e.ledger)
	if err != nil {
		return err
	}
	db, err := ledgers.OpenLedger(ctx, e.p, path, ledger.Options{Closed: true})
	if err != nil {
		return err
	}
	defer db.Close()
	account := ""
	if e.account != "" {
		account = db.OneName(jobs.NormalAccount(e.account))
	}
	n := 0
	write := func(w io.Writer) error {
		n, err = exportActs(ctx, db, account, w)
		return err
	}
	if e.output == "-" {
		err = write(e.p.Stdout)
	} else {
		err = report.PublishMode(e.output, 0o600, write)
	}
	if err != nil {
		return console.Broken(err)
	}
	e.u.Say("%s of %s written", console.Plural(n, "act", "acts"), db.Path())
	return nil
}

// exportActs writes the acts of an account, or all; it returns how many.
func exportActs(ctx context.Context, db *ledger.DB, account string, w io.Writer) (n int, err error) {
	rows := make(chan any)
	written := make(chan error, 1)
	go func() {
		err := gocsv.MarshalChan(rows, gocsv.DefaultCSVWriter(w))
		for range rows { // nobody waits for it
		}
		written <- err
	}()
	empty := true
	err = db.AllActs(ctx, func(a ledger.ActInfo) bool {
		if account == "" || a.Account == account {
			rows <- carried(db, a)
			empty = false
			n++
		}
		return ctx.Err() == nil
	})
	if empty && err == nil {
		close(rows)
		<-written // it knows no columns
		return 0, gocsv.Marshal([]carriedAct{}, w)
	}
	close(rows)
	if writeErr := <-written; err == nil {
		err = writeErr
	}
	if err == nil {
		err = ctx.Err()
	}
	return n, err
}

// importing takes in what other ledgers and result files know.
type importing struct {
	speaking
	markDir string
}

func newImport(p *settings.Sources, u *console.UI) *cobra.Command {
	i := &importing{speaking: speaking{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take in what another machine's ledger, or a result file, says was sent",
		Long: `Takes the files of bulk ledger export, and result files of bulk run. What was done
or is in doubt in them and is not in this ledger is written into it, so that it is
not done again; what is in doubt here and was done by them is done. What the
ledger knows stays. Twice is harmless.

A SIM that was sent a command into different groups by both is listed (exit 3):
look it up in the portal.`,
		Example: `  bulk ledger import laptop.csv ci.csv
  bulk ledger import fleet.results.csv --reason "run on the old laptop in May"`,
		Args: anyArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return console.Misused("FILE is missing: an export of another ledger, or a result file")
			}
			return i.do(cmd.Context(), args)
		},
	}
	i.register(cmd, "where it comes from")
	settings.MarksFlag(cmd.Flags(), &i.markDir)
	return cmd
}

func (i *importing) do(ctx context.Context, files []string) error {
	var all []ledger.Foreign
	for _, name := range files {
		found, err := i.read(ctx, name)
		if err != nil {
			return err
		}
		if found == nil {
			i.u.Warn("%s says of no SIM that it was sent a command", name)
		}
		all = append(all, found...)
	}
	if all == nil {
		i.u.Say("nothing in the files was sent: there is nothing to take in")
		return nil
	}
	db, err := i.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	got, err := db.Import(ctx, all, i.p.User(), i.reason)
	if err != nil {
		return i.failed(err)
	}
	i.u.Say("%s new to %s, %s in doubt and done by what was said, %d known before", console.Plural(got.Added, "act was", "acts were"), db.Path(),
		console.Plural(got.Settled, "was", "were"), got.Known)
	for _, c := range got.Clashes {
		i.u.Warn("SIM %s of %s: the file says group %s, on %s; the ledger says group %s, act %d on %s (%s)",
			c.ICCID, c.Account, c.Group, console.UTC(c.At), c.Here.DoneGroup(), c.Here.ID, console.UTC(c.Here.At), stateInWords(c.Here.State))
	}
	i.tellDenied(got.Denied)
	i.coverLosses(ctx, db, all)
	switch {
	case got.Denied != nil && got.Clashes == nil:
		return deniedStop()
	case got.Clashes != nil:
		return &console.Stop{Code: report.ExitRows, Text: console.Plural(len(got.Clashes), "SIM was", "SIMs were") + " sent commands into different groups by both",
			Hints: []string{"look each up in the portal; what the ledger has stays"}}
	}
	return nil
}

// tellDenied says of which requests that were done somebody had said that they were not.
func (s *speaking) tellDenied(all []ledger.Clash) {
	for _, c := range all {
		s.u.Warn("SIM %s of %s was given group %s on %s, as another ledger knows; here %s had said that it was not done (%s): it counts as done",
			c.ICCID, c.Account, c.Group, console.UTC(c.At), c.Here.ResolvedBy, c.Here.Reason)
	}
}

func deniedStop() error {
	return &console.Stop{Code: report.ExitRows, Text: "what a person had said to be not done was done, as is said above", Hints: []string{"look each up in the portal; it is sent no other command meanwhile"}}
}

// coverLosses moves this machine's marks to what was imported. It lets it go on with a
// ledger that lacked an act it saw, where what was imported says what became of that
// act's SIM; where it does not, it says what is still missing.
func (i *importing) coverLosses(ctx context.Context, db *ledger.DB, all []ledger.Foreign) {
	folder, err := i.p.Marks(i.markDir)
	if err != nil {
		i.u.Warn("%v", err)
		return
	}
	var accounts []string
	for _, f := range all {
		if !slices.Contains(accounts, f.Account) {
			accounts = append(accounts, f.Account)
		}
	}
	for _, account := range accounts {
		if err := i.coverLoss(ctx, ledgers.NewMarking(folder, db, []string{account}, i.p.Now), account); err != nil {
			i.u.Warn("%s: what this machine saw of it is still to be accounted for: %v", account, err)
		}
	}
}

func (i *importing) coverLoss(ctx context.Context, m *ledgers.Marking, account string) error {
	found, err := m.Check(ctx, account)
	if err != nil {
		return err
	}
	if !found.Refused() {
		return m.Note(ctx)
	}
	stands, err := m.DB.Standing(ctx, account, found.Missing.Act.SIM)
	if err != nil {
		return err
	}
	text, hints := ledgers.MissingActs(m.DB.Path(), account, found)
	if stands.State == jobs.Untouched {
		i.u.Warn("%s, and the files say nothing of that SIM either", text)
		i.u.Say("%s", hints[len(hints)-1])
		return nil
	}
	if _, _, err := m.DB.AcceptLoss(ctx, account, nil, i.p.User(), "imported what was missing: "+i.reason); err != nil {
		return err
	}
	i.u.Say("%s; the files say what became of that SIM, and the ledger is used again. Were all files of that time named?", text)
	return m.Accepted(ctx, account)
}

// read finds what a file says was sent, or may have been.
func (i *importing) read(ctx context.Context, name string) (all []ledger.Foreign, err error) {
	_, rows, done, err := lookThrough(ctx, i.p, i.u, name, "")
	if err != nil {
		return nil, err
	}
	defer done()
	for row, err := range rows {
		if err != nil {
			return nil, console.Broken(err)
		}
		if row.Prior == nil {
			return nil, console.Refused(name+" is no result file and no export: it does not say what was done", "nothing was changed")
		}
		said := row.Prior
		sent := said.Outcome == jobs.OK || said.Outcome == jobs.Unknown || said.Outcome == jobs.Skipped && jobs.Code(said.Cells.Code) == jobs.AlreadyDone
		switch {
		case !row.Action.Irreversible() || !sent:
		case row.ICCID == "" || said.Cells.Account == "":
			i.u.Warn("%s, line %d, is passed over: it does not say which SIM, or of which account", name, row.Line)
		default:
			at, err := time.Parse(jobs.StampLayout, said.Cells.Started)
			if err != nil {
				at = i.p.Now() // a row that was not sent itself
			}
			all = append(all, ledger.Foreign{
				Account: said.Cells.Account, ICCID: row.ICCID, Group: row.Group, Done: said.Outcome != jobs.Unknown, At: at, RequestID: said.Cells.RequestID,
			})
		}
	}
	return all, nil
}
