package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"bulk/internal/jobs"
)

// statements are the writer's prepared statements, on its one connection.
type statements struct {
	conn   *sql.Conn
	intent *statement
	again  *statement
	state  *statement
	result *statement
	short  *statement // a result with nothing in the last columns of result
	all    []*statement
	values []driver.Value // kept from one record to the next
}

// insertResult takes the columns in the order in which record gives them.
const insertResult = `INSERT OR REPLACE INTO results (id, line, iccid, action, outcome, account, request_id, attempts, http_status,
	started_at, duration_ms, data, "group", code, description, upstream_error) VALUES (`

func prepareStatements(handle *sql.DB) (*statements, error) {
	ctx := context.Background()
	conn, err := handle.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &statements{conn: conn}
	for _, p := range []struct {
		into **statement
		text string
	}{
		{&s.intent, `INSERT INTO acts (run, result, line, account, iccid, action, "group", state, intent_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, 'intent', ?)`},
		{&s.again, `UPDATE acts SET state = 'intent', intent_at = ?, settled_at = NULL WHERE id = ? AND state = 'not_sent'`},
		// A person's word is not overwritten. (For IN, SQLite would make a table each time.)
		{&s.state, `UPDATE acts SET state = ?, settled_at = ?, request_id = ? WHERE id = ? AND (state = 'intent' OR state = 'unknown')`},
		{&s.result, insertResult + `?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.short, insertResult + `?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '', '')`},
	} {
		stmt, err := prepare(conn, p.text)
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

// record writes a result. Most of the results of a run are reads that went well,
// with nothing to say in four columns: each that need not be told to SQLite is
// time saved.
func (s *statements) record(id int64, row *jobs.Row, r *jobs.Result, data string) error {
	values := append(s.values[:0], id, int64(row.Line), string(row.ICCID), string(row.Action), string(r.Outcome), r.Account, r.RequestID,
		int64(r.Attempts), int64(r.HTTPStatus), stamp(r.Started), r.Duration.Milliseconds(), data)
	into := s.short
	if row.Group != "" || r.Code != "" || r.Description != "" || r.UpstreamError != "" {
		values, into = append(values, row.Group, string(r.Code), r.Description, r.UpstreamError), s.result
	}
	s.values = values
	_, err := into.exec(values...)
	return err
}

func (s *statements) begin() error  { _, err := s.exec("BEGIN IMMEDIATE"); return err }
func (s *statements) commit() error { _, err := s.exec("COMMIT"); return err }

// rollback ends a transaction that failed. SQLite may have ended it already, so
// that there is none: its error says nothing.
func (s *statements) rollback() { _, _ = s.exec("ROLLBACK") }

func (s *statements) close() error {
	var err error
	for _, stmt := range s.all {
		err = errors.Join(err, stmt.close())
	}
	return errors.Join(err, s.conn.Close())
}

// statement is a prepared statement, executed by the driver itself: the two or
// three for each row would spend a fifth of their time in database/sql.
type statement struct {
	conn *sql.Conn
	stmt driver.Stmt
	args []driver.NamedValue
}

func prepare(conn *sql.Conn, text string) (*statement, error) {
	s := &statement{conn: conn}
	return s, conn.Raw(func(raw any) (err error) {
		s.stmt, err = raw.(driver.Conn).Prepare(text)
		return err
	})
}

// exec executes the statement with values that are strings or int64.
func (s *statement) exec(values ...driver.Value) (done driver.Result, err error) {
	s.args = s.args[:0]
	for i, v := range values {
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	err = s.conn.Raw(func(any) (err error) {
		done, err = s.stmt.(driver.StmtExecContext).ExecContext(context.Background(), s.args)
		return err
	})
	return done, err
}

func (s *statement) close() error { return s.conn.Raw(func(any) error { return s.stmt.Close() }) }
