package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"bulk/internal/jobs/ledger/store"
)

// suited says what keeps the server that the session is with from being a
// ledger; nil: nothing.
func (s *Store) suited(ctx context.Context) error {
	for _, look := range []func(context.Context) error{s.encrypted, s.primary, s.durable, s.there, s.mayWork, s.ofThisVersion, s.notMoved, s.whole, s.replicated} {
		if err := look(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) encrypted(context.Context) error {
	conn := s.write.PgConn()
	if _, secret := conn.Conn().(*tls.Conn); secret || local(conn.Conn().RemoteAddr()) {
		return nil
	}
	return &Problem{
		Text: fmt.Sprintf("the connection to %s is not encrypted", s.at.host),
		Hint: "sslmode=verify-full in the address and, for a private CA, sslrootcert",
	}
}

func (s *Store) primary(ctx context.Context) error {
	var standby bool
	if err := s.ask(ctx, &standby, `SELECT pg_is_in_recovery()`); err != nil || !standby {
		return err
	}
	return &Problem{
		Text: fmt.Sprintf("%s is a standby and takes no writes", s.at.host),
		Hint: "name all hosts in the address: postgres://a,b/bulk?target_session_attrs=read-write", Retry: true,
	}
}

// durable refuses a server that does not keep what it confirms.
func (s *Store) durable(ctx context.Context) error {
	for _, name := range []string{"fsync", "full_page_writes"} {
		var value string
		if err := s.ask(ctx, &value, `SELECT current_setting($1)`, name); err != nil {
			return err
		}
		if value != "on" {
			return &Problem{
				Text: fmt.Sprintf("the server does not keep what it confirms (%s = %s)", name, value),
				Hint: "after a loss of power, what was sent would be sent a second time: have it switched on",
			}
		}
	}
	return nil
}

// schemaVersion is that of schema.sql and of what is beside it.
const schemaVersion = 5

// there refuses what is no ledger.
func (s *Store) there(ctx context.Context) error {
	var there bool
	if err := s.ask(ctx, &there, `SELECT to_regclass('bulk.meta') IS NOT NULL`); err != nil || there {
		return err
	}
	return &Problem{
		Text: "there is no ledger in " + s.at.shown, Hint: "the right database? for a new one: bulk ledger init", cause: store.ErrMissing,
	}
}

func (s *Store) ofThisVersion(ctx context.Context) error {
	var version int
	if err := s.ask(ctx, &version, `SELECT version FROM meta`); err != nil {
		return err
	}
	switch {
	case version > schemaVersion:
		return &Problem{
			Text: fmt.Sprintf("the ledger was written by a newer bulk (its schema is %d, this bulk knows %d)", version, schemaVersion),
			Hint: "use the newer bulk", cause: store.ErrNewer,
		}
	case version < schemaVersion:
		return &Problem{
			Text: fmt.Sprintf("the ledger's schema is %d, this bulk needs %d", version, schemaVersion),
			Hint: "bulk ledger init migrates it; no run may be under way",
		}
	}
	return nil
}

// notMoved refuses a ledger that was closed.
func (s *Store) notMoved(ctx context.Context) error {
	if s.options.Closed {
		return nil
	}
	return moved(ctx, s.write)
}

// querier asks for one row.
type querier interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

func moved(ctx context.Context, from querier) error {
	m := &store.MovedError{}
	var at *time.Time
	err := from.QueryRow(ctx, `SELECT moved_to, moved_by, moved_word, moved_at FROM meta`).Scan(&m.To, &m.User, &m.Word, &at)
	if m.At = when(at); err != nil || m.At.IsZero() {
		return err
	}
	return m
}

// whole looks at what the promises stand on: the unique key, and tables that
// outlive a crash.
func (s *Store) whole(ctx context.Context) error {
	var key, permanent bool
	err := s.ask(ctx, &key, `SELECT coalesce(bool_or(i.indisunique AND i.indisvalid AND i.indisready), false)
		FROM pg_index i WHERE i.indexrelid = to_regclass('bulk.acts_open_or_done') AND i.indrelid = to_regclass('bulk.acts')`)
	if err == nil {
		err = s.ask(ctx, &permanent, `SELECT bool_and(relpersistence = 'p') FROM pg_class WHERE relnamespace = 'bulk'::regnamespace AND relkind = 'r'`)
	}
	switch {
	case err != nil:
		return err
	case !key:
		return &Problem{
			Text:  "the ledger has no valid unique key over account, SIM and action (bulk.acts_open_or_done): nothing would keep a SIM from being sent a command twice",
			Hint:  "who changed it? bring the schema back before anything runs",
			cause: store.ErrCorrupt,
		}
	case !permanent:
		return &Problem{Text: "a table of the ledger is unlogged: a crash of the server empties it", Hint: "ALTER TABLE … SET LOGGED", cause: store.ErrCorrupt}
	}
	return nil
}

type right struct{ privilege, tables string }

// rightsToLook are what bulk runs needs, but for the results of rows.
var rightsToLook = []right{{"SELECT", "meta runs starts progress controls approvals claims links acts words losses handovers origins counted"}}

// rights are those that a run needs, by table.
var rights = []right{
	{"SELECT", "meta runs starts progress controls approvals claims links acts words losses refusals results inputs budgets handovers pictures origins counted"},
	{"INSERT", "runs starts progress controls approvals claims links acts words losses refusals results inputs budgets handovers pictures origins counted"},
	{"UPDATE", "runs starts progress controls claims acts losses refusals results budgets handovers pictures counted"},
	{"DELETE", "refusals budgets"},
}

// mayWork names all rights that are missing at once.
func (s *Store) mayWork(ctx context.Context) error {
	var missing []string
	needed, role := rights, "bulk_run"
	if s.options.Look {
		needed, role = rightsToLook, "bulk_read"
	}
	for _, r := range needed {
		tables := strings.Fields(r.tables)
		has := "has_table_privilege"
		if r.privilege == "UPDATE" { // of acts, only of some columns
			has = "has_any_column_privilege"
		}
		rows, err := s.write.Query(ctx, `SELECT t FROM unnest($1::text[]) t WHERE to_regclass('bulk.' || t) IS NOT NULL AND NOT `+has+`('bulk.' || t, $2)`, tables, r.privilege)
		if err != nil {
			return s.at.unreachable(err)
		}
		lack, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return s.at.unreachable(err)
		}
		if len(lack) > 0 {
			missing = append(missing, r.privilege+" on "+strings.Join(lack, ", "))
		}
	}
	if missing == nil {
		return nil
	}
	return &Problem{
		Text: fmt.Sprintf("the user %s lacks rights in the ledger: %s", s.at.config.User, strings.Join(missing, "; ")),
		Hint: fmt.Sprintf("GRANT %s TO %s, or use another user", role, s.at.config.User),
	}
}

// MayClose is part of [store.Ender].
func (s *Store) MayClose(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.write == nil {
		return errLost
	}
	var may bool
	if err := s.ask(ctx, &may, `SELECT has_column_privilege('bulk.meta', 'moved_to', 'UPDATE')`); err != nil || may {
		return err
	}
	return s.lacks(owner, nil)
}

// Warning is part of [store.Warner].
func (s *Store) Warning(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.write == nil {
		return "", errLost
	}
	return s.unprotected(ctx)
}

// unprotected says that a failover may lose what was confirmed; empty: no.
func (s *Store) unprotected(ctx context.Context) (string, error) {
	var standbys int
	var names string
	err := s.ask(ctx, &names, `SELECT current_setting('synchronous_standby_names')`)
	if err == nil {
		err = s.ask(ctx, &standbys, `SELECT count(*) FROM pg_stat_replication`)
	}
	if err != nil || names != "" || standbys == 0 {
		return "", err
	}
	return "a failover may lose acts that were confirmed: set synchronous_standby_names on the ledger's server", nil
}

func (s *Store) replicated(ctx context.Context) error {
	if !s.at.requireSync {
		return nil
	}
	warning, err := s.unprotected(ctx)
	var names string
	if err == nil {
		err = s.ask(ctx, &names, `SELECT current_setting('synchronous_standby_names')`)
	}
	if err != nil || warning == "" && names != "" {
		return err
	}
	return &Problem{
		Text: "the server confirms what no standby has (synchronous_standby_names is empty), and require_sync is 1 in the ledger's address",
		Hint: "set synchronous_standby_names there, or leave require_sync out",
	}
}

// ask asks the session that writes for one value.
func (s *Store) ask(ctx context.Context, into any, query string, args ...any) error {
	err := s.write.QueryRow(ctx, query, args...).Scan(into)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	if err != nil {
		return s.at.unreachable(err)
	}
	return nil
}
