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
			err = errors.Join(err, remove(kept.path))
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
	name     string // under which it is kept once the ledger is migrated
	moment   int64
	migrated bool // another process was first
}

// unfinished is what a copy is called until the ledger is as good as migrated: a
// process that is killed leaves one that nobody needs.
const unfinished = ".unfinished-schema"

// keepCopy copies the ledger, private, into a file beside it.
func (s *Store) keepCopy(version int) (*copied, error) {
	file, err := os.CreateTemp(filepath.Dir(s.real), fmt.Sprintf("%s%s%d-*", filepath.Base(s.real), unfinished, version)) // 0600
	if err != nil {
		return nil, err
	}
	defer file.Close()
	kept := &copied{path: file.Name(), name: fmt.Sprintf("%s.schema%d-%s", s.real, version, s.options.Now().UTC().Format("20060102T150405Z"))}
	if kept.moment, err = s.moment(); err == nil {
		err = s.patiently(func() error {
			_, err := s.conn.ExecContext(context.Background(), "VACUUM INTO ?", kept.path)
			return err
		})
	}
	if err == nil {
		err = fsync(file)
	}
	if err != nil {
		return nil, errors.Join(err, remove(kept.path))
	}
	return kept, nil
}

// keep gives the copy its name, for its schema and the time. Nobody else does so: the
// ledger is held.
func (c *copied) keep() error {
	name := c.name
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			break
		}
		name = fmt.Sprintf("%s-%d", c.name, n)
	}
	if err := os.Rename(c.path, name); err != nil {
		return err
	}
	c.path = name
	return syncFolder(filepath.Dir(c.path))
}

// sweepCopies takes away what migrations that did not come to their end left beside a
// ledger that is migrated. One that has just found that it is too late may have been
// about to do so. Those of newer schemas are a newer bulk's.
func (s *Store) sweepCopies() {
	left, _ := filepath.Glob(quoteGlob(s.real+unfinished) + "*") // the pattern is right
	for _, path := range left {
		var version int
		if _, err := fmt.Sscanf(path[len(s.real+unfinished):], "%d-", &version); err == nil && version < schemaVersion {
			_ = os.Remove(path)
		}
	}
}

// remove takes a file away that may be gone.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
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
	is := version
	if err == nil {
		is, err = s.recognise()
	}
	if err != nil || now != kept.moment || is != version {
		kept.migrated = err == nil && is == schemaVersion
		return false, errors.Join(err, s.do("ROLLBACK"))
	}
	if err == nil && s.sound {
		err = s.watch()
	}
	if err == nil {
		err = s.rewrite(ctx, version)
	}
	if err == nil {
		err = kept.keep()
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
