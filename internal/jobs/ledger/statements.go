package ledger

import (
	"context"
	"database/sql"
	"errors"
)

// statements are the writer's prepared statements, on its one connection.
type statements struct {
	conn   *sql.Conn
	intent *sql.Stmt
	again  *sql.Stmt
	state  *sql.Stmt
	result *sql.Stmt
	all    []*sql.Stmt
}

func prepareStatements(handle *sql.DB) (*statements, error) {
	ctx := context.Background()
	conn, err := handle.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &statements{conn: conn}
	for _, p := range []struct {
		into **sql.Stmt
		text string
	}{
		{&s.intent, `INSERT INTO acts (run, result, line, account, iccid, action, "group", state, intent_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, 'intent', ?)`},
		{&s.again, `UPDATE acts SET state = 'intent', intent_at = ?, settled_at = NULL WHERE id = ? AND state = 'not_sent'`},
		// A person's word is not overwritten. (For IN, SQLite would make a table each time.)
		{&s.state, `UPDATE acts SET state = ?, settled_at = ?, request_id = ? WHERE id = ? AND (state = 'intent' OR state = 'unknown')`},
		{&s.result, `INSERT OR REPLACE INTO results (id, line, iccid, action, "group", outcome, code, description, upstream_error,
			account, request_id, attempts, http_status, started_at, duration_ms, data)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
	} {
		stmt, err := conn.PrepareContext(ctx, p.text)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*p.into = stmt
		s.all = append(s.all, stmt)
	}
	return s, nil
}

func (s *statements) exec(text string, args ...any) (sql.Result, error) {
	return s.conn.ExecContext(context.Background(), text, args...)
}

func (s *statements) begin() error  { _, err := s.exec("BEGIN IMMEDIATE"); return err }
func (s *statements) commit() error { _, err := s.exec("COMMIT"); return err }

// rollback ends a transaction that failed. SQLite may have ended it already, so
// that there is none: its error says nothing.
func (s *statements) rollback() { _, _ = s.exec("ROLLBACK") }

func (s *statements) close() error {
	var err error
	for _, stmt := range s.all {
		err = errors.Join(err, stmt.Close())
	}
	return errors.Join(err, s.conn.Close())
}
