package ledger

import (
	"context"
	"fmt"
	"time"

	"bulk/internal/jobs"
)

// Event is one thing that was done, or tried, with a SIM.
type Event struct {
	At          time.Time
	Run         int64
	Line        int
	Account     string
	ICCID       jobs.ICCID
	Action      jobs.Action
	Group       string
	Outcome     string // of the row; for an act without a recorded row, its state
	Code        jobs.Code
	Description string
	RequestID   string
	Act         State // how the act stands; empty for a read
	ResolvedBy  string
	Reason      string
}

// A row may have several acts, where one was sent again after a person said that
// it was not done; its result is that of the last.
const history = `SELECT a.intent_at AS at, a.run, a.line, a.account, a.iccid, a.action, a."group", coalesce(r.outcome, a.state),
	coalesce(r.code, ''), coalesce(r.description, ''), a.request_id, a.state, a.resolved_by, a.reason
	FROM acts a LEFT JOIN results r ON r.id = a.result AND a.id = (SELECT max(id) FROM acts b WHERE b.iccid = a.iccid AND b.result = a.result)
	WHERE a.iccid = ?
	UNION ALL
	SELECT r.started_at, r.id >> 32, r.line, r.account, r.iccid, r.action, r."group", r.outcome, r.code, r.description, r.request_id, '', '', ''
	FROM results r WHERE r.iccid = ? AND NOT EXISTS (SELECT 1 FROM acts a WHERE a.iccid = r.iccid AND a.result = r.id)
	ORDER BY 1`

// History lists what all runs did with a SIM, oldest first. Reads are found by
// walking the results, for only acts are indexed: a second or so a few million
// rows.
func (db *DB) History(ctx context.Context, iccid jobs.ICCID) ([]Event, error) {
	return db.events(ctx, history, string(iccid), string(iccid))
}

// InDoubt lists the acts that are unknown, oldest first; for an empty iccid
// those of every SIM.
func (db *DB) InDoubt(ctx context.Context, iccid jobs.ICCID) ([]Event, error) {
	return db.events(ctx, `SELECT intent_at, run, line, account, iccid, action, "group", state, '', '', request_id, state, resolved_by, reason
		FROM acts WHERE state IN ('intent', 'unknown') AND (? = '' OR iccid = ?) ORDER BY id`, string(iccid), string(iccid))
}

func (db *DB) events(ctx context.Context, query string, args ...any) ([]Event, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the history of the ledger: %w", explain(err))
	}
	defer rows.Close()
	var all []Event
	for rows.Next() {
		var e Event
		var at string
		if err := rows.Scan(&at, &e.Run, &e.Line, &e.Account, &e.ICCID, &e.Action, &e.Group, &e.Outcome, &e.Code, &e.Description,
			&e.RequestID, &e.Act, &e.ResolvedBy, &e.Reason); err != nil {
			return nil, fmt.Errorf("reading the history of the ledger: %w", err)
		}
		e.At = unstamp(at)
		all = append(all, e)
	}
	return all, rows.Err()
}
