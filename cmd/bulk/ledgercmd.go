package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/meant"
	"bulk/internal/report"
)

// newLedgerCommand is what is said to a ledger as a whole.
func newLedgerCommand(p *settings.Sources, u *console.UI) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger",
		Short: "Look after a ledger, carry what it knows to others, and say what it cannot know by itself",
		Long: `status, verify and backup look after a ledger in use; export, import, close and copy
bring what was sent from one to another; release ends a session that hangs.

init, same-account, separate-accounts and accept-loss are a person's word on what a
ledger cannot know: that it is new, what two account names are, that acts were lost.
It is kept in the ledger with the reason, and counts on every machine that uses it.`,
		Example: `  bulk ledger init --ledger /var/lib/bulk/ledger.db
  bulk ledger same-account m2m:acme@api.m2miportal.com m2m:production --reason "BULK_M2M_ACCOUNT was set in May"
  bulk ledger accept-loss m2m:acme@api.m2miportal.com --in-doubt fleet.csv --reason "restored from the night before"`,
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return lacksCommand(cmd) },
	}
	cmd.AddCommand(newStatus(p, u), newVerify(p, u), newBackup(p, u), newExport(p, u), newImport(p, u), newClose(p, u), newCopy(p, u), newRelease(p, u))
	cmd.AddCommand(newInit(p, u), newSameAccount(p, u), newSeparateAccounts(p, u), newAcceptLoss(p, u))
	return cmd
}

// speaking is somebody's word about a ledger.
type speaking struct {
	p      *settings.Sources
	u      *console.UI
	ledger string
	reason string
}

func (s *speaking) register(cmd *cobra.Command, reason string) {
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&s.reason, "reason", "", "`TEXT` kept in the ledger: "+reason)
	f.StringVar(&s.ledger, "ledger", "", settings.LedgerUsage)
}

// open opens the ledger that is spoken of.
func (s *speaking) open(ctx context.Context) (*ledger.DB, error) {
	path, err := s.p.LedgerPath(s.ledger)
	if err != nil {
		return nil, err
	}
	return ledgers.OpenInUse(ctx, s.p, path)
}

// look opens it to look at it alone: of a file nothing is checked that is not asked for.
func (s *speaking) look(ctx context.Context) (*ledger.DB, error) {
	path, err := s.p.LedgerPath(s.ledger)
	if err != nil {
		return nil, err
	}
	return ledgers.OpenLedger(ctx, s.p, path, ledger.Options{Look: !ledger.InDatabase(path)})
}

// given is --ledger as the next command needs it.
func (s *speaking) given() string {
	if s.ledger == "" {
		return ""
	}
	return " --ledger " + console.Shell(s.ledger)
}

// failed says why a word was not taken.
func (s *speaking) failed(err error) error {
	if errors.Is(err, ledger.ErrBusy) {
		return &console.Stop{Code: report.ExitBusy, Text: err.Error(), Hints: []string{"nothing was changed; say it again when that run has ended"}, Cause: err}
	}
	if with := (*ledger.WithWorkersError)(nil); errors.As(err, &with) {
		return console.Refused(err.Error(), fmt.Sprintf("wait for it: bulk runs wait %d, or end it: bulk runs cancel %d", with.Run, with.Run), "nothing was changed")
	}
	if apart := (*ledger.DisagreeError)(nil); errors.As(err, &apart) {
		return console.Refused(apart.Error(), fmt.Sprintf("are they one? say so there too: bulk ledger same-account %s %s --reason TEXT --ledger %s",
			console.Shell(apart.A), console.Shell(apart.B), console.Shell(strings.TrimPrefix(apart.Two, console.Host()+":"))),
			"are they two? what was said to be one cannot be parted: "+apart.One+" cannot go on with the other", "nothing was changed")
	}
	return console.Refused(err.Error(), "nothing was changed")
}

func newInit(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &speaking{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a ledger, and say that it is to be a new one",
		Long: `Makes the ledger where there is none, and writes down in it that somebody means
it to begin here. Until its first act, irreversible rows are then done by it
without anybody at the terminal; otherwise they are refused, for a ledger without
the account's acts may be an unmounted volume. --new-ledger says the same to one run.`,
		Example: "  bulk ledger init --ledger /var/lib/bulk/ledger.db --reason \"first night\"",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return s.init(cmd.Context()) },
	}
	s.register(cmd, "why it begins here")
	return cmd
}

func (s *speaking) init(ctx context.Context) error {
	path, err := s.p.LedgerPath(s.ledger)
	if err != nil {
		return err
	}
	migrated := false
	db, err := ledgers.OpenLedger(ctx, s.p, path, ledger.Options{Create: true, Migrating: func(from, to int) {
		migrated = true
		ledgers.SayMigrating(s.p, path, from, to)
	}})
	if err != nil {
		return err
	}
	defer db.Close()
	if migrated && db.Shared() { // that is what it was asked for, and no word on where it begins
		s.sayGrants()
		s.u.Say("%s has the schema of this bulk now; nothing else was changed", db.Path())
		return nil
	}
	last, any, err := db.LastAct(ctx, "")
	if err != nil {
		return console.Refused(err.Error(), "nothing was changed")
	}
	if err := db.Init(ctx, s.p.User(), s.reason); err != nil {
		return s.failed(err)
	}
	if db.Shared() {
		s.sayGrants()
	}
	if any {
		s.u.Say("%s has acts already, the last of them %d of %s; until the next one, irreversible rows of an account that it does not know are let through", db.Path(), last.ID, console.UTC(last.At))
		return nil
	}
	s.u.Say("%s is a new ledger: irreversible rows are let through until its first act, and after it as ever", db.Path())
	return nil
}

// sayGrants prints the statements that let others use a ledger in a database with
// no more rights than they need.
func (s *speaking) sayGrants() {
	fmt.Fprintln(s.p.Stdout, "-- Roles that may use the ledger, and no more than that: GRANT bulk_run TO whoever runs bulk,")
	fmt.Fprintln(s.p.Stdout, "-- bulk_prune TO whoever prunes it, bulk_read TO whoever only looks.")
	for _, grant := range ledger.Grants() {
		fmt.Fprintln(s.p.Stdout, grant)
	}
}

// twoNames reads the two account names of a command line.
func twoNames(args []string) (a, b string, err error) {
	if len(args) != 2 {
		return "", "", console.Misused("two account names are needed, as bulk runs and the results have them")
	}
	a, b = jobs.NormalAccount(args[0]), jobs.NormalAccount(args[1])
	if a == b {
		return "", "", console.Misused("%s and %s are one name", args[0], args[1])
	}
	return a, b, nil
}

func anyArguments(*cobra.Command, []string) error { return nil }

// relating is somebody's word about two account names.
type relating struct {
	speaking
	newName bool
}

func (s *relating) register(cmd *cobra.Command) {
	s.speaking.register(cmd, "how you know")
	cmd.Flags().BoolVar(&s.newName, "new-name", false, "one of the names is not in the ledger yet, and is spelled as it will be")
}

func newSameAccount(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &relating{speaking: speaking{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "same-account A B",
		Short: "Say that two account names are one account",
		Long: `One account has one history, one lock and one rate. All that was done under the
name B is the account A's from then on, and a run that calls it B works as A. It
cannot be taken back, so a name that the ledger has never met is refused without
--new-name. A SIM that was commanded under both names is named. While a run of either
is with the workers it is refused.`,
		Example: `  bulk ledger same-account m2m:acme@api.m2miportal.com m2m:production --reason "BULK_M2M_ACCOUNT was set in May"`,
		Args:    anyArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			a, b, err := s.names(args)
			if err != nil {
				return err
			}
			return s.same(cmd.Context(), a, b)
		},
	}
	s.register(cmd)
	return cmd
}

// names checks what relating two names needs.
func (s *relating) names(args []string) (a, b string, err error) {
	if a, b, err = twoNames(args); err != nil {
		return "", "", err
	}
	if s.reason == "" {
		return "", "", console.Misused("--reason TEXT is missing: say how you know")
	}
	return a, b, nil
}

func (s *relating) same(ctx context.Context, a, b string) error {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := s.known(ctx, db, a, b); err != nil {
		return err
	}
	twice, err := db.SameAccount(ctx, a, b, s.p.User(), s.reason)
	if err != nil {
		return s.failed(err)
	}
	s.u.Say("%s is %s from now on: one history, lock and rate", b, a)
	for _, act := range twice {
		s.u.Warn("SIM %s was sent a command under both names: act %d, group %s, of %s counts no more, the other one does",
			act.ICCID, act.ID, act.Group, console.UTC(act.At))
	}
	return nil
}

func newSeparateAccounts(p *settings.Sources, u *console.UI) *cobra.Command {
	s := &relating{speaking: speaking{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "separate-accounts A B",
		Short: "Say that two account names are two accounts",
		Long: `Such as production and test, or two customers. What was done to a SIM under one
name then says nothing about the other.`,
		Example: `  bulk ledger separate-accounts m2m:acme@api.m2miportal.com m2m:acme@test.m2miportal.com --reason "the test system has SIMs of its own"`,
		Args:    anyArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			a, b, err := s.names(args)
			if err != nil {
				return err
			}
			return s.separate(cmd.Context(), a, b)
		},
	}
	s.register(cmd)
	return cmd
}

func (s *relating) separate(ctx context.Context, a, b string) error {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := s.known(ctx, db, a, b); err != nil {
		return err
	}
	if err := db.SeparateAccounts(ctx, a, b, s.p.User(), s.reason); err != nil {
		return s.failed(err)
	}
	s.u.Say("%s and %s are two accounts: what was done under one name says nothing about the other", a, b)
	return nil
}

// known refuses a name that the ledger has never met: it is likely mistyped, or it is
// another ledger. One that is to be used from now on is meant with --new-name.
func (s *relating) known(ctx context.Context, db *ledger.DB, a, b string) error {
	all, err := db.AllNames(ctx)
	if err != nil {
		return console.Refused(err.Error(), "nothing was changed")
	}
	var strange []string
	for _, name := range []string{a, b} {
		if !slices.Contains(all, name) {
			strange = append(strange, name)
		}
	}
	switch {
	case len(strange) == 2:
		return console.Refused(fmt.Sprintf("the ledger %s knows neither %s nor %s", db.Path(), a, b), itKnows(all), "nothing was changed")
	case len(strange) == 1 && !s.newName:
		hints := []string{itKnows(all), "if it is right, and to be used from now on: --new-name", "nothing was changed"}
		if near := meant.Word(strange[0], all); near != "" {
			hints = append([]string{"is " + near + " meant?"}, hints...)
		}
		return console.Refused(fmt.Sprintf("the ledger %s has never met %s", db.Path(), strange[0]), hints...)
	}
	return nil
}

// itKnows lists the account names of a ledger.
func itKnows(names []string) string {
	if len(names) == 0 {
		return "it knows no account yet; look at --ledger"
	}
	return "it knows " + strings.Join(names, ", ") + "; look at the spelling, and at --ledger"
}
