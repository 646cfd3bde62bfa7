package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"bulk/internal/jobs/ledger/store"
)

// dial makes a session.
func (s *Store) dial(ctx context.Context) (*pgx.Conn, error) {
	config := s.at.config.Copy()
	config.RuntimeParams = s.at.parameters("on")
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.Code == "01000" {
			s.said.Store(&n.Message)
		}
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, s.at.unreachable(err)
	}
	return conn, nil
}

// connect makes the session that writes.
func (s *Store) connect(ctx context.Context) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	s.write = conn
	var pid int
	err = conn.QueryRow(ctx, `SELECT a.pid, a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()`).Scan(&pid, &s.session.started)
	if err != nil {
		return s.at.unreachable(err)
	}
	s.session = session{pid, s.session.started.UTC()}
	s.mine[s.session] = true
	if uint32(pid) != conn.PgConn().PID() {
		p := &Problem{}
		s.at.pooler(p)
		return p
	}
	return nil
}

// again makes sure that there is a session to write with. After a lost one it
// takes the accounts again, under a new epoch each: what the old session may
// still have on its way to the disk is either there by then or never will be.
func (s *Store) again(ctx context.Context) error {
	if s.write != nil && !s.write.IsClosed() {
		return nil
	}
	s.write = nil
	old := s.session
	if err := s.connect(ctx); err != nil {
		return err
	}
	err := s.suited(ctx)
	if err == nil {
		err = s.same(ctx)
	}
	if err == nil {
		err = s.retake(ctx, old)
	}
	if err != nil {
		s.drop()
	}
	return err
}

// same fails where the database that answers now is not the one that confirmed
// what was done: restored, or failed over to a standby that lagged.
func (s *Store) same(ctx context.Context) error {
	var id string
	if err := s.ask(ctx, &id, `SELECT id::text FROM meta`); err != nil {
		return err
	}
	if id != s.meta.ID {
		return &Problem{Text: fmt.Sprintf("another ledger answers at %s than the one that was opened", s.at.shown), Hint: "who changed it while it was in use?"}
	}
	var there bool
	if err := s.ask(ctx, &there, `SELECT $1 = 0 OR EXISTS (SELECT 1 FROM acts WHERE id = $1)`, s.lastAct); err != nil {
		return err
	}
	if !there {
		return &Problem{
			Text: fmt.Sprintf("the ledger %s lacks act %d, which it had confirmed: restored, or failed over to a standby that lagged?", s.at.shown, s.lastAct),
			Hint: "what was done since stands in the result file; find out, then bulk ledger accept-loss",
		}
	}
	return nil
}

// retake takes back what the lost session held.
func (s *Store) retake(ctx context.Context, old session) error {
	if len(s.held) == 0 && len(s.runs) == 0 {
		return nil
	}
	// It may not have noticed; and it is ours, so that it can be ended.
	_, err := s.write.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2`, old.pid, old.started)
	if err != nil {
		return err
	}
	for _, h := range s.held {
		if h.lost == nil && h.epochs != nil {
			if err := s.retakeOne(ctx, h); err != nil {
				return err
			}
		}
	}
	s.noteAlive()
	for run := range s.runs {
		had, err := s.lockAgain(ctx, classRun, int32(run))
		if err != nil {
			return err
		}
		if !had {
			return &Problem{Text: fmt.Sprintf("another process goes on with run %d", run), cause: store.ErrOvertaken}
		}
	}
	return nil
}

func (s *Store) retakeOne(ctx context.Context, h *hold) error {
	had, err := s.lockAgain(ctx, classAccount, h.id)
	if err != nil {
		return err
	}
	var epoch int64
	if had {
		err = s.write.QueryRow(ctx, `UPDATE claims SET epoch = epoch + 1, backend = $3, backend_start = $4, alive = clock_timestamp()
			WHERE account = $1 AND epoch = $2 RETURNING epoch`, h.account, h.epoch(), s.session.pid, s.session.started).Scan(&epoch)
	}
	switch {
	case had && err == nil:
		h.epochs = append(h.epochs, epoch)
		return nil
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return err
	}
	by, err := s.takenBy(ctx, h.account)
	if err != nil {
		return err
	}
	// An UPDATE whose answer was lost, with its session, looks like this too.
	if had && by.epoch == h.epoch()+1 && s.mine[by.session] {
		h.epochs = append(h.epochs, by.epoch)
		return s.retakeOne(ctx, h)
	}
	if had {
		_, err = s.write.Exec(ctx, `SELECT pg_advisory_unlock($1, $2)`, classAccount, h.id)
	}
	h.lost = by.fenced(h.account)
	return err
}

func (s *Store) takenBy(ctx context.Context, account string) (t taken, err error) {
	var started *time.Time
	err = s.write.QueryRow(ctx, `SELECT epoch, run, user_name, host, backend, backend_start FROM claims WHERE account = $1`, account).
		Scan(&t.epoch, &t.run, &t.user, &t.host, &t.session.pid, &started)
	t.session.started = when(started)
	return t, err
}

// lockAgain waits a moment for a lock that the old session may still hold.
func (s *Store) lockAgain(ctx context.Context, class, id int32) (had bool, err error) {
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(lockRetry) {
		err = s.write.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, $2)`, class, id).Scan(&had)
		if had || err != nil || time.Now().After(deadline) {
			return had, err
		}
	}
}
