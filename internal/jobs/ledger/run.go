package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"bulk/internal/jobs"
)

// Kind is what a run was for.
type Kind string

// The kinds of run. An unfinished run is continued only by one of its kind.
const (
	Real   Kind = "run"
	DryRun Kind = "dry-run"
	Apply  Kind = "apply"
)

// RunInfo describes a run as the ledger has it.
type RunInfo struct {
	ID           int64
	Kind         Kind
	Input        string // as it was named; "-" for standard input
	Digest       string // SHA-256 of its bytes, 64 hex digits
	Accounts     []string
	Settings     string // JSON; compared when a run is continued
	User         string
	Host         string
	Version      string
	StartedAt    time.Time
	EndedAt      time.Time // zero: running, or killed
	Ending       string    // why it ended early
	NotRun       int       // rows not reached; -1: running, or killed
	Tally        map[jobs.Outcome]int
	Output       string
	OutputDigest string
	PublishedAt  time.Time
}

// Finished tells whether nothing is left to do: no row is not_run and the
// result was put in place.
func (r RunInfo) Finished() bool { return r.NotRun == 0 && !r.PublishedAt.IsZero() }

// Run is a run under way.
type Run struct {
	RunInfo
	db *DB

	mu   sync.Mutex
	open map[int]int64 // the acts of this run that are on their way, by their row's Seq
}

func newRun(info RunInfo, db *DB) *Run { return &Run{RunInfo: info, db: db, open: map[int]int64{}} }

// first is the id of a run's first row; a run may have 2^32 rows.
func (r RunInfo) first() int64 { return r.ID << 32 }

const columns = `id, kind, input, digest, accounts, settings, user, host, version, started_at, ended_at, ending, not_run, tally,
	output, output_digest, published_at`

// Start writes down a new run.
func (db *DB) Start(ctx context.Context, info RunInfo) (*Run, error) {
	if err := db.keepRoom(); err != nil {
		return nil, err
	}
	info.StartedAt, info.NotRun, info.Tally = db.now(), -1, nil
	err := db.write.do(ctx, change{apply: func(s *statements) error {
		done, err := s.exec(`INSERT INTO runs (kind, input, digest, accounts, settings, user, host, version, started_at, output)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, info.Kind, info.Input, info.Digest, strings.Join(info.Accounts, ","), info.Settings,
			info.User, info.Host, info.Version, stamp(info.StartedAt), info.Output)
		if err != nil {
			return err
		}
		info.ID, err = done.LastInsertId()
		return err
	}})
	if err != nil {
		return nil, err
	}
	return newRun(info, db), nil
}

// Continue takes up an unfinished run again; output is where its result goes
// from now on. Until that is in place the run is not finished, whatever was
// published of it earlier.
func (db *DB) Continue(ctx context.Context, info RunInfo, output string) (*Run, error) {
	if err := db.keepRoom(); err != nil {
		return nil, err
	}
	info.Output, info.EndedAt, info.PublishedAt, info.NotRun, info.Ending = output, time.Time{}, time.Time{}, -1, ""
	err := db.write.do(ctx, change{apply: func(s *statements) error {
		_, err := s.exec(`UPDATE runs SET resumed_at = ?, ended_at = NULL, ending = '', not_run = NULL, published_at = NULL, output = ? WHERE id = ?`,
			stamp(db.now()), output, info.ID)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return newRun(info, db), nil
}

// Last finds the newest run of a kind on an input by the same accounts.
func (db *DB) Last(ctx context.Context, kind Kind, digest string, accounts []string) (RunInfo, bool, error) {
	rows, err := db.runs(ctx, `WHERE kind = ? AND digest = ? AND accounts = ? ORDER BY id DESC LIMIT 1`,
		kind, digest, strings.Join(accounts, ","))
	if err != nil || len(rows) == 0 {
		return RunInfo{}, false, err
	}
	return rows[0], true, nil
}

// Runs lists every run, newest first.
func (db *DB) Runs(ctx context.Context) ([]RunInfo, error) {
	return db.runs(ctx, `ORDER BY id DESC`)
}

// Run finds one run.
func (db *DB) Run(ctx context.Context, id int64) (RunInfo, bool, error) {
	rows, err := db.runs(ctx, `WHERE id = ?`, id)
	if err != nil || len(rows) == 0 {
		return RunInfo{}, false, err
	}
	return rows[0], true, nil
}

func (db *DB) runs(ctx context.Context, where string, args ...any) ([]RunInfo, error) {
	if err := db.write.flush(ctx); err != nil {
		return nil, err
	}
	rows, err := db.read.QueryContext(ctx, `SELECT `+columns+` FROM runs `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the runs of the ledger: %w", explain(err))
	}
	defer rows.Close()
	var all []RunInfo
	for rows.Next() {
		info, err := scanRun(rows)
		if err != nil {
			return nil, fmt.Errorf("reading a run of the ledger: %w", err)
		}
		all = append(all, info)
	}
	return all, rows.Err()
}

func scanRun(rows *sql.Rows) (RunInfo, error) {
	var r RunInfo
	var accounts, started, tally string
	var ended, published sql.NullString
	var notRun sql.NullInt64
	err := rows.Scan(&r.ID, &r.Kind, &r.Input, &r.Digest, &accounts, &r.Settings, &r.User, &r.Host, &r.Version, &started, &ended,
		&r.Ending, &notRun, &tally, &r.Output, &r.OutputDigest, &published)
	if err != nil {
		return r, err
	}
	if accounts != "" {
		r.Accounts = strings.Split(accounts, ",")
	}
	r.StartedAt, r.EndedAt, r.PublishedAt = unstamp(started), unstamp(ended.String), unstamp(published.String)
	r.NotRun = -1
	if notRun.Valid {
		r.NotRun = int(notRun.Int64)
	}
	return r, json.Unmarshal([]byte(tally), &r.Tally)
}

// PlanMaker finds the dry run that published a plan with this digest.
func (db *DB) PlanMaker(ctx context.Context, digest string) (RunInfo, bool, error) {
	rows, err := db.runs(ctx, `WHERE kind = ? AND output_digest = ? ORDER BY id DESC LIMIT 1`, DryRun, digest)
	if err != nil || len(rows) == 0 {
		return RunInfo{}, false, err
	}
	return rows[0], true, nil
}

func stamp(t time.Time) string { return jobs.Stamp(t) }

func unstamp(text string) time.Time {
	t, err := time.Parse(jobs.StampLayout, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
