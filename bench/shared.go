package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

// calm is the load that the machine had before anything was measured, below which a
// server's figures are held against their bounds: above it they tell of the load.
const calm = 2.0

// sharedLedger holds a ledger in a database against one in a file, in turns: intents
// a second, by how many are under way at once, and whole rows; and has several
// processes share an account's rate.
func sharedLedger(b *bench) error {
	server, err := pgtest.Start()
	if errors.Is(err, pgtest.ErrNone) {
		b.table.add(line{what: "a ledger in a database", measured: pgtest.None})
		return nil
	}
	if err != nil {
		return err
	}
	defer server.Stop()
	rounds, span := 3, 2*time.Second
	if b.quick {
		span = 500 * time.Millisecond
	}
	for _, c := range []struct {
		atOnce int
		bound  float64
	}{{1, 0.40}, {8, 0.45}, {32, 0.65}, {256, 0.50}} {
		var ratios, shared, own []float64
		for range rounds {
			file, err := b.intentsIn(filepath.Join(b.folder, "intents"), c.atOnce, span)
			if err != nil {
				return err
			}
			where, drop, err := server.New()
			if err != nil {
				return err
			}
			database, err := b.intents(where, c.atOnce, span)
			drop()
			if err != nil {
				return err
			}
			own, shared, ratios = append(own, file), append(shared, database), append(ratios, database/file)
		}
		b.whenCalm(b.table.atLeast, fmt.Sprintf("intents a second in PostgreSQL / in a file, %d at once", c.atOnce), median(ratios), c.bound,
			fmt.Sprintf(" (%.0f of %.0f; the lowest %.2f, the highest %.2f)", median(shared), median(own), slices.Min(ratios), slices.Max(ratios)))
	}
	if err := b.sharedRows(server, rounds); err != nil {
		return err
	}
	return b.oneRate(server)
}

// sharedRows holds whole runs of irreversible rows without a limit against each other.
func (b *bench) sharedRows(server *pgtest.Server, rounds int) error {
	rows := 30_000
	if b.quick {
		rows = 5_000
	}
	up, err := startUpstreams(rows, "0s")
	if err != nil {
		return err
	}
	defer up.stop()
	catalog, err := b.catalogFile()
	if err != nil {
		return err
	}
	input, err := b.inputFile("shared.csv", block{jobs.SetAAGroup, 0, rows})
	if err != nil {
		return err
	}
	flags := unattended(catalog, rows)
	var ratios, shared, own []float64
	for range rounds {
		file, err := b.bulkRate(up, input, rows, flags...)
		if err != nil {
			return err
		}
		where, drop, err := server.New()
		if err != nil {
			return err
		}
		if err := makeLedger(where); err != nil {
			return err
		}
		database, err := b.bulkRateBy(up, where, input, rows, flags...)
		drop()
		if err != nil {
			return err
		}
		own, shared, ratios = append(own, file), append(shared, database), append(ratios, database/file)
	}
	b.whenCalm(b.table.atLeast, "irreversible rows without a limit, ledger in PostgreSQL / in a file", median(ratios), 0.5,
		fmt.Sprintf(" (%.0f of %.0f a second; the lowest %.2f, the highest %.2f)", median(shared), median(own), slices.Min(ratios), slices.Max(ratios)))
	return nil
}

func makeLedger(where string) error {
	db, err := ledger.Open(context.Background(), where, ledger.Options{Create: true, Now: time.Now})
	if err != nil {
		return err
	}
	return db.Close()
}

// intentsIn measures a ledger in a new folder.
func (b *bench) intentsIn(folder string, atOnce int, span time.Duration) (float64, error) {
	defer os.RemoveAll(folder)
	return b.intents(filepath.Join(folder, "ledger.db"), atOnce, span)
}

// intents is how many intents a second a new ledger takes, each durable before the
// next of its worker.
func (b *bench) intents(where string, atOnce int, span time.Duration) (perSecond float64, err error) {
	const account = "m2m:bench@localhost"
	ctx := context.Background()
	db, err := ledger.Open(ctx, where, ledger.Options{Create: true, Now: time.Now})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if _, err := db.Hold(ctx, []string{account}, time.Second); err != nil {
		return 0, err
	}
	run, err := db.Start(ctx, ledger.RunInfo{Kind: ledger.Real, Accounts: []string{account}, Settings: "{}"})
	if err != nil {
		return 0, err
	}
	var next, done atomic.Int64
	var failed atomic.Pointer[error]
	var workers sync.WaitGroup
	began := time.Now()
	for range atOnce {
		workers.Go(func() {
			for time.Since(began) < span && failed.Load() == nil {
				n := int(next.Add(1))
				row := jobs.Row{Seq: n, Line: n + 1, ICCID: jobs.ICCID(fmt.Sprintf("894450%013d", n)), Action: jobs.SetAAGroup, Group: "L100"}
				if err := run.Intend(account, &row, jobs.Standing{}).Begin(ctx); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	workers.Wait()
	took := time.Since(began)
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / took.Seconds(), nil
}

// whenCalm holds a number against a bound, by judge, where the machine has little else
// to do; else it only tells it.
func (b *bench) whenCalm(judge func(what string, got, bound float64, detail string), what string, got, bound float64, detail string) {
	if load := b.loadBefore; load >= calm {
		b.table.add(line{what: what, measured: shown(got) + detail + fmt.Sprintf(" (not judged: the machine's load is %.1f)", load)})
		return
	}
	judge(what, got, bound, detail)
}

// machineLoad is the load of the last minute; 0 where the system does not tell.
func machineLoad() (load float64) {
	text, err := os.ReadFile("/proc/loadavg")
	if err == nil {
		_, _ = fmt.Sscan(string(text), &load)
	}
	return load
}
