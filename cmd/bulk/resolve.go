package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// provesNothing is what is most easily taken for a proof.
const provesNothing = `That a SIM is still in its pending group proves nothing: it moves later. It was
not done only where the portal shows that NO auto-activation group is assigned.`

func newResolve(p *settings.Sources, u *console.UI) *cobra.Command {
	var done, notDone, cannotTell, undo bool
	r := &resolving{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "resolve ICCID|FILE",
		Short: "Settle an unknown row after looking in the portal",
		Long: `Writes down in the ledger what a person found in the portal about irreversible
requests whose outcome is unknown:
  --done         the portal shows the auto-activation group, or with --group another
                 one: it counts as done
  --not-done     the portal shows that none is assigned: the SIM may be given the
                 command again
  --cannot-tell  it stays barred and listed, but no longer counts for exit codes
  --undo         takes the last of these back: the SIM is in doubt again
` + provesNothing + `

FILE is a CSV or workbook with an iccid column, such as a result file, of which the
unknown rows are taken; or one with a column verdict (done, not_done, cannot_tell),
of which each row says its own and empty ones are passed over. What is to be settled
is shown first, and on a terminal asked about. A request that is on its way in a run
under way cannot be settled.`,
		Example: `  bulk runs --unknown
  bulk resolve 8944120000000000012 --done --reason "portal shows L100, seen by AK"
  bulk resolve 8944120000000000012 --done --group L200 --reason "portal shows L200, ticket 4711"
  bulk resolve fleet.results.csv --not-done --reason "portal shows no group for any of them, ticket 4711"
  bulk resolve looked-up.csv --reason "ticket 4712"    # with a column verdict, and group where the portal shows another
  bulk resolve 8944120000000000012 --undo --reason "looked at the wrong SIM"`,
		Args: oneInput("ICCID or FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, said := range []struct {
				flag    bool
				verdict ledger.Verdict
			}{{done, ledger.FoundDone}, {notDone, ledger.FoundNotDone}, {cannotTell, ledger.NotToBeTold}, {undo, takeBack}} {
				if !said.flag {
					continue
				}
				if r.verdict != "" {
					return console.Misused("say one of --done, --not-done, --cannot-tell and --undo")
				}
				r.verdict = said.verdict
			}
			switch {
			case r.reason == "":
				return console.Misused("--reason TEXT is missing: say what you looked at")
			case r.group != "" && r.verdict != ledger.FoundDone:
				return console.Misused("--group goes with --done: it is the group that the portal shows")
			}
			return r.do(cmd.Context(), args[0])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	settings.PortalFlag(f, &r.portalURL)
	f.BoolVar(&done, "done", false, "the portal shows the auto-activation group")
	f.StringVar(&r.group, "group", "", "with --done: the group `CODE` that the portal shows, where it is another")
	f.BoolVar(&notDone, "not-done", false, "the portal shows that no auto-activation group is assigned")
	f.BoolVar(&cannotTell, "cannot-tell", false, "the portal does not show it; the SIM stays barred")
	f.BoolVar(&undo, "undo", false, "take back what was said last; refused where the SIM was sent a later command")
	f.StringVar(&r.reason, "reason", "", "`TEXT` kept in the ledger: what you looked at")
	f.StringVar(&r.account, "account", "", "`ACCOUNT` by its name, where a SIM is in doubt under several")
	f.StringVar(&r.ledger, "ledger", "", settings.LedgerUsage)
	return cmd
}

// takeBack is the verdict of --undo.
const takeBack ledger.Verdict = "undo"

// resolving is what a person says about SIMs in doubt.
type resolving struct {
	p         *settings.Sources
	u         *console.UI
	ledger    string
	account   string
	group     string
	reason    string
	verdict   ledger.Verdict // of all; empty: the file says it of each
	portalURL string
	portal    settings.Portal // of the SIMs that are asked about; empty: it is not known
}

// word is what is to be written down about one SIM under one account.
type word struct {
	asked
	account string
	acts    []ledger.ActInfo // that it is about
	others  []ledger.ActInfo // all on the SIM
}

// aside is a command that is known as done, and bars the SIM where an act was not done.
func (w *word) aside(a *ledger.ActInfo) (ledger.ActInfo, bool) {
	return ledger.StandsAgain(w.others, a)
}

// found is the group that the portal shows, where it is another than the one sent.
func (w *word) found() string {
	if len(w.acts) > 0 && w.acts[len(w.acts)-1].Group == w.group {
		return ""
	}
	return w.group
}

func (r *resolving) do(ctx context.Context, what string) error {
	var err error
	if r.portal, err = settings.ParsePortal(r.portalURL); err != nil {
		return err
	}
	all, err := r.asked(ctx, what)
	if err != nil {
		return err
	}
	path, err := r.p.LedgerPath(r.ledger)
	if err != nil {
		return err
	}
	db, err := ledgers.OpenInUse(ctx, r.p, path)
	if err != nil {
		return err
	}
	defer db.Close()
	words, without, err := r.words(ctx, db, all)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return console.ExitWith(report.ExitRows)
	}
	if err := r.confirm(ctx, words); err != nil {
		return err
	}
	left, err := r.say(ctx, db, words)
	switch {
	case err != nil:
		return err
	case left > 0:
		return &console.Stop{Code: report.ExitBusy, Text: fmt.Sprintf("%s on the way in a run under way and cannot be settled yet", console.Plural(left, "request is", "requests are")),
			Hints: []string{"say it again when that run has ended: bulk runs --unknown"}}
	case without > 0:
		return console.ExitWith(report.ExitRows)
	}
	return nil
}

// words finds what each of the SIMs asked about has to be settled. It returns
// how many have nothing.
func (r *resolving) words(ctx context.Context, db *ledger.DB, all []asked) (words []word, without int, err error) {
	for _, a := range all {
		found, err := r.wordsOf(ctx, db, a)
		if err != nil {
			return nil, 0, err
		}
		if found == nil {
			without++
			if a.verdict == takeBack {
				r.u.Warn("%s: nobody has said anything about this SIM that could be taken back", a.iccid)
			} else {
				r.u.Warn("%s: the ledger has nothing unknown about this SIM", a.iccid)
			}
		}
		words = append(words, found...)
	}
	return words, without, nil
}

func (r *resolving) wordsOf(ctx context.Context, db *ledger.DB, a asked) ([]word, error) {
	acts, err := db.ActsOn(ctx, a.iccid)
	if err != nil {
		return nil, console.Broken(err)
	}
	account := db.OneName(jobs.NormalAccount(r.account))
	if r.account == "" && a.account != "" {
		account = db.OneName(jobs.NormalAccount(a.account))
	}
	var words []word
	for _, act := range acts {
		if !open(act.State, a.verdict) || account != "" && act.Account != account {
			continue
		}
		if act.Group == "" && a.verdict == ledger.FoundDone && a.group == "" {
			return nil, console.Misused("%s: no group is known of what was sent: say with --group which the portal shows", a.iccid)
		}
		if n := len(words); n == 0 || words[n-1].account != act.Account {
			words = append(words, word{asked: a, account: act.Account, others: acts})
		}
		last := &words[len(words)-1]
		last.acts = append(last.acts, act)
	}
	if len(words) > 1 {
		return nil, console.Refused(fmt.Sprintf("%s is in doubt under %s and under %s", a.iccid, words[0].account, words[1].account),
			"look it up in both, and say which you mean: --account", "nothing was settled")
	}
	return words, nil
}

// open reports whether an act in a state can be given a verdict.
func open(s ledger.State, v ledger.Verdict) bool {
	switch s {
	case ledger.Intended, ledger.UnknownState:
		return v != takeBack
	case ledger.CannotTell:
		return v != ledger.NotToBeTold
	case ledger.ResolvedDone, ledger.ResolvedNotDone:
		return v == takeBack
	}
	return false
}

// say writes the words down. It returns how many requests are on their way in a
// run under way.
func (r *resolving) say(ctx context.Context, db *ledger.DB, words []word) (left int, err error) {
	release, err := holdFree(ctx, db, words)
	if err != nil {
		return 0, err
	}
	defer release()
	counts := map[ledger.Verdict]int{}
	barred := 0
	for _, w := range words {
		n, flying, err := r.sayOne(ctx, db, w)
		if err != nil {
			return left, err
		}
		if _, aside := w.aside(&w.acts[len(w.acts)-1]); aside && w.verdict == ledger.FoundNotDone {
			barred += n
			n = 0
		}
		counts[w.verdict] += n
		left += flying
	}
	for _, v := range []ledger.Verdict{ledger.FoundDone, ledger.FoundNotDone, ledger.NotToBeTold, takeBack} {
		if n := counts[v]; n > 0 {
			r.u.Say("%s", nowIs(v, n))
		}
	}
	if barred > 0 {
		r.u.Say("%s now not done, but each SIM stays barred by another command to it that was confirmed: bulk runs --iccid tells of it",
			console.Plural(barred, "unknown request is", "unknown requests are"))
	}
	return left, nil
}

// holdFree takes the accounts that nobody runs on, so that what a killed run left
// on its way counts as unknown. On the others only what is not on its way can be
// settled.
func holdFree(ctx context.Context, db *ledger.DB, words []word) (release func(), err error) {
	var holds []*ledger.Hold
	release = func() {
		for _, h := range holds {
			h.Release()
		}
	}
	tried := map[string]bool{}
	for _, w := range words {
		if tried[w.account] {
			continue
		}
		tried[w.account] = true
		hold, err := db.Hold(ctx, []string{w.account}, 0)
		switch {
		case errors.Is(err, ledger.ErrBusy):
		case err != nil:
			release()
			return nil, console.Broken(err)
		default:
			holds = append(holds, hold)
		}
	}
	return release, nil
}

func (r *resolving) sayOne(ctx context.Context, db *ledger.DB, w word) (n, flying int, err error) {
	if w.verdict == takeBack {
		done, err := db.Undo(ctx, w.account, w.iccid, r.p.User(), r.reason)
		switch {
		case errors.Is(err, ledger.ErrSentLater), errors.Is(err, jobs.ErrBarred), errors.Is(err, ledger.ErrChanged):
			return 0, 0, console.Refused(fmt.Sprintf("%s: the SIM was sent a later command, which is what counts now", w.iccid), "see: bulk runs --iccid "+string(w.iccid))
		case err != nil:
			return 0, 0, console.Broken(err)
		case done:
			n = 1
		}
		return n, 0, nil
	}
	n, err = db.Resolve(ctx, w.account, w.iccid, w.verdict, w.found(), r.p.User(), r.reason)
	if err != nil {
		return n, 0, console.Broken(err)
	}
	still, err := db.InDoubt(ctx, w.iccid)
	if err != nil {
		return n, 0, console.Broken(err)
	}
	for _, e := range still {
		if e.Account == w.account && e.Act == ledger.Intended {
			flying++
		}
	}
	return n, flying, nil
}

// nowIs says what a verdict has made of so many requests.
func nowIs(v ledger.Verdict, n int) string {
	switch v {
	case ledger.FoundDone:
		return console.Plural(n, "unknown request is", "unknown requests are") + " now done"
	case ledger.FoundNotDone:
		return console.Plural(n, "unknown request is", "unknown requests are") + " now not done: the SIM may be given the command again"
	case ledger.NotToBeTold:
		return console.Plural(n, "unknown request", "unknown requests") + " cannot be told: the SIM stays barred, and no longer counts for exit codes"
	}
	return console.Plural(n, "word is", "words are") + " taken back: the SIM is in doubt again"
}
