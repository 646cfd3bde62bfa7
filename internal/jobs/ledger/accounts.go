package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// names is what persons said of account names.
type names struct {
	one      map[string]string  // the one name of each that has another
	separate map[[2]string]bool // pairs of one names, in order, that are two accounts
}

// readNames reads what has been said of account names, by other processes too.
func (db *DB) readNames(ctx context.Context) error {
	links, err := db.store.Links(ctx)
	if err != nil {
		return err
	}
	n := namesOf(links)
	db.mu.Lock()
	defer db.mu.Unlock()
	db.names = n
	return nil
}

// namesOf is what was said of account names, oldest first.
func namesOf(links []store.Link) names {
	n := names{one: map[string]string{}, separate: map[[2]string]bool{}}
	for _, l := range links {
		if l.Relation != store.Same {
			continue
		}
		for name, one := range n.one {
			if one == l.B {
				n.one[name] = l.A
			}
		}
		n.one[l.B] = l.A
	}
	for _, l := range links {
		if l.Relation == store.Separate {
			n.separate[pair(n.of(l.A), n.of(l.B))] = true
		}
	}
	return n
}

func (n names) of(name string) string {
	if one, ok := n.one[name]; ok {
		return one
	}
	return name
}

func pair(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

// oneName is the name under which an account's history stands.
func (db *DB) oneName(account string) string {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.names.of(account)
}

func (db *DB) oneNames(accounts []string) []string {
	all := make([]string, len(accounts))
	for i, a := range accounts {
		all[i] = db.oneName(a)
	}
	return all
}

// mayBeSame reports whether an act's account and another, of the same upstream,
// may be one and the same: nobody has said that they are two.
func (db *DB) mayBeSame(account string, a *store.Act) bool {
	if upstream, _, named := strings.Cut(account, ":"); named && slices.Contains(jobs.Upstreams, jobs.Upstream(upstream)) &&
		jobs.Upstream(upstream) != a.Action.Upstream() {
		return false
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	return !db.names.separate[pair(account, a.Account)]
}

// apart are the names that persons have said to be other accounts than this one.
func (db *DB) apart(account string) (all []string) {
	db.mu.Lock()
	defer db.mu.Unlock()
	for two := range db.names.separate {
		switch account {
		case two[0]:
			all = append(all, two[1])
		case two[1]:
			all = append(all, two[0])
		}
	}
	return all
}

// SameAccount writes down a person's word that two names are one account: all
// that is b's becomes a's, history, lock and rate. Both must be free. Of acts
// that cannot stand beside each other one in doubt stays, else the newest; the
// others, which it returns, are replaced: SIMs that were commanded under both.
func (db *DB) SameAccount(ctx context.Context, a, b, user, reason string) (replaced []ActInfo, err error) {
	a, b = db.oneName(a), db.oneName(b)
	if a == b {
		return nil, fmt.Errorf("%s and %s are one account already", a, b)
	}
	hold, err := db.Hold(ctx, []string{a, b}, 0)
	if err != nil {
		return nil, err
	}
	defer hold.Release()
	if err := db.notWithWorkers(ctx, a, b); err != nil {
		return nil, err
	}
	if replaced, err = db.colliding(ctx, a, b); err != nil {
		return nil, err
	}
	op := &store.Relate{Link: store.Link{A: a, B: b, Relation: store.Same, User: clean(user), Reason: clean(reason), At: db.now()}}
	for _, act := range replaced {
		op.Replace = append(op.Replace, act.ID)
	}
	if err := db.commit(ctx, op); err != nil {
		return nil, err
	}
	return replaced, db.readNames(ctx)
}

// WithWorkersError says that an account cannot be given another name: what brings a run
// of it to workers knows it by the one that it has.
type WithWorkersError struct {
	Run     int64
	Account string
}

func (e *WithWorkersError) Error() string {
	return fmt.Sprintf("run %d of %s is with the workers, who know the account by its name", e.Run, e.Account)
}

// notWithWorkers makes sure that no run of accounts, by their one names, was handed over
// and is not over.
func (db *DB) notWithWorkers(ctx context.Context, accounts ...string) error {
	open, err := db.HandedOver(ctx)
	if errors.Is(err, ErrNoWorkers) {
		return nil
	}
	for _, h := range open {
		run, _, runErr := db.Run(ctx, h.Run)
		if runErr != nil {
			return runErr
		}
		for _, name := range db.oneNames(run.Accounts) {
			if slices.Contains(accounts, name) {
				return &WithWorkersError{Run: h.Run, Account: name}
			}
		}
	}
	return err
}

// RereadNames reads what other processes have said of account names since the ledger was
// opened.
func (db *DB) RereadNames(ctx context.Context) error { return db.readNames(ctx) }

// SeparateAccounts writes down a person's word that two names are two accounts:
// what was done under one says nothing of the other.
func (db *DB) SeparateAccounts(ctx context.Context, a, b, user, reason string) error {
	a, b = db.oneName(a), db.oneName(b)
	if a == b {
		return fmt.Errorf("%s and %s are one account: somebody has said so", a, b)
	}
	op := &store.Relate{Link: store.Link{A: a, B: b, Relation: store.Separate, User: clean(user), Reason: clean(reason), At: db.now()}}
	if err := db.commit(ctx, op); err != nil {
		return err
	}
	return db.readNames(ctx)
}

// Accounts lists what was said of account names, oldest first.
func (db *DB) Accounts(ctx context.Context) ([]Link, error) { return db.store.Links(ctx) }

// colliding lists the acts that cannot stand once two accounts are one.
func (db *DB) colliding(ctx context.Context, a, b string) (replaced []ActInfo, err error) {
	type key struct {
		sim    jobs.SIM
		action jobs.Action
	}
	stays := map[key]ActInfo{}
	for _, account := range []string{a, b} {
		err := db.acts(ctx, store.ActQuery{Account: account, States: store.Barring}, func(act ActInfo) bool {
			k := key{act.SIM, act.Action}
			other, there := stays[k]
			if there {
				loser := other
				if outranks(&other, &act) {
					loser, act = act, other
				}
				replaced = append(replaced, loser)
			}
			stays[k] = act
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return replaced, nil
}

// outranks reports whether a stays beside b: one in doubt, else the newest.
func outranks(a, b *ActInfo) bool {
	aDoubt, bDoubt := slices.Contains(store.Doubtful, a.State), slices.Contains(store.Doubtful, b.State)
	if aDoubt != bDoubt {
		return aDoubt
	}
	return a.ID > b.ID
}

// pageOfActs is how many acts are read at a time.
const pageOfActs = 2000

// acts walks through the acts that fit, in the order of their numbers, until
// use says no.
func (db *DB) acts(ctx context.Context, q store.ActQuery, use func(ActInfo) bool) error {
	for q.Limit = pageOfActs; ; {
		page, err := db.store.Acts(ctx, q)
		if err != nil {
			return err
		}
		for _, a := range page {
			if !use(a) {
				return nil
			}
		}
		if len(page) < pageOfActs {
			return nil
		}
		q.After = page[len(page)-1].ID
	}
}
