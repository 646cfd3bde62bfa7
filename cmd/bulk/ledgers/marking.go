package ledgers

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

// Marking keeps this machine's marks of a ledger while a run goes on.
type Marking struct {
	folder   ledgermark.Folder
	DB       *ledger.DB
	accounts []string
	now      func() time.Time
	found    map[string]ledgermark.Finding // by account, as it was at the start

	mu      sync.Mutex                // while the run goes on
	put     map[string]ledgermark.Act // by account: what the mark says
	flushed map[string]ledgermark.Act // of it, what is on disk
	warned  bool                      // that a mark could not be moved
}

func NewMarking(folder ledgermark.Folder, db *ledger.DB, accounts []string, now func() time.Time) *Marking {
	return &Marking{folder: folder, DB: db, accounts: accounts, now: now, found: map[string]ledgermark.Finding{}, put: map[string]ledgermark.Act{}, flushed: map[string]ledgermark.Act{}}
}

// Known are the accounts of the run, and those of which this machine saw acts in
// this ledger or at its place.
func (m *Marking) Known(ctx context.Context) ([]string, error) {
	seen, err := m.folder.Accounts(ctx, markedLedger{m.DB})
	all := slices.Clone(m.accounts)
	for _, account := range seen {
		if one := m.DB.OneName(account); !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all, err
}

// Check holds the ledger against what was seen of an account under all its names.
func (m *Marking) Check(ctx context.Context, account string) (ledgermark.Finding, error) {
	var all ledgermark.Finding
	for i, name := range m.DB.Names(account) {
		found, err := m.folder.Check(ctx, markedLedger{m.DB}, name)
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

// Accepted moves the marks of an account to where the ledger is, though it lacks
// acts: a person has accepted that just now.
func (m *Marking) Accepted(ctx context.Context, account string) error {
	for _, name := range m.DB.Names(account) {
		found, err := m.folder.Check(ctx, markedLedger{m.DB}, name)
		if err != nil {
			return err
		}
		found.Accepted = found.Missing != nil
		if err := m.folder.Note(ctx, markedLedger{m.DB}, name, found, m.now()); err != nil {
			return err
		}
	}
	return nil
}

// Seen moves this machine's marks of accounts to what a ledger holds of them now, as
// after it took in what others hold. Where it lacks what was seen in it they stay.
func Seen(ctx context.Context, folder ledgermark.Folder, db *ledger.DB, accounts []string, now func() time.Time) error {
	m := NewMarking(folder, db, nil, now)
	for _, account := range accounts {
		if _, err := m.Check(ctx, db.OneName(account)); err != nil {
			return err
		}
	}
	return m.Note(ctx)
}

// Note moves the marks to where the ledger is.
func (m *Marking) Note(ctx context.Context) error {
	all := slices.Clone(m.accounts)
	for account := range m.found {
		if !slices.Contains(all, account) {
			all = append(all, account)
		}
	}
	for _, account := range all {
		if err := m.folder.Note(ctx, markedLedger{m.DB}, account, m.found[account], m.now()); err != nil {
			return err
		}
	}
	return nil
}

// MarkEvery is how often the marks are put on disk while a run goes on: a loss of
// power leaves them that old at most.
const MarkEvery = time.Second

// Keep moves the marks while the run goes on, until stop is called: with every act,
// before its request leaves, so that a copy of the ledger from before it does not
// pass for the newest. Where the ledger is gone they are written once more: then
// they are all that is left of what this run did.
func (m *Marking) Keep(ctx context.Context, warn func(error)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	said := func(err error) {
		if err != nil && ctx.Err() == nil && !m.warned {
			m.warned = true
			warn(err)
		}
	}
	m.DB.OnAct(func(a ledger.ActInfo) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if before, marked := m.put[a.Account]; !marked || before.Number < a.ID {
			said(m.ahead(ctx, !marked, false))
		}
	})
	go func() {
		defer close(done)
		tick := time.NewTicker(MarkEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				gone := m.gone()
				m.mu.Lock()
				said(m.ahead(ctx, true, gone))
				m.mu.Unlock()
			}
		}
	}()
	return func() { cancel(); <-done }
}

// gone reports whether the ledger is not where it was.
func (m *Marking) gone() bool {
	if m.DB.Shared() {
		return false
	}
	_, err := os.Stat(m.DB.Path())
	return errors.Is(err, os.ErrNotExist)
}

// ahead moves the marks to the newest acts of this process, without asking the
// ledger: onto the disk, or as far as the system has them; again, where they may
// be gone too.
func (m *Marking) ahead(ctx context.Context, onDisk, again bool) error {
	move := m.folder.Jot
	if onDisk {
		move = m.folder.Move
	}
	for _, account := range m.accounts {
		a, any := m.DB.Newest(account)
		act := markAct(a)
		if !any || !again && act.Is(m.put[account]) && (!onDisk || act.Is(m.flushed[account])) {
			continue
		}
		l := markedLedger{m.DB}
		if err := move(ctx, ledgermark.Mark{Ledger: l.Identity(), Account: account, Path: l.Place(), Act: act, Seen: m.now()}); err != nil {
			return err
		}
		m.put[account] = act
		if onDisk {
			m.flushed[account] = act
		}
	}
	return nil
}

// End moves the marks at the run's end.
func (m *Marking) End(ctx context.Context) error {
	err := m.Note(ctx)
	if err == nil {
		return nil
	}
	return m.ahead(ctx, true, true) // the ledger cannot be asked any more
}
