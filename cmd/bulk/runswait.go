package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/ledgers"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report"
	"bulk/internal/report/human"
)

// waiting is somebody who waits for a run to end, wherever it goes on.
type waiting struct {
	looking
	last  time.Time // when something was said
	asked bool      // that it waits for an approval
	alone time.Time // since when no worker is at it
	// lonely: that was said
	lonely bool
	way    dispatching
	again  *reviving // nil: it is not known yet what brings the run to workers
}

func newWait(p *settings.Sources, u *console.UI) *cobra.Command {
	w := &waiting{looking: looking{p: p, u: u}, way: dispatching{p: p, u: u}}
	cmd := &cobra.Command{
		Use:   "wait RUN",
		Short: "Wait until a run has ended, on whatever machine; its result file and exit code",
		Long: `Says how far the run is until it ends, and then ends with its exit code; with
--output it writes its result file. Ctrl-C ends the waiting, not the run.`,
		Example: `  bulk runs wait 12 -o fleet.results.csv`,
		Args:    oneInput("RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return console.Misused("%q is not the number of a run; bulk runs lists them", args[0])
			}
			return w.wait(cmd.Context(), id)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&w.output, "output", "o", "", "write the run's result file when it has ended, to `FILE`; - for standard output")
	f.StringVar(&w.qrDir, "qr-dir", "", settings.QRDirUsage)
	f.StringVar(&w.ledger, "ledger", "", settings.LedgerUsage)
	w.way.at.Register(f)
	return cmd
}

const (
	waitLook = time.Second
	waitSay  = 10 * time.Second
)

func (w *waiting) wait(ctx context.Context, id int64) error {
	path, err := w.p.LedgerPath(w.ledger)
	if err != nil {
		return err
	}
	db, err := ledgers.OpenLedger(ctx, w.p, path, ledger.Options{Look: true})
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		info, found, err := db.Run(ctx, id)
		switch {
		case err != nil && ctx.Err() == nil:
			return console.Broken(err)
		case err == nil && !found:
			return console.Refused(fmt.Sprintf("the ledger has no run %d", id), "bulk runs lists those it has")
		}
		h, theirs, handErr := db.HandoverOf(ctx, id)
		switch {
		case handErr != nil && ctx.Err() == nil:
			return console.Broken(handErr)
		case theirs && !h.Over.IsZero():
			return w.endedByWorkers(ctx, db, info, h)
		case theirs && err == nil:
			if w.sayTheirs(ctx, db, h); w.again == nil {
				if w.again, err = w.way.reviver(h); err != nil {
					return err
				}
			}
			w.again.look(ctx, db, w.u, id)
		case err == nil && info.Finished():
			return w.ended(ctx, db, info)
		case err == nil && !living(ctx, db, id):
			// It may have ended between the two looks.
			if info, _, err = db.Run(ctx, id); err != nil || info.NotRun >= 0 {
				return w.ended(ctx, db, info)
			}
			return console.Refused(fmt.Sprintf("run %d is not done, and its process is gone", id), "continue it:  "+resumeCommand(info))
		}
		w.say(ctx, db, info)
		select {
		case <-ctx.Done():
			return console.Refused(fmt.Sprintf("interrupted; run %d goes on", id), fmt.Sprintf("wait for it again: bulk runs wait %d", id))
		case <-time.After(waitLook):
		}
	}
}

// say says now and then how far the run is.
func (w *waiting) say(ctx context.Context, db *ledger.DB, info ledger.RunInfo) {
	if now := time.Now(); now.Sub(w.last) < waitSay {
		return
	} else {
		w.last = now
	}
	told, err := db.ProgressOf(ctx, []int64{info.ID})
	if err != nil {
		return
	}
	p := told[info.ID]
	line := fmt.Sprintf("run %d of %s on %s: %s of %s rows", info.ID, info.User, info.Host, human.Number(p.Done), human.Number(p.Total))
	switch {
	case p.Paused:
		line += ", paused"
	case p.Rate > 0:
		line += fmt.Sprintf(", %s rows/s, %s left", human.Rate(p.Rate), human.Duration(p.Left))
	}
	w.u.Say("%s", line)
}

// sayTheirs says once what a run that was handed to workers waits for.
func (w *waiting) sayTheirs(ctx context.Context, db *ledger.DB, h ledger.Handover) {
	switch {
	case !h.Ready() && !w.asked:
		w.asked = true
		w.u.Say("run %d waits for an approval: bulk runs approve %d --approve SHA256", h.Run, h.Run)
	case h.Ready() && !w.lonely:
		w.noWorker(ctx, db, h.Run)
	}
}

// noWorker says once that no worker has come to a run for some time.
func (w *waiting) noWorker(ctx context.Context, db *ledger.DB, run int64) {
	wanted, _, err := db.Wanted(ctx, run)
	switch {
	case w.alone.IsZero(), err != nil, wanted.Want == batch.WantPause, living(ctx, db, run):
		w.alone = time.Now()
	case time.Since(w.alone) > waitSay:
		w.lonely = true
		w.u.Warn("no worker has taken run %d for %s; is bulk worker running, with the run's credentials and this ledger?", run, waitSay)
	}
}

// endedByWorkers is ended for a run that workers did: how that ended is theirs to say.
func (w *waiting) endedByWorkers(ctx context.Context, db *ledger.DB, info ledger.RunInfo, h ledger.Handover) error {
	if w.output != "" {
		if err := w.rewrite(ctx, db, info); err != nil {
			return err
		}
	}
	if h.Ending != "" {
		w.u.Warn("run %d ended early: %s", info.ID, h.Ending)
	}
	return w.exit(ctx, db, info, endsBy(runner.Ending(h.Cause)))
}

// ended writes the result file of a run that has ended, and gives its exit code.
func (w *waiting) ended(ctx context.Context, db *ledger.DB, info ledger.RunInfo) error {
	if w.output != "" {
		if err := w.rewrite(ctx, db, info); err != nil {
			return err
		}
	}
	starts, err := db.Starts(ctx, info.ID)
	if err != nil {
		return console.Broken(err)
	}
	cause := runner.Complete
	if len(starts) > 0 {
		cause = runner.Ending(starts[len(starts)-1].Cause)
	}
	return w.exit(ctx, db, info, endsBy(cause))
}

func endsBy(cause runner.Ending) (ends report.Ends) {
	switch cause {
	case runner.Interrupted:
		ends.Interrupted = true
	case runner.TimeUp:
		ends.TimeUp = true
	case runner.Credentials:
		ends.Credentials = true
	case runner.Guarded, runner.BadCanary, runner.DiskTrouble, runner.Overtaken:
		ends.Broken = true
	}
	return ends
}

// exit gives the exit code of a run that has ended.
func (w *waiting) exit(ctx context.Context, db *ledger.DB, info ledger.RunInfo, ends report.Ends) error {
	var err error
	counts := report.Counts{}
	for outcome, n := range info.Tally {
		counts[outcome] = n
	}
	if info.NotRun > 0 {
		counts[jobs.NotRun] = info.NotRun
	}
	if counts[jobs.Unknown] > 0 {
		if ends.StillUnknown, err = stillUnknown(ctx, w.p, db, info); err != nil {
			return err
		}
	}
	code := report.ExitCode(counts, ends)
	w.u.Say("run %d has ended: %s; exit code %d: %s", info.ID, rowsOf(info), code, report.ExitMeaning(code))
	return console.ExitWith(code)
}

func rowsOf(info ledger.RunInfo) string {
	words := counts(info.Tally)
	if info.NotRun > 0 {
		words += fmt.Sprintf(", %d not run", info.NotRun)
	}
	return words
}

// stillUnknown counts the rows that were in doubt before the run began.
func stillUnknown(ctx context.Context, p *settings.Sources, db *ledger.DB, info ledger.RunInfo) (n int, err error) {
	w, done, err := batch.KeptRun(ctx, p, db, info)
	if err != nil {
		return 0, nil // the rows are gone; then each counts
	}
	defer done()
	err = w.Each(ctx, func(_ jobs.Row, result jobs.Result) error {
		if result.Outcome == jobs.Unknown && result.Code == jobs.StillUnknown {
			n++
		}
		return nil
	})
	return n, err
}
