package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs/ledger/store"
)

// partSize is how much of an input a row holds, in bytes.
const partSize = 1 << 20

var _ store.Keeper = (*Store)(nil)

// KeepInput is part of [store.Keeper].
func (s *Store) KeepInput(ctx context.Context, digest string, from io.ReadSeeker) error {
	err := s.reading(ctx, func(ctx context.Context) error {
		if _, err := from.Seek(0, io.SeekStart); err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, s.read, func(tx pgx.Tx) error { return keepInput(ctx, tx, digest, from) })
	})
	if err != nil {
		return fmt.Errorf("keeping the input in the ledger: %w", err)
	}
	return nil
}

func keepInput(ctx context.Context, tx pgx.Tx, digest string, from io.Reader) error {
	// What is kept must last as an act does, or the run could not be gone on with.
	if _, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = on`); err != nil {
		return err
	}
	// Of two who keep the same input, the second waits here and finds it kept.
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, hashtext($2))`, classInput, digest); err != nil {
		return err
	}
	var there bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM inputs WHERE digest = $1)`, digest).Scan(&there); err != nil || there {
		return err
	}
	hash := sha256.New()
	for part, bytes := 0, make([]byte, partSize); ; part++ {
		n, err := io.ReadFull(from, bytes)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		hash.Write(bytes[:n])
		if _, err := tx.Exec(ctx, `INSERT INTO inputs (digest, part, bytes) VALUES ($1, $2, $3)`, digest, part, bytes[:n]); err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	if is := hex.EncodeToString(hash.Sum(nil)); is != digest {
		return fmt.Errorf("it is not what was read before: its digest is %s, not %s", is, digest)
	}
	return nil
}

// classInput is half of the key of the lock under which an input is kept.
const classInput = classAccount - 4

// Input is part of [store.Keeper].
func (s *Store) Input(ctx context.Context, digest string, into io.Writer) error {
	hash := sha256.New()
	for part := 0; ; part++ {
		var bytes []byte
		err := s.reading(ctx, func(ctx context.Context) error {
			return s.read.QueryRow(ctx, `SELECT bytes FROM inputs WHERE digest = $1 AND part = $2`, digest, part).Scan(&bytes)
		})
		switch {
		case errors.Is(err, pgx.ErrNoRows) && part == 0:
			return fmt.Errorf("the ledger keeps no input %s: %w", digest, fs.ErrNotExist)
		case err != nil:
			return fmt.Errorf("fetching the input from the ledger: %w", err)
		case len(bytes) == 0:
			if is := hex.EncodeToString(hash.Sum(nil)); is != digest {
				return fmt.Errorf("%w: what it keeps as the input %s has the digest %s", store.ErrCorrupt, digest, is)
			}
			return nil
		}
		hash.Write(bytes)
		if _, err := into.Write(bytes); err != nil {
			return err
		}
	}
}

// DropInputs is part of [store.Keeper].
func (s *Store) DropInputs(ctx context.Context, needed []string) (dropped int, err error) {
	if needed == nil {
		needed = []string{}
	}
	err = s.readingAs(ctx, pruner, func(ctx context.Context) error {
		return s.read.QueryRow(ctx, `WITH gone AS (DELETE FROM inputs WHERE digest <> ALL($1) AND kept_at < clock_timestamp() - interval '1 hour' RETURNING digest)
			SELECT count(DISTINCT digest) FROM gone`, needed).Scan(&dropped)
	})
	return dropped, err
}
