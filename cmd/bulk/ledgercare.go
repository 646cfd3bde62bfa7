package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
	"bulk/internal/report/human"
)

// ledgerStatus is what bulk ledger status says. Its fields are what --json has.
type ledgerStatus struct {
	Ledger   string          `json:"ledger"`
	ID       string          `json:"id"`
	MadeAt   string          `json:"made_at"`
	Facts    []statusFact    `json:"facts"`
	Warning  string          `json:"warning,omitempty"`
	Accounts []accountStatus `json:"accounts"`
}

type statusFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type accountStatus struct {
	Account string `json:"account"`
	LastAct int64  `json:"last_act"` // 0: none
	LastAt  string `json:"last_act_at,omitempty"`
	InDoubt int    `json:"in_doubt"`
	HeldBy  string `json:"held_by,omitempty"`
	Run     int64  `json:"run,omitempty"`
	Since   string `json:"held_since,omitempty"`
}

// status says how a ledger is.
type status struct {
	speaking
	json bool
}

func newStatus(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &status{speaking: speaking{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what a ledger is kept in, and for each account who holds it and what is in doubt",
		Example: `  bulk ledger status
  bulk ledger status --ledger postgres://db.example/bulk --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.do(cmd.Context()) },
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&s.ledger, "ledger", "", settings.LedgerUsage)
	cmd.Flags().BoolVar(&s.json, "json", false, "as JSON")
	return cmd
}

func (s *status) do(ctx context.Context) error {
	db, err := s.look(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := statusOf(ctx, db)
	if err != nil {
		return console.Broken(err)
	}
	if s.json {
		out := json.NewEncoder(s.p.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(all)
	}
	w := tabwriter.NewWriter(s.p.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "ledger\t%s\nid\t%s\nmade\t%s\n", all.Ledger, all.ID, all.MadeAt)
	for _, f := range all.Facts {
		fmt.Fprintf(w, "%s\t%s\n", f.Name, f.Value)
	}
	if all.Warning != "" {
		fmt.Fprintf(w, "warning\t%s\n", all.Warning)
	}
	fmt.Fprintln(w, "\nACCOUNT\tLAST ACT\tIN DOUBT\tHELD BY")
	for _, a := range all.Accounts {
		last, held := "none", "nobody"
		if a.LastAct > 0 {
			last = fmt.Sprintf("%d, %s", a.LastAct, a.LastAt)
		}
		if a.HeldBy != "" {
			held = fmt.Sprintf("run %d, %s since %s", a.Run, a.HeldBy, a.Since)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", a.Account, last, a.InDoubt, held)
	}
	return w.Flush()
}

func statusOf(ctx context.Context, db *ledger.DB) (*ledgerStatus, error) {
	meta, err := db.Meta(ctx)
	if err != nil {
		return nil, err
	}
	all := &ledgerStatus{Ledger: db.Path(), ID: meta.ID, MadeAt: jobs.Stamp(meta.MadeAt), Accounts: []accountStatus{}}
	facts, err := db.Facts(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range facts {
		all.Facts = append(all.Facts, statusFact(f))
	}
	if all.Warning, err = db.Warning(ctx); err != nil {
		return nil, err
	}
	doubtful, err := db.InDoubt(ctx, "")
	if err != nil {
		return nil, err
	}
	doubts := map[string]int{}
	for _, e := range doubtful {
		doubts[e.Account]++
	}
	names, err := db.AllNames(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if db.OneName(name) != name {
			continue
		}
		a := accountStatus{Account: name, InDoubt: doubts[name]}
		last, any, err := db.LastAct(ctx, name)
		if err != nil {
			return nil, err
		}
		if any {
			a.LastAct, a.LastAt = last.ID, jobs.Stamp(last.At)
		}
		by, held, err := db.Holder(ctx, name)
		if err != nil {
			return nil, err
		}
		if held {
			a.HeldBy, a.Run, a.Since = by.User+"@"+by.Host, by.Run, jobs.Stamp(by.Since)
		}
		all.Accounts = append(all.Accounts, a)
	}
	return all, nil
}

func newVerify(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &speaking{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Look through all of a ledger, also while it is in use",
		Long: `A command checks what bars commands where a ledger's file is not as it was left:
after a crash, as a copy, changed by another program. This looks through that in
any case, and through the results and all else as well, a part at a time, so that
a run that goes on is not held up. Exit 4 where something is damaged.`,
		Example: "  bulk ledger verify",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return s.verify(cmd.Context()) },
	}
	cmd.Flags().StringVar(&s.ledger, "ledger", "", settings.LedgerUsage)
	return cmd
}

// toldEvery is how many rows are looked at before more is said.
const toldEvery = 1_000_000

func (s *speaking) verify(ctx context.Context) error {
	db, err := s.look(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	looked := map[string]int64{}
	var order []string
	err = db.Verify(ctx, func(what string, rows int64) {
		if _, known := looked[what]; !known {
			order = append(order, what)
		}
		if rows/toldEvery > looked[what]/toldEvery {
			s.u.Say("%s %s looked at", human.Number(int(rows)), what)
		}
		looked[what] = rows
	})
	switch {
	case errors.Is(err, ledger.ErrCorrupt):
		return console.Refused(fmt.Sprintf("the ledger %s: %v", db.Path(), err), "do not delete it: it says what was done to which SIM", "keep a copy, then bring back a backup")
	case err != nil:
		return console.Broken(err)
	}
	w := tabwriter.NewWriter(s.p.Stdout, 0, 0, 2, ' ', 0)
	for _, what := range order {
		fmt.Fprintf(w, "%s\t%d\n", what, looked[what])
	}
	if err := w.Flush(); err != nil {
		return console.Broken(err)
	}
	s.u.Say("%s is whole", db.Path())
	return nil
}

func newBackup(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &speaking{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "backup COPY",
		Short: "Copy a ledger in use into a new file",
		Long: `The copy is of one moment, is checked, and holds every act that was sent before that
moment. It is for a bad day: brought back later it is an old copy, and is refused
until what was done since is accounted for (import, accept-loss). A ledger in a
database is backed up with the database's own programs.`,
		Example: `  bulk ledger backup /backup/ledger-$(date +%F).db`,
		Args:    oneInput("COPY"),
		RunE:    func(cmd *cobra.Command, args []string) error { return s.backup(cmd.Context(), args[0]) },
	}
	cmd.Flags().StringVar(&s.ledger, "ledger", "", settings.LedgerUsage)
	return cmd
}

func (s *speaking) backup(ctx context.Context, into string) error {
	if err := settings.Fillable("COPY", into); err != nil {
		return err
	}
	if err := settings.NoRun("ledger backup", into); err != nil {
		return err
	}
	into = settings.Dated(s.p.Now())(into)
	if err := console.Together(s.p.GuardOutputs([]settings.OutputFile{{Path: into}})); err != nil {
		return err
	}
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	switch err := db.Backup(ctx, into); {
	case errors.Is(err, ledger.ErrNotHere):
		return console.Refused("a ledger in a database is backed up with the database's own programs", "pg_dump --schema bulk "+console.Shell(db.Path()), "nothing was written")
	case err != nil:
		return console.Refused("no backup was made: "+err.Error(), "does a run write all the while? bulk runs pause RUN lets it rest")
	}
	s.u.Say("%s is a copy of %s", into, db.Path())
	return nil
}

func newRelease(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &speaking{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "release ACCOUNT",
		Short: "End the session of a run that hangs and still holds an account",
		Long: `For a ledger in a database. A run that was not heard of for 45 seconds loses the
account: it can begin nothing more, and what it had on its way is unknown. A run
that is alive is left alone (exit 75): stop it where it runs, or with bulk runs
cancel. A ledger in a file needs this not: its locks end with their process.`,
		Example: `  bulk ledger release m2m:acme@api.m2miportal.com --reason "laptop of ann is frozen"`,
		Args:    oneInput("ACCOUNT"),
		RunE:    func(cmd *cobra.Command, args []string) error { return s.release(cmd.Context(), args[0]) },
	}
	s.register(cmd, "why")
	return cmd
}

func (s *speaking) release(ctx context.Context, account string) error {
	if s.reason == "" {
		return console.Misused("--reason TEXT is missing: say how you know that it hangs")
	}
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	account = jobs.NormalAccount(account)
	var busy *ledger.BusyError
	switch err := db.EndHolder(ctx, account); {
	case errors.Is(err, ledger.ErrNotHere):
		return console.Refused("the locks of a ledger in a file end with their process, however that ends", "end the process that holds it", "nothing was changed")
	case errors.Is(err, ledger.ErrFree):
		s.u.Say("nobody holds %s", account)
		return nil
	case errors.As(err, &busy):
		return &console.Stop{Code: report.ExitBusy, Text: err.Error() + ", and it is alive", Hints: []string{fmt.Sprintf("bulk runs cancel %d ends it; nothing was changed", busy.By.Run)}, Cause: err}
	case err != nil:
		return s.failed(err)
	}
	s.u.Say("the session that held %s was ended: %s", account, s.reason)
	return nil
}
