package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"bulk/internal/jobs"
)

// Doubt marks the intents that a killed run left on these accounts as unknown,
// and their rows with them, so that whoever asks for that run's results learns
// of it. Call it only while holding the accounts' locks: whoever wrote the
// intents is dead. It returns how many there were.
func (db *DB) Doubt(ctx context.Context, accounts []string) (int, error) {
	if len(accounts) == 0 {
		return 0, nil
	}
	where := `state IN ('intent', 'unknown') AND state = 'intent' AND account IN (?` + strings.Repeat(", ?", len(accounts)-1) + `)`
	var args []any
	for _, a := range accounts {
		args = append(args, a)
	}
	var found int
	err := db.write.do(ctx, change{apply: func(s *statements) error {
		left, err := acts(context.Background(), s.conn, where, args...)
		if err != nil {
			return err
		}
		for _, l := range left {
			row := jobs.Row{Line: l.line, ICCID: jobs.ICCID(l.iccid), Action: jobs.Action(l.action), Group: l.group}
			result := l.inDoubt()
			if err := s.record(l.result, &row, &result, "{}"); err != nil {
				return err
			}
		}
		found = len(left)
		_, err = s.exec(`UPDATE acts SET state = 'unknown', settled_at = ? WHERE `+where, append([]any{stamp(db.now())}, args...)...)
		return err
	}})
	if err != nil {
		return 0, fmt.Errorf("marking what a killed run left on its way: %w", err)
	}
	return found, nil
}

// InDoubt lists the rows of the run, by Seq, whose act is unknown or on its way.
func (r *Run) InDoubt(ctx context.Context) (map[int]bool, error) {
	rows, err := r.db.read.QueryContext(ctx, `SELECT result FROM acts WHERE state IN ('intent', 'unknown') AND run = ?`, r.ID)
	if err != nil {
		return nil, fmt.Errorf("reading what is unknown of run %d: %w", r.ID, explain(err))
	}
	defer rows.Close()
	all := map[int]bool{}
	for rows.Next() {
		var result int64
		if err := rows.Scan(&result); err != nil {
			return nil, err
		}
		all[seqOf(result)] = true
	}
	return all, rows.Err()
}

// left is an act that is on its way.
type left struct {
	run, result                       int64
	line                              int
	account, iccid, action, group, at string
}

// inDoubt is the result of a row whose command nobody heard of again.
func (l left) inDoubt() jobs.Result {
	f := jobs.Bar(jobs.Standing{State: jobs.InDoubt, Group: l.group, At: unstamp(l.at), Run: l.run}, l.group, jobs.Again{})
	return jobs.Result{
		Seq: seqOf(l.result), Action: jobs.Action(l.action), Outcome: f.Outcome, Code: jobs.Interrupted, Description: f.Text,
		Account: l.account, Attempts: 1, Started: unstamp(l.at),
	}
}

// asker is a connection, or a pool of them.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func acts(ctx context.Context, from asker, where string, args ...any) ([]left, error) {
	rows, err := from.QueryContext(ctx, `SELECT run, result, line, account, iccid, action, "group", intent_at FROM acts WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []left
	for rows.Next() {
		var l left
		if err := rows.Scan(&l.run, &l.result, &l.line, &l.account, &l.iccid, &l.action, &l.group, &l.at); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return all, rows.Err()
}
