package ledger

import (
	"context"
	"maps"
	"slices"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// OneName is the name under which the history of an account stands: the one that
// a person has said it has, or its own.
func (db *DB) OneName(account string) string { return db.oneName(account) }

// Names are all names that an account has had, its one name first.
func (db *DB) Names(account string) []string {
	db.mu.Lock()
	defer db.mu.Unlock()
	one := db.names.of(account)
	var others []string
	for name, of := range db.names.one {
		if of == one {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return append([]string{one}, others...)
}

// AllNames lists every account name that the ledger has met, in runs and in what
// was said of names, sorted.
func (db *DB) AllNames(ctx context.Context) ([]string, error) {
	all := map[string]bool{}
	err := db.runs(ctx, store.RunQuery{}, func(r RunInfo) bool {
		for _, name := range r.Accounts {
			all[name] = true
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	links, err := db.store.Links(ctx)
	for _, l := range links {
		all[l.A], all[l.B] = true, true
	}
	return slices.Sorted(maps.Keys(all)), err
}

// LastRun finds the newest run on an account, under whichever name; false: there
// is none.
func (db *DB) LastRun(ctx context.Context, account string) (RunInfo, bool, error) {
	account = db.oneName(account)
	return db.first(ctx, store.RunQuery{}, func(r RunInfo) bool { return slices.Contains(db.oneNames(r.Accounts), account) })
}

// ActsOn lists the acts on a SIM, in whichever spelling, under all accounts, oldest
// first.
func (db *DB) ActsOn(ctx context.Context, iccid jobs.ICCID) ([]ActInfo, error) {
	return db.actsOf(ctx, "", iccid)
}

// Newest is the newest act on an account that this process wrote, without asking
// the ledger, which may be gone; false: it wrote none.
func (db *DB) Newest(account string) (ActInfo, bool) {
	account = db.oneName(account)
	db.mu.Lock()
	defer db.mu.Unlock()
	a, any := db.newest[account]
	return a, any
}

// OnAct has f called for each act that this process writes, once it is on disk
// and before its request may leave. It is set before the first act, and called
// from many goroutines.
func (db *DB) OnAct(f func(ActInfo)) { db.onAct = f }

// written notes an act that is on disk.
func (db *DB) written(a *store.Act) {
	db.noteNewest(a)
	if db.onAct != nil {
		db.onAct(*a)
	}
}

// noteNewest keeps the newest act of each account, as it is read from disk.
func (db *DB) noteNewest(a *store.Act) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.newest[a.Account].ID < a.ID {
		there := *a
		there.At = there.At.UTC().Truncate(time.Millisecond)
		db.newest[a.Account] = there
	}
}
