package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"bulk/internal/jobs/ledger/store"
)

// Open opens the ledger at an address, making it where the options say so. The
// error is a [*Problem], or wraps store.ErrMissing or ErrNewer, where that is what
// it is.
func Open(ctx context.Context, where string, options store.Options) (*Store, error) {
	if options.MaxOutage <= 0 {
		options.MaxOutage = leastOutage
	}
	at, err := parse(where, options.Password)
	if err != nil {
		return nil, err
	}
	s := &Store{options: options, at: at, process: uuid.NewString(), held: map[string]*hold{}, runs: map[int64]bool{}, mine: map[session]bool{}}
	if err := s.open(ctx); err != nil {
		s.disconnect()
		return nil, err
	}
	beats, end := context.WithCancel(context.WithoutCancel(ctx))
	s.end = end
	s.beating.Go(func() { s.beats(beats) })
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if s.options.Create {
		if err := s.create(ctx); err != nil {
			return err
		}
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	if err := s.suited(ctx); err != nil {
		return err
	}
	if err := s.readMeta(ctx); err != nil {
		return err
	}
	pool, err := pgxpool.ParseConfig("")
	if err != nil {
		return err
	}
	pool.ConnConfig = s.at.config.Copy()
	pool.ConnConfig.RuntimeParams = s.at.parameters("off") // nothing that must last is written by it
	pool.MaxConns = readers
	s.read, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), pool)
	return err
}

// readMeta reads which ledger it is.
func (s *Store) readMeta(ctx context.Context) error {
	var init *time.Time
	err := s.write.QueryRow(ctx, `SELECT id::text, made_at, init_by, init_at, init_word FROM meta`).
		Scan(&s.meta.ID, &s.meta.MadeAt, &s.meta.InitBy, &init, &s.meta.InitWord)
	s.meta.MadeAt, s.meta.InitAt = s.meta.MadeAt.UTC(), when(init)
	if err != nil {
		return fmt.Errorf("opening the ledger %s: %w", s.at.shown, err)
	}
	return nil
}

// Meta is part of [store.Store].
func (s *Store) Meta(ctx context.Context) (m store.Meta, err error) {
	err = s.reading(ctx, func(ctx context.Context) error {
		var init *time.Time
		row := s.read.QueryRow(ctx, `SELECT id::text, made_at, init_by, init_at, init_word FROM meta`)
		err := row.Scan(&m.ID, &m.MadeAt, &m.InitBy, &init, &m.InitWord)
		m.MadeAt, m.InitAt = m.MadeAt.UTC(), when(init)
		return err
	})
	return m, err
}

// Close gives back the accounts and ends the sessions.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed.Load() {
		s.mu.Unlock()
		return nil
	}
	s.closed.Store(true)
	s.unlockAll()
	clear(s.held)
	s.mu.Unlock()
	s.end()
	s.beating.Wait()
	s.disconnect()
	return nil
}

// unlockAll gives the locks back at once: after the end of a session the server
// does so a moment later.
func (s *Store) unlockAll() {
	if s.write == nil || s.write.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, _ = s.write.Exec(ctx, `SELECT pg_advisory_unlock_all()`)
}

func (s *Store) disconnect() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.write != nil {
		_ = s.write.Close(ctx)
		s.write = nil
	}
	if s.read != nil {
		s.read.Close()
	}
}

// KeepRoom is part of [store.Committer]: the disk is the server's.
func (s *Store) KeepRoom(int64) error { return nil }

// GiveRoom is part of [store.Committer]. From then on what became of requests is
// tried again until there is room, at most MaxOutage.
func (s *Store) GiveRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	given := !s.full
	s.full = true
	return given
}
