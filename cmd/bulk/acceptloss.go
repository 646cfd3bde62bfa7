package main

import (
	"context"
	"fmt"
	"iter"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report/human"
)

// acceptingLoss is somebody's word that acts were lost, and what may have been
// done by them.
type acceptingLoss struct {
	speaking
	account string
	markDir string
	inDoubt []string // files
}

func newAcceptLoss(p *settings.Sources, u *console.UI) *cobra.Command {
	l := &acceptingLoss{speaking: speaking{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "accept-loss ACCOUNT --in-doubt FILE…",
		Short: "Go on with a ledger that has lost acts: what they may have done is in doubt",
		Long: `A ledger that lacks an act which this machine saw in it is refused: it was restored
from a backup, or is an old copy, and what was done since would be done a second
time. Bring back its newest copy if there is one. If there is none, name the
inputs that were run since (or their results) with --in-doubt: every SIM in them
that the ledger does not know as done is unknown from then on, and barred until
bulk resolve says what the portal shows. Without --in-doubt nothing is barred:
that is for a person at a terminal who knows that nothing was sent since.

It is written into the ledger, so every machine that uses it goes on.`,
		Example: `  bulk ledger accept-loss m2m:acme@api.m2miportal.com --in-doubt fleet.csv --reason "disk lost on 3 May, restored from the night before"
  bulk ledger accept-loss m2m:acme@api.m2miportal.com --in-doubt may/*.csv --reason "CHG-1042"`,
		Args: anyArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := l.take(args); err != nil {
				return err
			}
			return l.do(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&l.inDoubt, "in-doubt", nil, "input or result `FILE` that was run since; repeatable, and more may follow it")
	l.register(cmd, "what was lost, and how you know")
	settings.MarksFlag(f, &l.markDir)
	return cmd
}

// take reads the arguments: the account, and after it more files, for a shell
// makes several of --in-doubt *.csv.
func (l *acceptingLoss) take(args []string) error {
	switch {
	case len(args) == 0:
		return console.Misused("ACCOUNT is missing: the name, as bulk runs and the results have it")
	case len(args) > 1 && l.inDoubt == nil:
		return console.Misused("one ACCOUNT at a time, but %d arguments were given; files go with --in-doubt", len(args))
	case l.reason == "":
		return console.Misused("--reason TEXT is missing: say what was lost, and how you know")
	}
	l.account = jobs.NormalAccount(args[0])
	l.inDoubt = append(l.inDoubt, args[1:]...)
	return nil
}

func (l *acceptingLoss) do(ctx context.Context) error {
	sims, err := l.sims(ctx)
	if err != nil {
		return err
	}
	db, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	folder, err := l.p.Marks(l.markDir)
	if err != nil {
		return console.Refused(err.Error(), "give --mark-dir DIR; nothing was changed")
	}
	m := ledgers.NewMarking(folder, db, []string{l.account}, l.p.Now)
	missing, err := l.tellMissing(ctx, m)
	if err != nil {
		return err
	}
	if l.inDoubt != nil && missing != "" && !slices.ContainsFunc(sims, func(l ledger.Lost) bool { return l.ICCID.SIM() == missing.SIM() }) {
		return console.Refused(fmt.Sprintf("%s, which a lost act commanded, is in none of the files named", missing),
			"was another input run since? name it with --in-doubt, or a file with the SIMs that may have been commanded, that one among them", "nothing was changed")
	}
	if l.inDoubt == nil {
		if err := l.ask(ctx, db); err != nil {
			return err
		}
	}
	if missing != "" && !slices.ContainsFunc(sims, func(l ledger.Lost) bool { return l.ICCID.SIM() == missing.SIM() }) {
		sims = append(sims, ledger.Lost{ICCID: missing}) // it was sent a command, whatever the files say
	}
	run, unknown, err := db.AcceptLoss(ctx, l.account, sims, l.p.User(), l.reason)
	if err != nil {
		return l.failed(err)
	}
	l.u.Say("the loss is accepted, as run %d; unknown from now on: %d of %s named; the others the ledger knows as done or in doubt",
		run, unknown, console.Plural(len(sims), "SIM", "SIMs"))
	if unknown > 0 {
		l.u.Say("look each up in the portal, then: bulk resolve ICCID|FILE --done|--not-done --reason TEXT%s (bulk runs --unknown%s lists them)", l.given(), l.given())
	}
	l.moveMark(ctx, m)
	return nil
}

// tellMissing says what this machine knows to be missing, and gives its SIM.
func (l *acceptingLoss) tellMissing(ctx context.Context, m *ledgers.Marking) (jobs.ICCID, error) {
	found, err := m.Check(ctx, l.account)
	if err != nil {
		return "", console.Refused(err.Error(), "nothing was changed")
	}
	if found.Refused() {
		text, _ := ledgers.MissingActs(m.DB.Path(), l.account, found)
		l.u.Say("%s", text)
		return found.Missing.Act.SIM, nil
	}
	all, err := m.DB.AllNames(ctx)
	switch {
	case err != nil:
		return "", console.Refused(err.Error(), "nothing was changed")
	case !slices.Contains(all, l.account):
		return "", console.Refused(fmt.Sprintf("neither the ledger %s nor this machine's marks know %s", m.DB.Path(), l.account), itKnows(all), "nothing was changed")
	}
	l.u.Warn("this machine knows of nothing that is missing for %s", l.account)
	return "", nil
}

// ask has a person say that nothing need be barred.
func (l *acceptingLoss) ask(ctx context.Context, db *ledger.DB) error {
	if !l.u.Interactive() {
		return console.Refused("no input is named whose SIMs may have been commanded since, and nobody is there to ask",
			"name the inputs that were run since: --in-doubt FILE…; nothing was changed")
	}
	answer, err := l.u.Ask(ctx, func(size console.Size) string {
		return "\n" + human.Hang("", fmt.Sprintf("No input is named with --in-doubt. Every SIM that the ledger does not know as done could then be "+
			"sent a command again, though it was sent one by an act that %s has lost.", db.Path()), size.Columns) +
			console.Prompt("Type the account's name if you know that there was none, anything else to leave:", size)
	})
	if err != nil || jobs.NormalAccount(answer) != l.account {
		return console.Refused("not confirmed: nothing was changed", "name the inputs that were run since: --in-doubt FILE…")
	}
	return nil
}

// moveMark lets this machine go by what is there now, whatever its clock says of
// what is missing. Where it cannot, the next run does so.
func (l *acceptingLoss) moveMark(ctx context.Context, m *ledgers.Marking) {
	if err := m.Accepted(ctx, l.account); err != nil {
		l.u.Warn("%v; the next run does it", err)
	}
}

// sims are the SIMs that the files name for a command, or for nothing in
// particular.
func (l *acceptingLoss) sims(ctx context.Context) ([]ledger.Lost, error) {
	var all []ledger.Lost
	seen := map[jobs.SIM]bool{}
	for _, name := range l.inDoubt {
		before := len(all)
		_, rows, done, err := lookThrough(ctx, l.p, l.u, name, jobs.SetAAGroup)
		if err != nil {
			return nil, err
		}
		for row, err := range rows {
			switch {
			case err != nil:
				done()
				return nil, console.Broken(err)
			case row.ICCID == "":
				l.u.Warn("%s, line %d, is passed over: %s", name, row.Line, row.Fault.Text)
			case !seen[row.ICCID.SIM()] && row.Action.Irreversible():
				seen[row.ICCID.SIM()] = true
				all = append(all, ledger.Lost{ICCID: row.ICCID, Group: row.Group})
			}
		}
		done()
		if len(all) == before {
			l.u.Warn("%s names no SIM for a command that the files before it do not", name)
		}
	}
	if l.inDoubt != nil && all == nil {
		return nil, console.Refused("the files of --in-doubt name no SIM for a command", "nothing was changed")
	}
	return all, nil
}

// lookThrough opens a file that is not to be run, for its rows; those that do not
// say what to do are taken for action. What is odd about it is said. done is to be called at the end.
func lookThrough(ctx context.Context, p *settings.Sources, u *console.UI, name string, action jobs.Action) (file *input.File, rows iter.Seq2[jobs.Row, error], done func(), err error) {
	dir, remove, err := p.Temporary(os.TempDir())
	if err != nil {
		return nil, nil, nil, err
	}
	c, err := batch.Take(ctx, p, name, dir)
	if err != nil {
		remove()
		return nil, nil, nil, err
	}
	done = func() { c.Release(); remove() }
	file, survey, err := batch.OpenInput(ctx, c, name, input.Options{Action: action, ICCIDCheck: input.CheckLength, OneSheet: true})
	if err != nil {
		done()
		return nil, nil, nil, err
	}
	for _, note := range file.Notes {
		u.Warn("%s: %s", name, note)
	}
	return file, file.Rows(ctx, survey), done, nil
}
