package postgres

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

//go:embed schema.sql
var schema string

//go:embed handovers.sql
var handovers string

//go:embed origins.sql
var origins string

//go:embed counted.sql
var counted string

// classMake is half of the key of the lock under which a ledger is made.
const classMake = classAccount - 2

// create makes the ledger where there is none. Whoever else does so waits.
func (s *Store) create(ctx context.Context) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, 0)`, classMake); err != nil {
			return err
		}
		var there bool
		if err := tx.QueryRow(ctx, `SELECT to_regclass('bulk.meta') IS NOT NULL`).Scan(&there); err != nil {
			return err
		}
		if there {
			return s.migrate(ctx, tx)
		}
		if _, err := tx.Exec(ctx, schema+handovers+origins+counted, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO meta (version, id, made_at) VALUES ($1, $2, $3)`, schemaVersion, uuid.NewString(), stamp(s.options.Now()))
		return err
	})
	if stateOf(err) == noRights {
		return &Problem{
			Text: fmt.Sprintf("the user %s may not make a ledger in %s: %s", s.at.config.User, s.at.shown, said(err)),
			Hint: "bulk ledger init needs the database's owner, once", cause: err,
		}
	}
	if err != nil {
		return fmt.Errorf("making the ledger %s: %w", s.at.shown, err)
	}
	return nil
}

// migrations bring a ledger from a schema, from 1 on, to the next.
var migrations = []string{
	`CREATE INDEX results_by_sim ON bulk.results (run, iccid)`,
	`SET LOCAL search_path = bulk; ALTER TABLE progress ADD tally text NOT NULL DEFAULT '{}';` + handovers,
	`SET LOCAL search_path = bulk;` + origins,
	`SET LOCAL search_path = bulk;` + counted,
}

// migrate brings a ledger of an older schema up to this one.
func (s *Store) migrate(ctx context.Context, tx pgx.Tx) error {
	var version int
	if err := tx.QueryRow(ctx, `SELECT version FROM bulk.meta`).Scan(&version); err != nil || version < 1 || version >= schemaVersion {
		return err // what else is wrong with it is said when it is opened
	}
	if s.options.Migrating != nil {
		s.options.Migrating(version, schemaVersion)
	}
	for _, statement := range migrations[version-1:] {
		if _, err := tx.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE bulk.meta SET version = $1`, schemaVersion)
	return err
}

// Grants are the statements that give roles no more than they need: one that
// runs, one that prunes results, one that only reads.
func Grants() []string {
	all := []string{
		"DO $$ BEGIN CREATE ROLE bulk_run; EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
		"DO $$ BEGIN CREATE ROLE bulk_prune; EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
		"DO $$ BEGIN CREATE ROLE bulk_read; EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
		"GRANT USAGE ON SCHEMA bulk TO bulk_run, bulk_prune, bulk_read;",
	}
	for _, r := range rights {
		tables := strings.Fields(r.tables)
		for i := range tables {
			tables[i] = "bulk." + tables[i]
		}
		all = append(all, fmt.Sprintf("GRANT %s ON %s TO bulk_run;", r.privilege, strings.Join(tables, ", ")))
	}
	for i, g := range all {
		// Of acts no role may change what was sent to whom.
		if strings.HasPrefix(g, "GRANT UPDATE ON ") {
			all[i] = strings.Replace(g, " bulk.acts,", "", 1)
		}
	}
	return append(all,
		`GRANT UPDATE (state, was, code, settled_at, request_id, resolved_by, reason, found_group, account, replaces) ON bulk.acts TO bulk_run;`,
		"GRANT UPDATE (init_by, init_at, init_word) ON bulk.meta TO bulk_run;",
		"GRANT bulk_run TO bulk_prune; GRANT DELETE ON bulk.results, bulk.inputs, bulk.pictures, bulk.counted TO bulk_prune;",
		"GRANT SELECT ON bulk.meta, bulk.runs, bulk.starts, bulk.progress, bulk.controls, bulk.approvals, bulk.claims, bulk.links, bulk.acts, bulk.words, bulk.losses, bulk.handovers, bulk.origins, bulk.counted, "+
			"bulk.sim_history, bulk.in_doubt, bulk.row_history TO bulk_read;",
	)
}
