package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// open opens the ledger, takes the accounts, and looks whether it is the ledger
// that it should be.
func (j *connected) open(ctx context.Context) (*opened, error) {
	why := "another program holds the ledger"
	if ledger.InDatabase(j.ledger) {
		why = "the ledger cannot be reached"
	}
	options := ledger.Options{Create: !ledger.InDatabase(j.ledger), MaxOutage: j.s.MaxOutage, Waiting: func(waited time.Duration) {
		j.u.Warn("%s; rows have waited %s for it", why, waited.Round(time.Second))
	}}
	db, err := j.openWaiting(ctx, options)
	if err != nil {
		return nil, err
	}
	// A ledger that failed has been spoken of; all else was written with the
	// run's end.
	j.later(func() { _ = db.Close() })
	o := &opened{connected: j, db: db}
	o.oneNames()
	if err := o.hold(ctx); err != nil {
		return nil, err
	}
	return o, j.each(ctx, o.warn, o.holdAgainstMarks, o.knownLedger, o.recentLedger)
}

// warn says what may go wrong with the ledger that irreversible rows are sent by.
func (j *opened) warn(ctx context.Context) error {
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun {
		return nil
	}
	warning, err := j.db.Warning(ctx)
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	if warning != "" {
		j.note(warning)
	}
	return nil
}

// openRetry is how long a server that cannot be reached is left alone.
const openRetry = 2 * time.Second

// openWaiting opens the ledger; one that cannot be reached now it asks for again,
// as long as --wait says.
func (j *connected) openWaiting(ctx context.Context, options ledger.Options) (*ledger.DB, error) {
	for began := time.Now(); ; {
		db, err := ledgers.OpenLedger(ctx, j.p, j.ledger, options)
		var problem *ledger.Problem
		if !errors.As(err, &problem) || !problem.Retry || time.Since(began)+openRetry > j.s.Wait {
			return db, err
		}
		if time.Since(began) < openRetry {
			j.u.Warn("%s; it is tried again for %s", problem.Text, j.s.Wait)
		}
		select {
		case <-ctx.Done():
			return nil, console.Refused("interrupted while the ledger could not be reached", "nothing was sent")
		case <-time.After(openRetry):
		}
	}
}

// oneNames calls the accounts by the names under which their history stands.
func (j *opened) oneNames() {
	for u, name := range j.up.accounts {
		j.up.accounts[u] = j.db.OneName(name)
	}
	for i, name := range j.accounts {
		j.accounts[i] = j.db.OneName(name)
	}
}

// hold takes the accounts where irreversible rows may be sent: one run at a time
// has them. Reads and dry runs do not wait for it, nor does it for them.
func (j *opened) hold(ctx context.Context) error {
	if j.survey.Irreversible == 0 || j.kind == ledger.DryRun {
		return j.sayHolders(ctx)
	}
	if j.s.ByWorkers() {
		return nil // it is the worker that holds them
	}
	hold, err := j.db.Hold(ctx, j.accounts, j.s.Wait)
	if errors.Is(err, ledger.ErrBusy) {
		return &console.Stop{Code: report.ExitBusy, Text: err.Error(), Hints: []string{"nothing was sent; wait for it with --wait 1h"}, Cause: err}
	}
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	j.holding = hold
	j.later(hold.Release)
	if n := hold.Doubted; n > 0 {
		j.u.Warn("%s on the way when an earlier run was killed; nobody knows whether it was done (bulk runs --unknown)",
			console.Plural(n, "irreversible request was", "irreversible requests were"))
	}
	return nil
}

// sayHolders says which runs send to the same accounts meanwhile.
func (j *opened) sayHolders(ctx context.Context) error {
	for _, account := range j.accounts {
		by, held, err := j.db.Holder(ctx, account)
		switch {
		case err != nil:
			return console.Refused(err.Error(), "nothing was sent")
		case held:
			j.note(j.besideHolder(account, by))
		}
	}
	return nil
}

// besideHolder says what it means that another run sends to an account meanwhile.
func (j *opened) besideHolder(account string, by ledger.Holding) string {
	text := fmt.Sprintf("%s is held by %s", account, holderWords(by))
	if j.db.Shared() {
		return text + ": both keep to the account's rate together; what it does meanwhile may make a check out of date"
	}
	return text + ": both together may send faster than --rate, and what it does meanwhile is not seen here"
}

// holderWords says who holds an account.
func holderWords(by ledger.Holding) string {
	run := "a run"
	if by.Run != 0 {
		run = fmt.Sprintf("run %d", by.Run)
	}
	return fmt.Sprintf("%s of %s on %s since %s", run, by.User, by.Host, console.Local(by.Since))
}

// holdRun makes sure that no other process does this very run: one that holds no
// account can be continued while it still goes on.
func (j *opened) holdRun(ctx context.Context, run ledger.RunInfo) error {
	release, err := j.db.HoldRun(ctx, run.ID)
	if errors.Is(err, ledger.ErrBusy) {
		return &console.Stop{Code: report.ExitBusy, Text: fmt.Sprintf("run %d of this input goes on: %s on %s began it %s", run.ID, run.User, run.Host, console.Local(run.StartedAt)),
			Hints: []string{"nothing was sent; wait for its end"}, Cause: err}
	}
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	if j.s.ByWorkers() { // which take it
		release()
		return nil
	}
	j.later(release)
	return nil
}
