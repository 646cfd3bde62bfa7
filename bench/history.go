package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

// past is how much a ledger with a history holds: acts, and reads of so many SIMs in
// so many runs.
type past struct{ runs, sims, acts, results int }

// ledgers are one with a history and one without, of one kind.
type ledgers struct {
	kind         string
	asOld, asNew string
	elsewhere    bool // a server does part of the work: time counts, not bulk's processor time
}

func (l ledgers) cost(u usage) time.Duration {
	if l.elsewhere {
		return u.Wall
	}
	return u.Processor
}

func (l ledgers) measure() string {
	if l.elsewhere {
		return "time"
	}
	return "processor time"
}

// history holds commands by a ledger with a history against the same by one that
// is empty, in turns.
func history(b *bench) error {
	p, reads := past{100, 100_000, 1_000_000, 10_000_000}, 100_000
	if b.quick {
		p, reads = past{100, 10_000, 100_000, 1_000_000}, 20_000
	}
	up, err := startUpstreams(reads, "0s")
	if err != nil {
		return err
	}
	defer up.stop()
	old, err := b.oldFile(p)
	if err != nil {
		return err
	}
	file := ledgers{kind: "a file", asOld: old, asNew: filepath.Join(b.folder, "history-new.db")}
	if err := beginLedger(file.asNew); err != nil {
		return err
	}
	if err := b.openings(up, file, p); err != nil {
		return err
	}
	if err := b.sameCost(up, file, reads); err != nil {
		return err
	}
	if err := b.sizeOfReads(up, reads); err != nil {
		return err
	}
	// The empty one has some history by now.
	if err := errors.Join(os.Remove(file.asOld), os.Remove(file.asNew), os.RemoveAll(file.asNew+".d"), beginLedger(file.asNew)); err != nil {
		return err
	}
	if file.asOld, err = b.oldFile(manyRuns); err != nil {
		return err
	}
	if err := b.openings(up, file, manyRuns); err != nil {
		return err
	}
	if err := b.many(up, file); err != nil {
		return err
	}
	for _, path := range []string{file.asOld, file.asNew} {
		_ = os.Remove(path)
	}
	server, err := pgtest.Start()
	if errors.Is(err, pgtest.ErrNone) {
		b.table.add(line{what: "a history in a database", measured: pgtest.None})
		return nil
	}
	if err != nil {
		return err
	}
	defer server.Stop()
	database, many := ledgers{kind: "PostgreSQL", elsewhere: true}, ledgers{kind: "PostgreSQL", elsewhere: true}
	for _, where := range []*string{&database.asOld, &database.asNew, &many.asOld, &many.asNew} {
		at, drop, err := server.New()
		if err != nil {
			return err
		}
		defer drop()
		if err := beginLedger(at); err != nil {
			return err
		}
		*where = at
	}
	if err := fillDatabase(database.asOld, p); err != nil {
		return fmt.Errorf("making a history in PostgreSQL: %w", err)
	}
	if err := b.sameCost(up, database, reads); err != nil {
		return err
	}
	if err := fillDatabase(many.asOld, manyRuns); err != nil {
		return fmt.Errorf("making many runs in PostgreSQL: %w", err)
	}
	return b.many(up, many)
}

// manyRuns is the past of a ledger by which a script does a few SIMs at a time.
var manyRuns = past{20_000, 100_000, 20_000, 200_000}

// openings are of a file that is not as it was left: that one is, since it was
// copied.
func (b *bench) openings(up *upstreams, l ledgers, p past) error {
	one, err := b.inputFile("history-one.csv", block{jobs.QueryStatus, 0, 1})
	if err != nil {
		return err
	}
	u, err := b.bulkWith(up.variables(), b.historyRun(l.asOld, one)...)
	if err != nil {
		return err
	}
	b.table.add(line{
		what:     fmt.Sprintf("a file with %s acts and %s results in %d runs, opened after a crash or as a copy: seconds of processor time", thousands(p.acts), thousands(p.results), p.runs),
		measured: fmt.Sprintf("%.1f (%.1f s in all; held against nothing)", u.Processor.Seconds(), u.Wall.Seconds()),
	})
	return nil
}

func (b *bench) historyRun(ledger, input string, flags ...string) []string {
	return append([]string{"run", input, "--rate", "m2m=0", "--progress", "none", "--ledger", ledger, "--output", filepath.Join(b.folder, "history.results.csv")}, flags...)
}

// sameCost holds each command against itself.
func (b *bench) sameCost(up *upstreams, l ledgers, reads int) error {
	if err := b.sameCommands(up, l, "history in "); err != nil {
		return err
	}
	if err := b.resumes(up, l); err != nil {
		return err
	}
	return b.manyReads(up, l, reads)
}

// sameCommands does so with the short ones. past is what there is in the ledger.
func (b *bench) sameCommands(up *upstreams, l ledgers, past string) error {
	one, err := b.inputFile("history-one.csv", block{jobs.QueryStatus, 0, 1})
	if err != nil {
		return err
	}
	again := func(ledger string) []string { return b.historyRun(ledger, one, "--restart") }
	for _, c := range []struct {
		what string
		args func(ledger string) []string
		more bool // its bound is so much more, not so many times as much
	}{
		{"`bulk run` of one row", again, false},
		{"`bulk runs --table`", func(ledger string) []string { return []string{"runs", "--table", "--ledger", ledger} }, false},
		{"`bulk runs --iccid`", func(ledger string) []string { return []string{"runs", "--iccid", pastSIM, "--ledger", ledger} }, true},
		{"`bulk runs --unknown`", func(ledger string) []string { return []string{"runs", "--unknown", "--ledger", ledger} }, true},
	} {
		var took [2][]time.Duration
		for range 11 {
			for i, ledger := range []string{l.asOld, l.asNew} {
				u, err := b.bulkWith(up.variables(), c.args(ledger)...)
				if err != nil {
					return err
				}
				took[i] = append(took[i], l.cost(u))
			}
		}
		b.judgeHistory(l, past+l.kind+", "+c.what, c.more, slices.Min(took[0]), slices.Min(took[1]))
	}
	return nil
}

// allRuns is how long the list of all runs takes, which is as long as it has runs.
func (b *bench) allRuns(up *upstreams, l ledgers, p past) error {
	var took []time.Duration
	for range 5 {
		u, err := b.bulkWith(up.variables(), "runs", "--ledger", l.asOld)
		if err != nil {
			return err
		}
		took = append(took, l.cost(u))
	}
	b.table.add(line{
		what:     fmt.Sprintf("%s runs in %s, `bulk runs` as CSV: ms of %s", thousands(p.runs), l.kind, l.measure()),
		measured: fmt.Sprintf("%.0f (all of them; held against nothing)", slices.Min(took).Seconds()*1000),
	})
	return nil
}

// many holds commands by a ledger of many runs against the same by an empty one.
func (b *bench) many(up *upstreams, l ledgers) error {
	if err := b.sameCommands(up, l, fmt.Sprintf("%s runs in ", thousands(manyRuns.runs))); err != nil {
		return err
	}
	return b.allRuns(up, l, manyRuns)
}

func (b *bench) judgeHistory(l ledgers, what string, more bool, old, empty time.Duration) {
	detail := fmt.Sprintf(" (%.0f and %.0f ms)", old.Seconds()*1000, empty.Seconds()*1000)
	if more {
		b.table.atMost(fmt.Sprintf("%s: %s, ms more than with an empty one", what, l.measure()), (old-empty).Seconds()*1000, 100, detail)
		return
	}
	b.table.atMost(fmt.Sprintf("%s: %s / with an empty one", what, l.measure()), old.Seconds()/empty.Seconds(), 1.5, detail)
}

// resumes goes on with runs that ended early; what one takes is what it takes until
// its first request, and for a few rows.
func (b *bench) resumes(up *upstreams, l ledgers) error {
	var took [2][]time.Duration
	for n := range 5 {
		input, err := b.inputFile("history-resume.csv", block{jobs.QueryStatus, 10 * n, 20 + n}) // each an input of its own
		if err != nil {
			return err
		}
		for i, ledger := range []string{l.asOld, l.asNew} {
			args := b.historyRun(ledger, input)
			args[3] = "m2m=20"
			const late = 8 // the exit code of a run that ran out of time
			if _, err := b.bulkEnds(late, up.variables(), append(args, "--max-duration", "300ms")...); err != nil {
				return err
			}
			u, err := b.bulkWith(up.variables(), b.historyRun(ledger, input, "--resume")...)
			if err != nil {
				return err
			}
			took[i] = append(took[i], l.cost(u))
		}
	}
	b.judgeHistory(l, "history in "+l.kind+", `bulk run --resume` of 20 rows", true, slices.Min(took[0]), slices.Min(took[1]))
	return nil
}

func (b *bench) manyReads(up *upstreams, l ledgers, reads int) error {
	input, err := b.inputFile("history-reads.csv", block{jobs.QueryStatus, 0, reads})
	if err != nil {
		return err
	}
	var ratios, old []float64
	for range 3 {
		var took [2]float64
		for i, ledger := range []string{l.asOld, l.asNew} {
			u, err := b.bulkWith(up.variables(), b.historyRun(ledger, input, "--restart")...)
			if err != nil {
				return err
			}
			took[i] = u.Wall.Seconds()
		}
		ratios, old = append(ratios, took[0]/took[1]), append(old, took[0])
	}
	b.table.atMost(fmt.Sprintf("history in %s, a run of %s reads: time / with an empty one", l.kind, thousands(reads)), median(ratios), 1.1,
		fmt.Sprintf(" (%.1f s; the lowest %.2f, the highest %.2f)", median(old), slices.Min(ratios), slices.Max(ratios)))
	return nil
}

// sizeOfReads is how much a file grows with each read.
func (b *bench) sizeOfReads(up *upstreams, reads int) error {
	path := filepath.Join(b.folder, "history-size.db")
	if err := beginLedger(path); err != nil {
		return err
	}
	before, err := os.Stat(path)
	if err != nil {
		return err
	}
	input, err := b.inputFile("history-size.csv", block{jobs.QueryStatus, 0, reads})
	if err != nil {
		return err
	}
	if _, err := b.bulkWith(up.variables(), b.historyRun(path, input)...); err != nil {
		return err
	}
	after, err := os.Stat(path)
	if err != nil {
		return err
	}
	b.table.atMost("history in a file: bytes a read result", float64(after.Size()-before.Size())/float64(reads), 150, "")
	return os.Remove(path)
}

// oldFile is a copy of a file with a history. That is made once, and kept for the
// next time.
func (b *bench) oldFile(p past) (string, error) {
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	made := filepath.Join(caches, "bulk-bench", fmt.Sprintf("history-%d-%d-%d.db", p.runs, p.acts, p.results))
	if _, err := os.Stat(made); errors.Is(err, os.ErrNotExist) {
		began := time.Now()
		if err := makeFile(made, p); err != nil {
			return "", fmt.Errorf("making %s: %w", made, err)
		}
		fmt.Fprintf(os.Stderr, "        made %s in %s; it is kept\n", made, time.Since(began).Round(time.Second))
	} else if err := beginLedger(made); err != nil { // migrates one of an older schema
		return "", err
	}
	path := filepath.Join(b.folder, "history-old.db")
	return path, copyFile(made, path)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// makeFile makes a file with a history, by SQL alone: by way of the ledger it would
// take minutes.
func makeFile(path string, p past) error {
	making := path + ".making"
	if err := errors.Join(os.RemoveAll(making), beginLedger(making)); err != nil {
		return err
	}
	defer os.RemoveAll(making + ".d")
	db, err := sql.Open("sqlite", "file:"+making)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	numbers := func(n int) string {
		return fmt.Sprintf("(WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)", n-1)
	}
	_, err = db.Exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN;" +
		`INSERT INTO runs (kind, input, digest, sheet, columns, action, "group", accounts, settings, user, host, version, started_at, ended_at, not_run, tally, output, published_at)
			SELECT 'run', 'fleet.csv', printf('%064x', i), '', '', '', '', '` + pastAccount + `', '{}', 'ann', 'box', '1', '` + pastTime + `', '` + pastTime + `', 0, '{}', 'fleet.results.csv', '` + pastTime + `'
			FROM ` + numbers(p.runs) + `;` +
		`INSERT INTO asks VALUES (1, '` + pastAccount + `', 'query_status', '');` +
		fmt.Sprintf(`INSERT INTO results SELECT ((1 + i / %[1]d) << 32) + i %% %[1]d, i %% %[1]d + 2, printf('89446%%014d', i %% %[2]d * 10), 1, 'ok', '', '', '',
			printf('%%015d', i), 1, 200, 1767225600000, 3, '{"sim_status":"active"}' FROM `, p.results/p.runs, p.sims) + numbers(p.results) + `;` +
		fmt.Sprintf(`INSERT INTO acts (run, start, result, line, account, iccid, sim, action, "group", epoch, state, intent_at, settled_at, request_id)
			SELECT 1 + i / %d, 1, -1, 1, '%s', iccid, iccid, 'set_aa_group', 'L100', 1, CASE WHEN i %% 100000 = 5 THEN 'unknown' ELSE 'done' END, '%s', '%s', '123456789012345'
			FROM (SELECT i, printf('89447%%014d', i * 10) AS iccid FROM %s)`, p.acts/p.runs, pastAccount, pastTime, pastTime, numbers(p.acts)) + "; COMMIT")
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	return os.Rename(making, path)
}

// beginLedger makes a ledger that stays, though nothing was done by it yet.
func beginLedger(where string) error {
	ctx := context.Background()
	db, err := ledger.Open(ctx, where, ledger.Options{Create: true, Now: time.Now})
	if err != nil {
		return err
	}
	return errors.Join(db.Init(ctx, "bench", "a ledger to measure"), db.Close())
}

const (
	pastAccount = "m2m:sandbox@bench"
	pastSIM     = "8944600000000000050"
	pastTime    = "2026-01-01T00:00:00.000Z"
)

// fillDatabase gives a ledger in a database the same history.
func fillDatabase(where string, p past) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, where)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, statement := range strings.Split(fmt.Sprintf(`
		SET synchronous_commit = off;
		INSERT INTO bulk.runs (kind, input, digest, sheet, columns, action, "group", accounts, settings, user_name, host, version, started_at, ended_at, not_run, tally, output, published_at)
			SELECT 'run', 'fleet.csv', lpad(i::text, 64, '0'), '', '', '', '', '%[4]s', '{}', 'ann', 'box', '1', '%[5]s', '%[5]s', 0, '{}', 'fleet.results.csv', '%[5]s' FROM generate_series(1, %[3]d) i;
		INSERT INTO bulk.results SELECT 1 + i / %[2]d, i %% %[2]d, i %% %[2]d + 2, '89446' || lpad((i %% %[6]d * 10)::text, 14, '0'), 'query_status', '', 'ok', '', '', '', '%[4]s',
			lpad(i::text, 15, '0'), 1, 200, '%[5]s', 3, '{"sim_status":"active"}' FROM generate_series(0, %[2]d * %[3]d - 1) i;
		INSERT INTO bulk.acts (run, start, seq, line, account, iccid, sim, action, "group", epoch, state, intent_at, settled_at, request_id)
			SELECT 1 + i / %[1]d, 1, -1, 1, '%[4]s', sim, sim, 'set_aa_group', 'L100', 1, CASE WHEN i %% 100000 = 5 THEN 'unknown' ELSE 'done' END, '%[5]s', '%[5]s', '123456789012345'
			FROM generate_series(0, %[1]d * %[3]d - 1) i, LATERAL (SELECT '89447' || lpad((i * 10)::text, 14, '0') AS sim) s;
		VACUUM ANALYZE`, p.acts/p.runs, p.results/p.runs, p.runs, pastAccount, pastTime, p.sims), ";\n") {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
