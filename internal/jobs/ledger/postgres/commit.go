package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs/ledger/store"
)

// Commit is part of [store.Committer]. Where the server cannot be reached it
// waits and connects again, at most MaxOutage.
func (s *Store) Commit(_ context.Context, ops []store.Op) error {
	if len(ops) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &try{ops: ops}
	err := s.patiently(func() error { return s.commit(t) })
	if stateOf(err) == noRights {
		return s.lacks(roleFor(ops), err)
	}
	if err != nil {
		return fmt.Errorf("writing the ledger: %w", err)
	}
	return nil
}

// try is a commit, and what is known of the tries before.
type try struct {
	ops     []store.Op
	pending bool   // nobody knows whether the try before was committed
	xid     string // of a try that was made in steps
}

// patiently tries again as long as the server cannot be reached.
func (s *Store) patiently(do func() error) error {
	began, said, backoff := time.Now(), saidAfter, backoffLeast
	for {
		err := s.once(do)
		if err == nil || !s.passing(err) {
			return err
		}
		waited := time.Since(began)
		if waited+backoff >= s.options.MaxOutage {
			return fmt.Errorf("the ledger could not be reached for %s: %w", waited.Round(time.Second), err)
		}
		if waited >= said && s.options.Waiting != nil {
			s.options.Waiting(waited)
			said += saidEvery
		}
		time.Sleep(backoff)
		backoff = min(2*backoff, backoffMost)
	}
}

// once makes sure of a session and does something with it. A session in which
// something went wrong is not used again, unless the server said what.
func (s *Store) once(do func() error) error {
	if s.closed.Load() {
		return errClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitLimit)
	defer cancel()
	if err := s.again(ctx); err != nil {
		return err
	}
	err := do()
	if err != nil && s.write != nil && (s.write.IsClosed() || stateOf(err) == "" && lost(err)) {
		s.drop()
	}
	return err
}

// passing reports whether what failed may do in a while.
func (s *Store) passing(err error) bool {
	var p *Problem
	if errors.As(err, &p) {
		return p.Retry
	}
	switch state := stateOf(err); {
	case state == "":
		return s.write == nil || lost(err)
	case state == lockNotHad, state == deadlock, state == readOnly, state == cancelled:
		return true
	case state[:2] == "08", state[:2] == "57", state[:2] == "40":
		return true
	case state[:2] == "53": // no disk, no memory, no connections
		return s.full
	}
	return false
}

// commit makes one try.
func (s *Store) commit(t *try) error {
	ctx, cancel := context.WithTimeout(context.Background(), limitOf(t.ops))
	defer cancel()
	if t.xid != "" {
		done, err := s.committed(ctx, t.xid)
		if done || err != nil {
			return err
		}
		t.xid = ""
	}
	s.said.Store(nil)
	var err error
	if together(t.ops) {
		err = s.atOnce(ctx, t)
	} else {
		err = s.inSteps(ctx, t)
	}
	switch {
	case err != nil && stateOf(err) != "" && stateOf(err)[:2] == "53":
		return fmt.Errorf("%w: %w", store.ErrNoRoom, err)
	case err != nil:
		return err
	}
	if said := s.said.Load(); said != nil {
		return &Problem{
			Text: "the server confirmed a write that its standby may not have: " + *said,
			Hint: "somebody ended its wait for the standby; look at the standby before anything is sent again",
		}
	}
	return nil
}

// committed reports whether a transaction whose end was not heard of was
// committed.
func (s *Store) committed(ctx context.Context, xid string) (bool, error) {
	var status *string
	err := s.write.QueryRow(ctx, `SELECT pg_xact_status($1::xid8)`, xid).Scan(&status)
	switch {
	case stateOf(err) == "22023": // a number that this server never gave out: it failed over
		return false, nil
	case err != nil:
		return false, err
	case status != nil && *status == "in progress":
		return false, fmt.Errorf("%w: what was written before is still being committed", errLost)
	}
	return status != nil && *status == "committed", nil
}

// together reports whether changes can be written in one round trip. They have
// all been asked for and none has been answered, so that any order of them is as
// good as the one they came in, if outcomes come first: an act that is settled
// may make way for another.
func together(ops []store.Op) bool {
	for _, op := range ops {
		switch op := op.(type) {
		case *store.Settle, *store.Record, *store.Tell, *store.Count:
		case *store.Intent:
			if op.Over != nil {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// atOnce sends everything as one batch, which the server takes as one
// transaction.
func (s *Store) atOnce(ctx context.Context, t *try) error {
	b := &batch{}
	var intents []*store.Intent
	for _, op := range t.ops {
		switch op := op.(type) {
		case *store.Settle:
			b.settle(op)
		case *store.Record:
			b.record(op)
		case *store.Tell:
			b.tell(op)
		case *store.Count:
			b.count(op)
		case *store.Intent:
			intents = append(intents, op)
		}
	}
	if t.pending {
		s.takeBack(b, intents)
	}
	s.intend(b, intents)
	s.beat(b)
	t.pending = true
	err := b.send(ctx, s.write)
	if err != nil {
		t.pending = t.pending && stateOf(err) == "" // the server's own "no" is a no to all of it
		return err
	}
	for _, op := range intents {
		if op.Err == nil {
			s.lastAct = max(s.lastAct, op.Act.ID)
		}
	}
	return nil
}

// inSteps makes the changes one after another in a transaction.
func (s *Store) inSteps(ctx context.Context, t *try) error {
	tx, err := s.write.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := tx.Rollback(ctx); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			s.drop()
		}
	}()
	var xid string
	if err := tx.QueryRow(ctx, `SELECT pg_current_xact_id()::text`).Scan(&xid); err != nil {
		return err
	}
	for _, op := range t.ops {
		if err := s.apply(ctx, tx, op); err != nil {
			return err
		}
	}
	t.xid = xid
	err = tx.Commit(ctx)
	if err == nil || stateOf(err) != "" {
		t.xid = ""
	}
	return err
}

// beat writes down, with a commit that is made anyway, that the holder is alive.
func (s *Store) beat(b *batch) {
	now := s.options.Now()
	accounts, epochs := s.heldEpochs()
	if len(accounts) == 0 || now.Sub(s.lastBeat) < beatEvery {
		return
	}
	s.lastBeat = now
	b.queue.Queue(beat, accounts, epochs, stamp(now))
}
