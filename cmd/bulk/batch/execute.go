package batch

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"bulk/cmd/bulk/awake"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report"
	"bulk/internal/upstream/gateway"
)

// fresh is how old a recorded read may be to count when a run is continued.
const fresh = time.Hour

// execute does the rows. Where it returns without an error, its signals are to be
// stopped in the end.
func (j *begun) execute(ctx context.Context) (*done, error) {
	j.announce()
	sig := j.p.Watching.Listen(ctx)
	if sig == nil {
		return nil, context.Canceled // by a signal, which is what the person is told
	}
	endMarks := j.keepMarks(context.WithoutCancel(ctx))
	defer endMarks()
	for earlier := (*runner.Runner)(nil); ; {
		d, r, wanted, err := j.stretch(sig, earlier)
		if err != nil {
			defer sig.Stop()
			return nil, j.brokenRun(sig.After, err)
		}
		if !d.stopped(sig) || wanted.Want == "" {
			return j.ends(d, sig), nil
		}
		d.words = said(wanted)
		goesOn := false
		if wanted.Want == WantPause {
			if goesOn, err = j.rest(sig.Intake, wanted, d); err != nil {
				defer sig.Stop()
				return nil, j.brokenRun(sig.After, err)
			}
		}
		if !goesOn {
			return j.ends(d, sig), nil
		}
		earlier = r
	}
}

// stretch does rows until all are done, or the run is to stop.
func (j *begun) stretch(sig *console.Listening, earlier *runner.Runner) (*done, *runner.Runner, ledger.Control, error) {
	how := j.runnerSettings()
	how.Earlier = earlier
	r := runner.New(how)
	stopProgress, stopMetrics, stopHolds := j.showProgress(r, sig), j.currentMetrics(func() (int, map[jobs.Outcome]int) {
		_, total, tally := r.Progress()
		return total, tally
	}), j.tellHolds()
	endSharing := j.shareRates(sig.Intake)
	letSleep := awake.Keep(fmt.Sprintf("run %d of %s", j.run.ID, j.name))
	intake, orders := j.heed(sig.Intake, r)
	intake, expired := j.untilDeadline(intake)
	report, err := r.Do(intake, sig.Work)
	wanted := orders.stop()
	if j.counting != nil {
		j.counting.note(r, true)
	}
	if report.Ending == runner.Interrupted && sig.Last() == nil && wanted.Want == "" && expired() {
		report.Ending = runner.TimeUp
	}
	letSleep()
	endSharing()
	stopHolds()
	stopProgress()
	stopMetrics()
	return &done{Report: report, signals: sig}, r, wanted, err
}

// untilDeadline ends the intake when no new row is to begin any more. expired
// reports whether that came, and gives back what it took up.
func (j *begun) untilDeadline(intake context.Context) (_ context.Context, expired func() bool) {
	at, flag, set := j.s.Deadline(j.started)
	if !set {
		return intake, func() bool { return false }
	}
	intake, end := context.WithCancel(intake)
	var up atomic.Bool
	var watching sync.WaitGroup
	watching.Go(func() {
		// By the clock on the wall: a timer would come late where the machine slept.
		for now := j.p.Now().Round(0); now.Before(at.Round(0)); now = j.p.Now().Round(0) {
			if !WaitFor(intake, min(at.Round(0).Sub(now), deadlineLook)) {
				return
			}
		}
		up.Store(true)
		j.u.Say("time is up (%s): no new rows; those under way finish", flag)
		end()
	})
	return intake, func() bool {
		end()
		watching.Wait()
		return up.Load()
	}
}

// deadlineLook is how often it is looked at least whether time is up.
const deadlineLook = time.Second

// stopped reports whether rows were left because a person said so.
func (d *done) stopped(sig *console.Listening) bool {
	return d.Ending == runner.Interrupted && sig.Last() == nil
}

// ends is a run whose rows have ended.
func (j *begun) ends(d *done, sig *console.Listening) *done {
	sig.Rest()
	if d.words == "" || sig.Last() != nil {
		d.words = j.endingWords(d)
	}
	return d
}

func (j *begun) runnerSettings() runner.Settings {
	s := runner.Settings{
		Deps: jobs.Deps{
			Ask: j.up.reads, Catalog: j.catalog, Preflight: j.s.Checked.Preflight, Again: j.overrides(), Plan: j.kind == ledger.Apply,
			Accounts: j.up.accounts, Pictures: j.keepsPictures(), Now: j.p.Now,
		},
		DB: j.db, Run: j.run, File: j.file, Survey: j.survey, Lines: map[jobs.Upstream]runner.Line{},
		Workers: j.workers(), Grace: j.s.Checked.Grace, Kept: j.kept, Approved: &j.changes.rows,
		Guards: runner.Guards{MaxFailures: j.s.Checked.Failures, MaxRefusals: j.s.Checked.Refusals, MaxInDoubt: j.s.MaxInDoubt, Canary: j.s.Canary,
			Unattended: j.leg != nil || !j.u.Interactive()},
		Observe: j.observe, Notice: j.notice,
	}
	// The one place where a command's sender is made: a dry run never has one.
	if j.kind != ledger.DryRun && j.survey.Irreversible > 0 {
		s.Deps.Command = gateway.NewCommands(j.up.reads)
	}
	for u, line := range j.up.lines {
		s.Lines[u] = line
	}
	j.up.warnOfSleep(j.u)
	return s
}

// observe logs a row that ended, names the first that matter, and notes which upstream refused the
// credentials. It is called from many goroutines.
func (j *begun) observe(row *jobs.Row, result *jobs.Result) {
	if j.u.Log.Enabled(context.Background(), slog.LevelDebug) {
		j.u.Log.Debug("row", "line", row.Line, "iccid", row.ICCID, "action", row.Action, "outcome", result.Outcome, "error_code", result.Code,
			"request_id", result.RequestID, "attempts", result.Attempts, "http_status", result.HTTPStatus, "ms", result.Duration.Milliseconds())
	}
	if leaving := j.leave; leaving != nil {
		bare, left := leaving.Row(*row, *result)
		j.named.see(j.u.Log, &bare, &left)
	} else {
		j.named.see(j.u.Log, row, result)
	}
	if j.leg != nil {
		j.leg.settled(result)
	}
	if result.Ends == jobs.EndsCredentials {
		// Rows that were not sent any more may end before the one that was refused.
		if known := j.refusedBy.Load(); known == nil || known.status == 0 {
			j.refusedBy.CompareAndSwap(known, &refusal{row.Action.Upstream(), result.UpstreamError, result.HTTPStatus})
		}
	}
}

// unpaced is how many rows are under way at once where no rate says how many
// are needed: more only makes them wait for each other.
const unpaced = 256

// workers is how many rows of each upstream may be under way at once.
func (j *connected) workers() map[jobs.Upstream]int {
	most := map[jobs.Upstream]int{}
	for u, line := range j.up.lines {
		most[u] = min(wanted(j.s.Checked.Workers, line.Rate), j.atOnce)
	}
	return most
}

// wanted is how many rows of an upstream would be under way at once.
func wanted(given int, rate float64) int {
	switch {
	case given > 0:
		return given
	case rate == 0:
		return unpaced
	}
	return runner.MostWorkers
}

// announce says what begins.
func (j *begun) announce() {
	verb := "begins"
	if j.unfinished != nil {
		verb = "goes on"
	}
	j.tellBeginning(verb, j.off(), settings.Handed{})
	if j.survey.Rows == 0 {
		j.u.Warn("%s has a header and no rows: there is nothing to do", j.name)
		return
	}
	doing := map[ledger.Kind]string{ledger.Real: "run", ledger.DryRun: "dry run", ledger.Apply: "application of a plan"}[j.kind]
	switch n := j.number(); {
	case n != "" && j.kind == ledger.Apply:
		doing += " (run " + n + ")"
	case n != "":
		doing += " " + n
	}
	without := ""
	if off := j.off(); off != nil {
		without = "; safeguards that are off: " + strings.Join(off, "; ")
	}
	j.u.Say("%s %s: %s%s", doing, verb, console.Plural(j.survey.Selected, "row", "rows"), without)
	if at, flag, set := j.s.Deadline(j.started); set {
		j.u.Say("no new row begins after %s (%s)", inFull(at), flag)
	}
}

// inFull is a time with its zone, so that nobody takes it for another.
func inFull(at time.Time) string { return at.Format("2006-01-02 15:04:05 -0700 MST") }

// brokenRun ends a run whose input could not be read to its end. What was done
// is in the ledger.
func (j *begun) brokenRun(after context.Context, err error) error {
	j.summedUp = true
	j.notify(after, report.Summary{
		Command: j.p.CommandLine(), Kind: kindLabel(j.kind), Version: console.VersionText(), Run: j.number(), Input: j.name,
		Started: j.started, Elapsed: j.p.Now().Sub(j.started), Ending: err.Error(), ExitCode: report.ExitBroken,
		Origin: j.origin(after, settings.Handed{}),
	})
	return console.Broken(err, "what was done is in the ledger; continue with: "+j.repeated("--resume"))
}

// endingWords says why a run ended early; empty: it did not.
func (j *begun) endingWords(ended *done) string {
	cause := strings.TrimSuffix(ended.Cause, ".")
	switch ended.Ending {
	case runner.Complete:
		return ""
	case runner.TimeUp:
		_, flag, _ := j.s.Deadline(j.started)
		return "time was up (" + flag + ")"
	case runner.Interrupted:
		if ended.signals.Last() == syscall.SIGTERM {
			return bySIGTERM
		}
		return "interrupted"
	case runner.Credentials:
		if r := j.refusedBy.Load(); r != nil {
			return r.inWords(j.p, j.s.Sandbox)
		}
		return "the credentials were refused: " + cause
	case runner.DiskTrouble:
		if strings.Contains(cause, ledger.ErrFenced.Error()) {
			return cause
		}
		return "this machine could not keep a record: " + cause
	}
	return cause
}

// bySIGTERM is how a run ended that was told to.
const bySIGTERM = "interrupted by SIGTERM"

// notRun is the result of a row that was not reached.
func notRun(ended *done) jobs.Result {
	why := jobs.Reason{Code: jobs.Aborted, Detail: ended.words}
	if ended.Ending == runner.Interrupted {
		why = jobs.Reason{Code: jobs.Interrupted, Detail: "The run was interrupted before this row."}
	}
	if ended.Ending == runner.TimeUp {
		why = jobs.Reason{Code: jobs.Interrupted, Detail: "Time was up before this row."}
	}
	return jobs.Result{Outcome: jobs.NotRun, Code: why.Code, Description: why.String()}
}

// exitCode is the run's.
func exitCode(counts report.Counts, ended *done, detailed bool) int {
	// Its results may not find a reader then.
	interrupted := ended.Ending == runner.Interrupted || ended.Ending == runner.DiskTrouble && ended.signals.Last() != nil
	return report.ExitCode(counts, report.Ends{
		Credentials: ended.Ending == runner.Credentials,
		Interrupted: interrupted,
		Terminated:  interrupted && (ended.signals.Last() == syscall.SIGTERM || ended.words == bySIGTERM),
		TimeUp:      ended.Ending == runner.TimeUp,
		Detailed:    detailed,
		Broken:      slices.Contains([]runner.Ending{runner.Guarded, runner.BadCanary, runner.DiskTrouble, runner.Overtaken}, ended.Ending),

		StillUnknown: ended.StillUnknown, CannotTell: ended.CannotTell,
	})
}
