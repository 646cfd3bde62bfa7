package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/engine"
	"bulk/cmd/bulk/engine/temporal"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/meant"
)

// working is a worker: it does the rows of runs that were handed over.
type working struct {
	p       *settings.Sources
	u       *console.UI
	s       settings.Options
	only    []string // upstreams
	metrics string   // address
	at      settings.TemporalAt
	by      *settings.Temporal // nil: runs come by the ledger's list alone
}

func newWorker(p *settings.Sources, u *console.UI) *cobra.Command {
	w := &working{p: p, u: u}
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Do the rows of runs that were handed over, until signalled",
		Long: `Takes runs that bulk run or bulk apply handed over with --engine postgres, and with
--temporal also those of --engine temporal, and does their rows, for the accounts
whose credentials it has: one run an account at a time, many accounts side by side.
Any number of workers may run, on any machines; where one dies another goes on by the
ledger. SIGTERM or Ctrl-C lets requests under way finish, and hands the runs on. The
worker that ends a run tells --notify and --on-finish. It sends nothing that is not
approved in the ledger.

` + describeCredentials + "\n\n" + settings.DescribeEnv(),
		Example: `  bulk worker --ledger postgres://db.example/bulk
  bulk worker --ledger postgres://db.example/bulk --temporal temporal.example:7233
  bulk worker --accounts m2m --metrics 127.0.0.1:9464`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w.s.NoteLedger(cmd)
			return w.do(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringSliceVar(&w.only, "accounts", nil, "only the accounts of these `UPSTREAMS`, m2m or betatel (those that it has credentials for)")
	f.StringVar(&w.metrics, "metrics", "", "serve Prometheus metrics at /metrics and health at /healthz on this `ADDRESS`, such as 127.0.0.1:9464")
	f.StringVar(&w.s.Ledger, "ledger", "", settings.LedgerUsage)
	w.at.Register(f)
	settings.MarksFlag(f, &w.s.MarkDir)
	f.DurationVar(&w.s.MaxOutage, "max-outage", 15*time.Minute, "how much `TIME` a ledger that cannot be reached is waited for")
	w.s.RegisterNotices(f)
	return cmd
}

func (w *working) do(ctx context.Context) error {
	if err := w.s.CheckNotices(); err != nil {
		return err
	}
	for _, name := range w.only {
		if !slices.Contains(jobs.Upstreams, jobs.Upstream(name)) {
			return console.Misused("--accounts is %s, not %q%s", settings.Join(jobs.Upstreams), name, meant.Ask(name, jobs.Upstreams))
		}
	}
	path, err := w.p.LedgerPath(w.s.Ledger)
	if err != nil {
		return err
	}
	if !ledger.InDatabase(path) {
		return console.Misused("workers need a ledger that they share: --ledger postgres://HOST/DATABASE")
	}
	if err := w.reachesTemporal(); err != nil {
		return err
	}
	db, err := ledgers.OpenLedger(ctx, w.p, path, ledger.Options{MaxOutage: w.s.MaxOutage})
	if err != nil {
		return err
	}
	defer db.Close()
	accounts, err := w.accounts(db)
	if err != nil {
		return err
	}
	console.OutliveReaders()
	signals := w.p.Watching.Listen(ctx)
	if signals == nil {
		return context.Canceled
	}
	defer signals.Stop()
	seen := newWorkerMetrics()
	serving, err := seen.serve(w.metrics, db)
	if err != nil {
		return console.Refused(err.Error(), "look at --metrics")
	}
	defer serving.Close()
	if serving.at != "" {
		w.u.Say("metrics at http://%s/metrics", serving.at)
	}
	legs := &batch.Worker{P: w.p, U: w.u, S: &w.s, Ledger: path, Signals: signals, Settled: seen.row}
	w.u.Say("this worker does runs on %s", strings.Join(accounts, ", "))
	err = w.serve(signals.Intake, db, accounts, seen.counted(legs.Leg))
	w.u.Say("this worker has ended; what it left is handed on")
	return err
}

// reachesTemporal reads what a Temporal server is reached with, where there is one.
func (w *working) reachesTemporal() (err error) {
	if w.at.Address != "" {
		w.by, err = w.p.Temporal(w.at)
	}
	return err
}

// serve has runs brought here by all ways that there are, until ctx ends.
func (w *working) serve(ctx context.Context, db *ledger.DB, accounts []string, leg engine.Legs) error {
	ways := []engine.Engine{&engine.Ledger{DB: db, Warn: w.u.Warn}}
	if w.by != nil {
		ways = append(ways, &temporal.Engine{At: w.by, DB: db, Identity: identity(w.p), Log: w.u.Log, Say: w.u.Say, Warn: w.u.Warn})
	}
	var all errgroup.Group
	for _, way := range ways {
		all.Go(func() error { return way.Serve(ctx, accounts, leg) })
	}
	return all.Wait()
}

// accounts are those that the worker has credentials for.
func (w *working) accounts(db *ledger.DB) ([]string, error) {
	of := map[jobs.Upstream]string{}
	var lacks []error
	for _, u := range jobs.Upstreams {
		if w.only != nil && !slices.Contains(w.only, string(u)) {
			continue
		}
		c, err := w.p.ReadCredentials([]jobs.Upstream{u})
		if err != nil {
			lacks = append(lacks, err)
			continue
		}
		of[u] = db.OneName(c.Account(u))
	}
	if len(of) == 0 || w.only != nil && lacks != nil {
		return nil, errors.Join(lacks...)
	}
	return slices.Sorted(maps.Values(of)), nil
}
