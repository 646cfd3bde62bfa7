package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// closing ends a ledger in favour of another.
type closing struct {
	speaking
	to string
}

func newClose(p *settings.Sources, u *console.UI) *cobra.Command {
	c := &closing{speaking: speaking{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "close --to LEDGER",
		Short: "End a ledger, and say which one goes on in its place",
		Long: `Run where a ledger is in use, so that no forgotten job goes on with it: from then on
every command is refused (exit 4) and names the ledger that goes on. What it knows
as sent is copied there first, in one transaction, or it is not closed. It can still
be copied once more, or exported. It cannot be taken back.`,
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
	db, err := c.open(ctx)
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
	var got *ledger.Import
	err = db.End(ctx, to, c.p.User(), c.reason, func() (err error) {
		all, err := sentBy(ctx, db)
		if err == nil && len(all) > 0 {
			got, err = into.Copy(ctx, all, c.p.User(), c.reason)
		}
		return err
	})
	if err != nil {
		return c.failed(err)
	}
	c.u.Say("%s is closed: whoever names it is sent to %s", db.Path(), to)
	if got == nil {
		c.u.Say("nothing was sent by it")
		return nil
	}
	return c.copied(into, got, nil)
}

// copying takes closed ledgers into another.
type copying struct {
	speaking
	from []string
}

func newCopy(p *settings.Sources, u *console.UI) *cobra.Command {
	c := &copying{speaking: speaking{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "copy --from LEDGER",
		Short: "Take what closed ledgers know into a shared one",
		Long: `Takes every irreversible request that the named ledgers know of into another, all in
one transaction. They must be closed (bulk ledger close), so that nothing is sent
by them meanwhile. A SIM that two of them sent a command is listed (exit 3): it was
commanded twice, and nobody could see it. Twice is harmless.`,
		Example: `  bulk ledger copy --from nightly.db --from laptop.db --ledger postgres://db.example/bulk`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.do(cmd.Context()) },
	}
	c.register(cmd, "why")
	cmd.Flags().StringArrayVar(&c.from, "from", nil, "closed ledger `FILE`; repeatable")
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
	var all []ledger.Foreign
	for _, name := range c.from {
		found, err := c.read(ctx, name)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	twice := twiceIn(all)
	if len(all) == 0 {
		c.u.Say("nothing was sent by them")
		return nil
	}
	got, err := into.Copy(ctx, all, c.p.User(), c.reason)
	if err != nil {
		return c.failed(err)
	}
	return c.copied(into, got, twice)
}

// copied says what was copied, and what two ledgers did to one SIM.
func (s *speaking) copied(into *ledger.DB, got *ledger.Import, twice [][2]ledger.Foreign) error {
	s.u.Say("%s new to %s, %d known before", console.Plural(got.Added+got.Settled, "act was", "acts were"), into.Path(), got.Known)
	for _, t := range got.Twice {
		s.u.Warn("SIM %s of %s was sent a command twice, by two ledgers: group %s on %s, and group %s on %s, which is act %d here",
			t.ICCID, t.Account, t.Group, console.UTC(t.At), t.Here.DoneGroup(), console.UTC(t.Here.At), t.Here.ID)
	}
	for _, both := range twice {
		s.u.Warn("SIM %s of %s was sent a command by two ledgers: group %s on %s, and group %s on %s",
			both[0].ICCID, both[0].Account, both[0].Group, console.UTC(both[0].At), both[1].Group, console.UTC(both[1].At))
	}
	for _, clash := range got.Clashes {
		s.u.Warn("SIM %s of %s: group %s, on %s, is not copied; the ledger says group %s, act %d (%s)",
			clash.ICCID, clash.Account, clash.Group, console.UTC(clash.At), clash.Here.DoneGroup(), clash.Here.ID, clash.Here.State)
	}
	if twice != nil || got.Twice != nil || got.Clashes != nil {
		return &console.Stop{Code: report.ExitRows, Text: "some SIMs were sent commands by more than one ledger", Hints: []string{"look each up in the portal; all else is copied"}}
	}
	return nil
}

// read finds what a closed ledger knows of as sent.
func (c *copying) read(ctx context.Context, name string) (all []ledger.Foreign, err error) {
	path, err := c.p.LedgerPath(name)
	if err != nil {
		return nil, err
	}
	if err := c.closed(ctx, path); err != nil {
		return nil, err
	}
	from, err := ledgers.OpenLedger(ctx, c.p, path, ledger.Options{Closed: true})
	if err != nil {
		return nil, err
	}
	defer from.Close()
	return sentBy(ctx, from)
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
	case err == nil:
		_ = db.Close()
		return console.Refused("the ledger "+path+" is still in use", "what is sent by it while it is copied would be missing",
			"end it first: bulk ledger close --ledger "+console.Shell(path)+" --to "+console.Shell(c.ledger), "nothing was changed")
	case errors.As(err, &moved):
		return nil
	}
	return console.Refused(err.Error(), "nothing was changed")
}

// twiceIn finds the SIMs that two of the ledgers sent a command.
func twiceIn(all []ledger.Foreign) (twice [][2]ledger.Foreign) {
	type sim struct{ account, sim string }
	first := map[sim]ledger.Foreign{}
	for _, f := range all {
		key := sim{f.Account, string(f.ICCID.SIM())}
		if before, there := first[key]; there {
			twice = append(twice, [2]ledger.Foreign{before, f})
			continue
		}
		first[key] = f
	}
	return twice
}
