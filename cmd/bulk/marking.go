package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"bulk/internal/jobs/ledger"
	ledgermark "bulk/internal/jobs/ledger/mark"
)

// marking keeps this machine's marks of a ledger while a run goes on.
type marking struct {
	folder   ledgermark.Folder
	db       *ledger.DB
	accounts []string
	now      func() time.Time
	found    map[string]ledgermark.Finding // by account, as it was at the start

	mu     sync.Mutex                // while the run goes on
	put    map[string]ledgermark.Act // by account: what is on disk
	warned bool                      // that a mark could not be moved
}

func newMarking(folder ledgermark.Folder, db *ledger.DB, accounts []string, now func() time.Time) *marking {
	return &marking{folder: folder, db: db, accounts: accounts, now: now, found: map[string]ledgermark.Finding{}, put: map[string]ledgermark.Act{}}
}

// known are the accounts of the run, and those of which this machine saw acts in
// this ledger or at its place.
func (m *marking) known(ctx context.Context) ([]string, error) {
	seen, err := m.folder.Accounts(ctx, markedLedger{m.db})
	all := slices.Clone(m.accounts)
	for _, account := range seen {
		if one := m.db.OneName(account); !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all, err
}

// check holds the ledger against what was seen of an account under all its names.
func (m *marking) check(ctx context.Context, account string) (ledgermark.Finding, error) {
	var all ledgermark.Finding
	for i, name := range m.db.Names(account) {
		found, err := m.folder.Check(ctx, markedLedger{m.db}, name)
		if err != nil {
			return found, err
		}
		if i == 0 || found.Refused() {
			all = found
		}
		if found.Refused() {
			break
		}
		all.Unmarked = all.Unmarked && found.Unmarked // a mark under any name is one
	}
	m.found[account] = all
	return all, nil
}

// accepted moves the marks of an account to where the ledger is, though it lacks
// acts: a person has accepted that just now.
func (m *marking) accepted(ctx context.Context, account string) error {
	for _, name := range m.db.Names(account) {
		found, err := m.folder.Check(ctx, markedLedger{m.db}, name)
		if err != nil {
			return err
		}
		found.Accepted = found.Missing != nil
		if err := m.folder.Note(ctx, markedLedger{m.db}, name, found, m.now()); err != nil {
			return err
		}
	}
	return nil
}

// note moves the marks to where the ledger is.
func (m *marking) note(ctx context.Context) error {
	all := slices.Clone(m.accounts)
	for account := range m.found {
		if !slices.Contains(all, account) {
			all = append(all, account)
		}
	}
	for _, account := range all {
		if err := m.folder.Note(ctx, markedLedger{m.db}, account, m.found[account], m.now()); err != nil {
			return err
		}
	}
	return nil
}

// markEvery is how often the marks are moved while a run goes on: a copy of the
// ledger that is older than that does not go unnoticed.
const markEvery = time.Second

// keep moves the marks while the run goes on, until stop is called: with the
// first act of an account, before its request leaves, and every second from then
// on. Where the ledger is gone they are written once more: then they are all that
// is left of what this run did.
func (m *marking) keep(ctx context.Context, warn func(error)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	move := func(again bool) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if err := m.ahead(ctx, again); err != nil && ctx.Err() == nil && !m.warned {
			m.warned = true
			warn(err)
		}
	}
	m.db.OnFirst(func() { move(false) })
	go func() {
		defer close(done)
		tick := time.NewTicker(markEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				move(m.gone())
			}
		}
	}()
	return func() { cancel(); <-done }
}

// gone reports whether the ledger is not where it was.
func (m *marking) gone() bool {
	_, err := os.Stat(m.db.Path())
	return errors.Is(err, os.ErrNotExist)
}

// ahead moves the marks to the newest acts of this process, without asking the
// ledger; again, where they may be gone too.
func (m *marking) ahead(ctx context.Context, again bool) error {
	for _, account := range m.accounts {
		a, any := m.db.Newest(account)
		act := markAct(a)
		if !any || act.Is(m.put[account]) && !again {
			continue
		}
		l := markedLedger{m.db}
		if err := m.folder.Move(ctx, ledgermark.Mark{Ledger: l.Identity(), Account: account, Path: l.Place(), Act: act, Seen: m.now()}); err != nil {
			return err
		}
		m.put[account] = act
	}
	return nil
}

// end moves the marks at the run's end.
func (m *marking) end(ctx context.Context) error {
	err := m.note(ctx)
	if err == nil {
		return nil
	}
	return m.ahead(ctx, true) // the ledger cannot be asked any more
}
