package sqlite

import (
	"context"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"modernc.org/sqlite"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/store"
)

// fromSchema1 moves what a ledger of schema 1 holds, but for its results, into
// new tables; oldResults does so with the results of schema 1 and 2.
var (
	//go:embed migrate1.sql
	fromSchema1 string
	//go:embed migrate2.sql
	oldResults string
)

func init() {
	for name, f := range map[string]func(string) string{
		"bulk_sim":      func(text string) string { return string(jobs.ICCID(text).SIM()) },
		"bulk_account":  jobs.NormalAccount,
		"bulk_accounts": normalAccounts,
	} {
		sqlite.MustRegisterDeterministicScalarFunction(name, 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			text, ok := args[0].(string)
			if !ok {
				return nil, fmt.Errorf("%s takes a text", name)
			}
			return f(text), nil
		})
	}
}

func normalAccounts(list string) string {
	if list == "" {
		return ""
	}
	names := strings.Split(list, ",")
	for i, name := range names {
		names[i] = jobs.NormalAccount(name)
	}
	return strings.Join(names, ",")
}

// migrate brings a ledger of an older schema up to this one, in one transaction,
// and keeps a copy of it as it was. Other processes that have it open are waited
// for.
func (s *Store) migrate(ctx context.Context, version int) error {
	if s.options.Migrating != nil {
		s.options.Migrating(version, schemaVersion)
	}
	if err := s.journal("delete"); err != nil { // all of a write-ahead log goes into the file
		return err
	}
	if version > 1 { // that one is checked whole
		if err := s.checkSlices(ctx); err != nil {
			return err
		}
	}
	for {
		kept, err := s.keepCopy(version)
		if err != nil {
			return fmt.Errorf("keeping a copy: %w", err)
		}
		done, err := s.migrateAsCopied(ctx, kept, version)
		if err != nil || !done {
			err = errors.Join(err, os.Remove(kept.path))
		}
		s.sound = s.sound && done && kept.moment == s.since
		if err != nil || done || kept.migrated {
			return err
		}
	}
}

// copied is a copy of the ledger, and the moment it was made.
type copied struct {
	path     string
	moment   int64
	migrated bool // another process was first
}

// keepCopy copies the ledger, private, into a file beside it that is named for
// its schema and the time.
func (s *Store) keepCopy(version int) (*copied, error) {
	name := fmt.Sprintf("%s.schema%d-%s", s.real, version, s.options.Now().UTC().Format("20060102T150405Z"))
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	for n := 2; errors.Is(err, os.ErrExist); n++ {
		file, err = os.OpenFile(fmt.Sprintf("%s-%d", name, n), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	kept := &copied{path: file.Name()}
	if kept.moment, err = s.moment(); err == nil {
		err = s.patiently(func() error {
			_, err := s.conn.ExecContext(context.Background(), "VACUUM INTO ?", kept.path)
			return err
		})
	}
	if err == nil {
		err = errors.Join(fsync(file), syncFolder(filepath.Dir(kept.path)))
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(kept.path))
	}
	return kept, nil
}

// migrateAsCopied migrates the ledger if it still is as it was copied.
func (s *Store) migrateAsCopied(ctx context.Context, kept *copied, version int) (done bool, err error) {
	// Tables that others refer to are replaced; within a transaction this cannot be set.
	for _, pragma := range []string{"PRAGMA foreign_keys = OFF", "PRAGMA legacy_alter_table = ON"} {
		if _, err := s.conn.ExecContext(ctx, pragma); err != nil {
			return false, err
		}
	}
	defer func() {
		for _, pragma := range []string{"PRAGMA legacy_alter_table = OFF", "PRAGMA foreign_keys = ON"} {
			_, again := s.conn.ExecContext(context.WithoutCancel(ctx), pragma)
			err = errors.Join(err, again)
		}
	}()
	if err := s.patiently(func() error { return s.do("BEGIN EXCLUSIVE") }); err != nil {
		return false, err
	}
	now, err := s.moment()
	if err == nil && now != kept.moment {
		var is int
		is, err = s.recognise()
		kept.migrated = is == schemaVersion
		return false, errors.Join(err, s.do("ROLLBACK"))
	}
	if err == nil && s.sound {
		err = s.watch()
	}
	if err == nil {
		err = s.rewrite(ctx, version)
	}
	if err == nil {
		err = s.do("COMMIT")
	}
	if err != nil {
		_ = s.do("ROLLBACK")
		return false, err
	}
	s.seen, err = s.stat()
	s.sound = s.sound && err == nil
	return true, nil
}

// rewrite makes the new tables and fills them.
func (s *Store) rewrite(ctx context.Context, version int) error {
	if version > 1 {
		return s.rewriteResults(ctx)
	}
	var said string
	if err := s.one("PRAGMA integrity_check(1)", &said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", store.ErrCorrupt, said)
	}
	before, after, found := strings.Cut(fromSchema1, "-- the schema --")
	if !found {
		return errors.New("migrate1.sql does not say where the schema goes")
	}
	if err := s.execAll(ctx, before, schema, after, oldResults, headers()); err != nil {
		return err
	}
	id, err := s.identity()
	if err != nil {
		return err
	}
	return s.do(`INSERT INTO meta (one, id, made_at) SELECT 1, ?, coalesce((SELECT min(started_at) FROM runs), ?)`, id, stamp(s.options.Now()))
}

// rewriteResults does so where only the results are kept otherwise. A ledger that
// was closed stays so.
func (s *Store) rewriteResults(ctx context.Context) error {
	var says int
	if err := s.one("PRAGMA user_version", &says); err != nil {
		return err
	}
	now := headers()
	if says == closedVersion {
		now = ""
	}
	return s.execAll(ctx, "DROP VIEW row_history; ALTER TABLE results RENAME TO results_2;", resultsSchema, oldResults, now)
}

func (s *Store) execAll(ctx context.Context, texts ...string) error {
	for _, text := range texts {
		if _, err := s.conn.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// identity is what a ledger of schema 1 is called from now on. It comes of its
// first act, which is never deleted, so that a copy that was made before has the
// same one when it is migrated by itself, and is known as a copy.
func (s *Store) identity() (string, error) {
	var act string
	err := s.one(`SELECT coalesce((SELECT intent_at || ' ' || iccid || ' ' || account || ' ' || run FROM acts WHERE id = (SELECT min(id) FROM acts)), '')`, &act)
	if err != nil || act == "" {
		return uuid.NewString(), err
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("bulk ledger, schema 1: "+act)).String(), nil
}
