package scripted

import (
	"context"
	"errors"
	"sync"
	"time"

	"bulk/internal/jobs"
)

// Ledger is a jobs.Ledger in memory: one place for each SIM, held from an
// intent on unless the attempt was surely not done or the row failed.
type Ledger struct {
	mu     sync.Mutex
	stands map[jobs.SIM]jobs.Standing
}

// errOpen is a fault of whoever uses the ledger: no attempt may begin while
// another is open.
var errOpen = errors.New("an attempt was begun while another was open")

// Standing says what was done to a SIM.
func (l *Ledger) Standing(_ context.Context, _ string, iccid jobs.ICCID) (jobs.Standing, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stands[iccid.SIM()], nil
}

// Intend prepares the record around a command.
func (l *Ledger) Intend(account string, row *jobs.Row, _ jobs.Standing) jobs.Intent {
	return &intent{ledger: l, sim: row.ICCID.SIM(), standing: jobs.Standing{State: jobs.InDoubt, Account: account, Group: row.Group, At: time.Now()}}
}

// Settle records how a row ended, as a run does.
func (l *Ledger) Settle(row *jobs.Row, result *jobs.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, open := l.stands[row.ICCID.SIM()]
	switch {
	case !open:
	case result.Outcome == jobs.OK:
		s.State, s.Settled = jobs.DoneEarlier, time.Now()
		l.stands[row.ICCID.SIM()] = s
	case result.Outcome == jobs.Failed:
		delete(l.stands, row.ICCID.SIM())
	}
}

type intent struct {
	ledger   *Ledger
	sim      jobs.SIM
	standing jobs.Standing
	open     bool
}

func (i *intent) Clear(ctx context.Context) error { return ctx.Err() }

func (i *intent) Begin(context.Context) error {
	i.ledger.mu.Lock()
	defer i.ledger.mu.Unlock()
	switch _, taken := i.ledger.stands[i.sim]; {
	case i.open:
		return errOpen
	case taken:
		return jobs.ErrBarred
	case i.ledger.stands == nil:
		i.ledger.stands = map[jobs.SIM]jobs.Standing{}
	}
	i.open, i.ledger.stands[i.sim] = true, i.standing
	return nil
}

func (i *intent) NotSent() error {
	i.ledger.mu.Lock()
	defer i.ledger.mu.Unlock()
	i.open = false
	delete(i.ledger.stands, i.sim)
	return nil
}
