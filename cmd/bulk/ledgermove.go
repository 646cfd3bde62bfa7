package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
	ledgermark "bulk/internal/jobs/ledger/mark"
	"bulk/internal/report"
)

// bringing takes what ledgers hold into another.
type bringing struct {
	speaking
	results bool
	markDir string
}

func (m *bringing) register(cmd *cobra.Command, reason string) {
	m.speaking.register(cmd, reason)
	cmd.Flags().BoolVar(&m.results, "results", false, "the results of finished runs come too, with their inputs and QR pictures; those of unfinished runs always do")
	settings.MarksFlag(cmd.Flags(), &m.markDir)
}

// closing ends a ledger in favour of another.
type closing struct {
	bringing
	to string
}

func newClose(p *settings.Sources, u *console.UI) *cobra.Command {
	c := &closing{bringing: bringing{speaking: speaking{p: p, u: u}}}
	cmd := &cobra.Command{
		Use:   "close --to LEDGER",
		Short: "End a ledger, and say which one goes on in its place",
		Long: `Run where a ledger is in use, so that no forgotten job goes on with it: from then on
every command is refused (exit 4) and names the ledger that goes on. What it holds
is copied there first (bulk ledger copy says what), in one transaction, or it is not
closed. Its acts can still be exported. It cannot be taken back.`,
		Example: `  bulk ledger close --to postgres://db.example/bulk --reason "one history for all machines"`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.do(cmd.Context()) },
	}
	c.register(cmd, "why it ends")
	cmd.Flags().StringVar(&c.to, "to", "", "the `LEDGER` that goes on: postgres://HOST/DATABASE, or a file")
	return cmd
}

func (c *closing) do(ctx context.Context) error {
	if c.to == "" {
		return console.Misused("--to LEDGER is missing: say which one goes on")
	}
	to, err := c.p.LedgerPath(c.to)
	if err != nil {
		return err
	}
	path, err := c.p.LedgerPath(c.ledger)
	if err != nil {
		return err
	}
	if to == path {
		return console.Misused("--to names the ledger that is to end")
	}
	db, err := ledgers.OpenLedger(ctx, c.p, path, ledger.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	into, err := ledgers.OpenLedger(ctx, c.p, to, ledger.Options{})
	if err != nil {
		c.u.Warn("%s is not closed: the ledger that is to go on, %s, cannot be used", db.Path(), to)
		return err
	}
	defer into.Close()
	if folder, err := c.p.Marks(c.markDir); err == nil {
		if err := ledgers.Left(ctx, folder, into); err != nil {
			c.u.Warn("%s is not closed: the ledger that is to go on was closed itself", db.Path())
			return err
		}
	}
	var carried *ledger.Carried
	var acts *ledger.Import
	err = db.End(ctx, to, c.p.User(), c.reason, func() (err error) {
		carried, err = c.carry(ctx, into, []*ledger.DB{db})
		if errors.Is(err, ledger.ErrCarried) { // a close that was broken off, or a copy of a ledger that was
			acts, err = c.since(ctx, into, db)
		}
		if err == nil {
			c.seen(ctx, into, []*ledger.DB{db})
		}
		return err
	})
	if err != nil {
		return c.failed(err)
	}
	c.u.Say("%s is closed: whoever names it is sent to %s", db.Path(), to)
	c.noteClosed(ctx, db, to)
	if carried != nil {
		return c.carried(into, carried)
	}
	c.u.Say("its runs were in %s before; of what it sent since, %s new there, %d known", into.Path(), console.Plural(acts.Added+acts.Settled, "act was", "acts were"), acts.Known)
	if n, err := into.NotCarried(ctx, db); err != nil {
		c.u.Warn("which of its runs came is not known: %v", err)
	} else if n > 0 {
		c.u.Warn("%s since then: the commands came, but the runs and their results stay in %s, which bulk ledger export reads", console.Plural(n, "run was done by it", "runs were done by it"), db.Path())
	}
	for _, a := range append(acts.Twice, acts.Clashes...) {
		c.u.Warn("SIM %s of %s was sent a command twice, by two ledgers: group %s on %s, and group %s on %s, which is act %d of %s and stands there",
			a.ICCID, a.Account, a.Group, console.UTC(a.At), a.Here.DoneGroup(), console.UTC(a.Here.At), a.Here.ID, into.Path())
	}
	c.tellDenied(acts.Denied)
	switch {
	case acts.Twice != nil || acts.Clashes != nil:
		return commandedTwice()
	case acts.Denied != nil:
		return deniedStop()
	}
	return nil
}

// noteClosed keeps in mind, on this machine, that the ledger is closed: a copy of it from
// before is not gone on with here.
func (c *closing) noteClosed(ctx context.Context, db *ledger.DB, to string) {
	folder, err := c.p.Marks(c.markDir)
	if err == nil {
		err = folder.Close(ctx, ledgermark.Moved{Ledger: db.ID(), To: to, At: c.p.Now()})
	}
	if err != nil {
		c.u.Warn("%v; a copy of %s from before may go unnoticed on this machine", err, db.Path())
	}
}

// since takes in what a ledger sent that was carried before.
func (c *closing) since(ctx context.Context, into, db *ledger.DB) (*ledger.Import, error) {
	all, err := sentBy(ctx, db)
	if err != nil || all == nil {
		return &ledger.Import{}, err
	}
	return into.Copy(ctx, all, c.p.User(), c.reason)
}

// copying takes closed ledgers into another.
type copying struct {
	bringing
	from   []string
	dryRun bool
}

func newCopy(p *settings.Sources, u *console.UI) *cobra.Command {
	c := &copying{bringing: bringing{speaking: speaking{p: p, u: u}}}
	cmd := &cobra.Command{
		Use:   "copy --from LEDGER",
		Short: "Take what closed ledgers hold into a shared one",
		Long: `Takes all that the named ledgers hold into another, in one transaction: runs under
new numbers, with their approvals, every irreversible request, what persons said of
them and of account names, and what is needed to go on with unfinished runs. They
must be closed (bulk ledger close copies by itself), so that nothing is sent by them
meanwhile, and each is taken once; --results brings, later as well, the results of the runs
that finished. Of several commands to a SIM one in doubt counts,
else the newest. A SIM that two of them sent a command is listed (exit 3): it was
commanded twice, and nobody could see it.`,
		Example: `  bulk ledger copy --from nightly.db --from laptop.db --ledger postgres://db.example/bulk --dry-run`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.do(cmd.Context()) },
	}
	c.register(cmd, "why")
	cmd.Flags().StringArrayVar(&c.from, "from", nil, "closed ledger `FILE`; repeatable")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "say what would come, also of a ledger that is still in use, and change nothing")
	return cmd
}

func (c *copying) do(ctx context.Context) error {
	if c.from == nil {
		return console.Misused("--from LEDGER is missing: say which are to be copied")
	}
	into, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer into.Close()
	var from []*ledger.DB
	for _, name := range c.from {
		db, err := c.read(ctx, name)
		if err != nil {
			return err
		}
		defer db.Close()
		from = append(from, db)
	}
	if c.dryRun {
		would, err := into.Foresee(ctx, c.sources(into, from))
		if c.results && errors.Is(err, ledger.ErrCarried) {
			would, err = into.CarryResults(ctx, c.sources(into, from), true)
		}
		if err != nil {
			return c.refused(err)
		}
		err = c.carried(into, would)
		c.u.Say("nothing was changed")
		return err
	}
	got, err := c.carry(ctx, into, from)
	if c.results && errors.Is(err, ledger.ErrCarried) {
		got, err = into.CarryResults(ctx, c.sources(into, from), false)
	}
	if err != nil {
		return c.refused(err)
	}
	c.seen(ctx, into, from)
	return c.carried(into, got)
}

// refused says why ledgers are not copied.
func (c *copying) refused(err error) error {
	if errors.Is(err, ledger.ErrCarried) {
		if c.results {
			return console.Refused(err.Error()+", and no results that are missing there are here", "what a copy of it sent since comes with its acts: bulk ledger export, and bulk ledger import", "nothing was changed")
		}
		return console.Refused(err.Error(), "results that stayed behind come with --results", "what a copy of it sent since comes with its acts: bulk ledger export, and bulk ledger import", "nothing was changed")
	}
	return c.failed(err)
}

// sources are ledgers as they are carried.
func (m *bringing) sources(into *ledger.DB, from []*ledger.DB) (all []ledger.Source) {
	for _, db := range from {
		s := ledger.Source{DB: db, Name: db.Path(), Results: m.results}
		if !db.Shared() {
			s.Name = console.Host() + ":" + db.Path()
		}
		if into.Shared() {
			s.Picture = batch.PicturesOf(db)
		}
		all = append(all, s)
	}
	return all
}

// carry keeps the inputs that are still wanted, and then takes in all else.
func (m *bringing) carry(ctx context.Context, into *ledger.DB, from []*ledger.DB) (*ledger.Carried, error) {
	sources := m.sources(into, from)
	for _, s := range sources {
		missing, err := batch.CarryInputs(ctx, m.p, s, into)
		if err != nil {
			return nil, err
		}
		for _, r := range missing {
			m.u.Warn("the copy of the input of run %d of %s (%s) is not there any more: its results cannot be written as a file; --resume takes the input itself", r.ID, s.Name, r.Input)
		}
	}
	return into.Carry(ctx, sources, m.p.User(), m.reason)
}

// seen moves this machine's marks to what was taken in: a copy of the ledger from before
// does not pass for the newest here.
func (m *bringing) seen(ctx context.Context, into *ledger.DB, from []*ledger.DB) {
	folder, err := m.p.Marks(m.markDir)
	var accounts []string
	for _, db := range from {
		names, namesErr := db.AllNames(ctx)
		err = errors.Join(err, namesErr)
		accounts = append(accounts, names...)
	}
	if err == nil {
		err = ledgers.Seen(ctx, folder, into, accounts, m.p.Now)
	}
	if err != nil {
		m.u.Warn("%v; a copy of %s from before may go unnoticed on this machine", err, into.Path())
	}
}

// carried says what was, or would be, copied, and what two ledgers did to one SIM.
func (m *bringing) carried(into *ledger.DB, got *ledger.Carried) error {
	for _, f := range got.From {
		m.u.Say("%s: %s to %s", f.Name, whatComes(f), into.Path())
		for i, r := range f.Runs {
			if r.ID != 0 && r.Digest != "" && !r.Finished() {
				m.u.Say("its unfinished run %d (%s) is run %d there", f.Numbers[i], inputName(r), r.ID)
			}
		}
		if n := f.Left; n > 0 {
			m.u.Say("the results of %s stay in %s; they come with bulk ledger copy --results, now or later", console.Plural(n, "finished run", "finished runs"), f.Name)
		}
		if n := len(f.Missing); n > 0 {
			m.u.Warn("%s that its results name cannot be read here and stay behind, such as %s", console.Plural(n, "QR picture", "QR pictures"), f.Missing[0])
		}
	}
	for _, t := range got.Twice {
		m.u.Warn("SIM %s of %s was sent a command by more than one ledger: %s, which counts%s", t.Stays.ICCID, t.Stays.Account, sentInWords(t.Stays), others(t.Goes))
	}
	for _, n := range got.Names {
		m.u.Warn("%s sent commands under two account names, %s and %s, such as %s: nobody has said whether they are one account (bulk ledger same-account, separate-accounts)",
			console.Plural(n.SIMs, "SIM was", "SIMs were"), n.A, n.B, n.First)
	}
	if got.Twice != nil || got.Names != nil {
		return commandedTwice()
	}
	return nil
}

func others(goes []ledger.Sent) (words string) {
	for _, s := range goes {
		words += "; " + sentInWords(s)
	}
	return words
}

func sentInWords(s ledger.Sent) string {
	return fmt.Sprintf("group %s on %s by %s (%s)", s.DoneGroup(), console.UTC(s.At), s.Ledger, stateInWords(s.State))
}

func commandedTwice() error {
	return &console.Stop{Code: report.ExitRows, Text: "some SIMs were sent more than one command, as is said above", Hints: []string{"look each up in the portal"}}
}

// whatComes counts what one ledger holds.
func whatComes(f ledger.CarriedFrom) string {
	var parts []string
	add := func(n int, one, many, of string, ofN int) {
		if n == 0 {
			return
		}
		text := console.Plural(n, one, many)
		if ofN > 0 {
			text += fmt.Sprintf(" (%d %s)", ofN, of)
		}
		parts = append(parts, text)
	}
	add(len(f.Runs), "run", "runs", "unfinished", f.Open)
	add(f.Approvals, "approval", "approvals", "", 0)
	add(f.Acts, "act", "acts", "in doubt", f.InDoubt)
	add(f.Words+f.Links+f.Losses, "word of a person", "words of persons", "", 0)
	add(f.Results, "result", "results", "", 0)
	add(f.Pictures, "QR picture", "QR pictures", "", 0)
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// read opens a ledger that is to be copied.
func (c *copying) read(ctx context.Context, name string) (*ledger.DB, error) {
	path, err := c.p.LedgerPath(name)
	if err != nil {
		return nil, err
	}
	if err := c.closed(ctx, path); err != nil {
		return nil, err
	}
	return ledgers.OpenLedger(ctx, c.p, path, ledger.Options{Closed: true})
}

// sentBy are the requests that a ledger knows of as sent, or cannot tell of.
func sentBy(ctx context.Context, from *ledger.DB) (all []ledger.Foreign, err error) {
	err = from.AllActs(ctx, func(a ledger.ActInfo) bool {
		done := a.State == ledger.DoneState || a.State == ledger.ResolvedDone
		if done || a.State == ledger.Intended || a.State == ledger.UnknownState || a.State == ledger.CannotTell {
			all = append(all, ledger.Foreign{Account: a.Account, ICCID: a.ICCID, Group: a.DoneGroup(), Done: done, At: a.At, RequestID: a.RequestID})
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return nil, console.Broken(err)
	}
	return all, ctx.Err()
}

// closed refuses a ledger that is still in use.
func (c *copying) closed(ctx context.Context, path string) error {
	db, err := ledger.Open(ctx, path, ledger.Options{Now: c.p.Now})
	var moved *ledger.Moved
	switch {
	case err == nil && c.dryRun:
		c.u.Say("%s is still in use: what is sent by it until it is closed comes as well", path)
		return db.Close()
	case err == nil:
		_ = db.Close()
		return console.Refused("the ledger "+path+" is still in use", "what is sent by it while it is copied would be missing",
			"end it first: bulk ledger close --ledger "+console.Shell(path)+" --to "+console.Shell(c.ledger), "nothing was changed")
	case errors.As(err, &moved):
		return nil
	}
	return console.Refused(err.Error(), "nothing was changed")
}
