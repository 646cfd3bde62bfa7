package ledger

import (
	"context"
	"database/sql"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"
)

// check makes sure that the file is a ledger and whole, so that damage is met
// before anything is sent and not after. It walks all pages once, and holds the
// acts against the index by which commands are barred: some seconds for a
// million acts.
func check(ctx context.Context, handle *sql.DB) error {
	err := examine(ctx, handle)
	if code(err) == sqlite3.SQLITE_ERROR { // these questions are right, so it is the file that is wrong
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// examine looks at what the file says it is.
func examine(ctx context.Context, handle *sql.DB) error {
	var app, version int
	row := handle.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version)`)
	if err := row.Scan(&app, &version); err != nil {
		return err
	}
	switch {
	case app != applicationID:
		return ErrCorrupt
	case version > schemaVersion:
		return fmt.Errorf("%w (its schema is %d, this bulk knows %d)", ErrNewer, version, schemaVersion)
	case version != schemaVersion:
		return fmt.Errorf("%w: there never was a schema %d", ErrCorrupt, version)
	}
	have, err := schemaOf(ctx, handle)
	if err != nil {
		return err
	}
	for name, text := range rightSchema() { // more, such as an index of one's own, does no harm
		if have[name] != text {
			return fmt.Errorf("%w: its %s is not that of a ledger", ErrCorrupt, name)
		}
	}
	return examinePages(ctx, handle)
}

func examinePages(ctx context.Context, handle *sql.DB) error {
	var said string
	if err := handle.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, said)
	}
	var indexed bool
	if err := handle.QueryRowContext(ctx, actsAreIndexed).Scan(&indexed); err != nil {
		return err
	}
	if !indexed {
		return fmt.Errorf("%w: the acts and their index do not agree", ErrCorrupt)
	}
	return nil
}

// actsAreIndexed: each act is found where a command for its SIM would look, and
// nothing else is there. (integrity_check does it for all indexes, and takes
// several times as long.)
const actsAreIndexed = `SELECT NOT EXISTS (SELECT 1 FROM acts AS a NOT INDEXED WHERE NOT EXISTS (
		SELECT 1 FROM acts AS b INDEXED BY acts_by_sim
		WHERE b.iccid = a.iccid AND b.account = a.account AND b.state = a.state AND b."group" = a."group" AND b.id = a.id))
	AND (SELECT count(*) FROM acts NOT INDEXED) = (SELECT count(*) FROM acts INDEXED BY acts_by_sim)`
