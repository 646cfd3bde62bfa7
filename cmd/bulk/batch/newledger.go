package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report/human"
)

// missingLedger decides what to do where the ledger file does not exist.
// Where this machine saw one there it is gone, whoever is asked. Where nobody is
// there to ask irreversible rows are refused, unless somebody says that it is to
// begin here; and a dry run of them is made without leaving a file.
func (j *connected) missingLedger(ctx context.Context) error {
	if ledger.InDatabase(j.ledger) {
		return nil // opening it says so
	}
	_, err := os.Stat(j.ledger)
	if !errors.Is(err, os.ErrNotExist) || j.survey.Irreversible == 0 || j.s.Sandbox {
		return nil
	}
	if err := j.goneLedger(ctx); err != nil {
		return err
	}
	if j.s.NewLedger || j.u.Interactive() {
		return nil
	}
	if j.kind != ledger.DryRun {
		return console.Refused("the ledger "+j.ledger+" does not exist yet, and the input has irreversible rows",
			"is its volume mounted? is --ledger right?", "was nothing ever done by a ledger of this name? then bulk ledger init makes it, or --new-ledger says so to the first run")
	}
	j.note("the ledger " + j.ledger + " does not exist: the plan is made without knowing what was done before (for a first run, bulk ledger init makes it)")
	dir, err := j.temporary(os.TempDir())
	if err != nil {
		return err
	}
	j.ledger, j.passing = filepath.Join(dir, "ledger.db"), true
	return nil
}

// goneLedger refuses to begin anew where this machine saw a ledger with acts.
func (j *connected) goneLedger(ctx context.Context) error {
	folder, err := j.p.Marks(j.s.MarkDir)
	if err != nil {
		return nil // it is said later that there are no marks
	}
	was, err := folder.At(ctx, ledgers.StandsAt(j.ledger), "") // under whichever name of the account
	switch {
	case err != nil:
		return ledgers.UnreadableMarks(err)
	case len(was) == 0:
		return nil
	}
	act := was[0].Act
	return console.Refused(fmt.Sprintf("the ledger %s is gone: on %s this machine saw act %d for SIM %s on %s in it", j.ledger, console.UTC(was[0].Seen), act.Number, act.SIM, was[0].Account),
		"is its volume mounted? was it moved? what was done would be done a second time", "bring it back, or name it with --ledger",
		"is it gone for good? then bulk ledger init makes a new one, and bulk ledger accept-loss says what may have been done by the old one",
		"nothing was sent")
}

// irreversibleAccounts are the accounts that irreversible rows go to.
func (j *connected) irreversibleAccounts() (all []string) {
	seen := map[jobs.Upstream]bool{}
	for action, n := range j.survey.ByAction {
		if u := action.Upstream(); n > 0 && action.Irreversible() && !seen[u] {
			seen[u] = true
			all = append(all, j.up.accounts[u])
		}
	}
	return all
}

// knownLedger refuses irreversible rows, where nobody is there to ask, by a
// ledger that holds no act of the account: what was done may stand in another
// one, as where a volume is not mounted. Reads and dry runs leave no acts.
func (j *opened) knownLedger(ctx context.Context) error {
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun || j.s.Sandbox {
		return nil
	}
	for _, account := range j.irreversibleAccounts() {
		if j.s.NewLedger {
			if err := j.stillNew(ctx, account); err != nil {
				return err
			}
			continue
		}
		has, err := j.db.HasActs(ctx, account)
		if err == nil && !has && !j.u.Interactive() {
			has, err = saidToBeNew(ctx, j.db)
		}
		switch {
		case err != nil:
			return console.Refused(err.Error(), "nothing was sent")
		case !has && !j.u.Interactive():
			return console.Refused(fmt.Sprintf("the ledger %s holds no irreversible act of %s yet, and nobody is there to ask", j.ledger, account),
				"is its volume mounted? are --ledger and the account's name right?",
				"was nothing ever sent on this account? then bulk ledger init says so, or --new-ledger to the first run", "nothing was sent")
		}
	}
	return nil
}

// stillNew refuses --new-ledger where it can only have been left in a job's
// command, for it would say nothing about a volume that is not mounted.
func (j *opened) stillNew(ctx context.Context, account string) error {
	begun, err := j.db.HasFinishedActs(ctx, account)
	switch {
	case err != nil:
		return console.Refused(err.Error(), "nothing was sent")
	case begun:
		return console.Refused(fmt.Sprintf("--new-ledger is given, but a finished run has acts of %s in the ledger %s", account, j.ledger),
			"take --new-ledger out of the command: it is for the first run alone, and would let a later one begin anew where the ledger is gone", "nothing was sent")
	}
	return nil
}

// saidToBeNew reports whether a person's word that the ledger is to begin here
// is still good: it is until the first act.
func saidToBeNew(ctx context.Context, db *ledger.DB) (bool, error) {
	meta, err := db.Meta(ctx)
	if err != nil || meta.InitAt.IsZero() {
		return false, err
	}
	last, any, err := db.LastAct(ctx, "")
	return !any || last.At.Before(meta.InitAt), err
}

// keepWord writes --new-ledger down, once nothing can refuse the run any more, so
// that it is good until the first act.
func (j *opened) keepWord(ctx context.Context) error {
	if !j.s.NewLedger || j.s.Sandbox {
		return nil
	}
	for _, account := range j.irreversibleAccounts() {
		if has, err := j.db.HasActs(ctx, account); err != nil || has {
			return err
		}
	}
	return j.db.Init(ctx, j.p.User(), "--new-ledger")
}

// recentLedger is --last-run-within: where nobody is there to ask, a ledger
// whose last run is too long ago is likely an old copy.
func (j *opened) recentLedger(ctx context.Context) error {
	if j.s.LastRunWithin == "" || j.survey.Irreversible == 0 || j.kind == ledger.DryRun || j.s.Sandbox || j.u.Interactive() {
		return nil
	}
	within := j.s.Checked.LastRunWithin
	for _, account := range j.irreversibleAccounts() {
		last, any, err := j.db.LastRun(ctx, account)
		switch {
		case err != nil:
			return console.Refused(err.Error(), "nothing was sent")
		case !any: // a new ledger, which somebody has spoken for
		case j.p.Now().Sub(last.Heard()) > within:
			return console.Refused(fmt.Sprintf("the last run on %s that the ledger %s knows of is run %d of %s, %s ago: longer than --last-run-within %s",
				account, j.ledger, last.ID, console.UTC(last.Heard()), human.Duration(j.p.Now().Sub(last.Heard())), j.s.LastRunWithin),
				"is it the newest copy of the ledger? did the job not start for so long?",
				"if it is the newest: start it once at a terminal, or with a longer --last-run-within", "nothing was sent")
		}
	}
	return nil
}
