package batch

import (
	"context"
	"fmt"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
)

// waiting is somebody who waits for a run that another command began.
type waiting struct {
	workers bool // they have the run, or had it last; else a process of its own
	writes  bool // a result file is asked for
}

// itsProcess reports whether it is waited for a run that a process of its own does.
func (j *Job) itsProcess() bool { return j.waiting != nil && !j.waiting.workers }

// processOver reports whether the run's process has ended it.
func (j *begun) processOver(ctx context.Context) (bool, error) {
	info, _, err := j.db.Run(ctx, j.run.ID)
	if err != nil || info.Finished() {
		return err == nil, err
	}
	if AtWork(ctx, j.db, j.run.ID) {
		return false, nil
	}
	// It may have ended between the two looks.
	if info, _, err = j.db.Run(ctx, j.run.ID); err != nil || info.NotRun >= 0 {
		return err == nil, err
	}
	return false, console.Refused(fmt.Sprintf("run %d is not done, and its process is gone", j.run.ID), "continue it, with the flags that it was begun with:  "+ResumeCommand(info)+j.ledgerFlag())
}

// howItEnded says how a run ended that a process of its own did. What it took are the
// stretches of the last process, with the pauses between them.
func (j *begun) howItEnded(ctx context.Context, info ledger.RunInfo) (*done, error) {
	starts, err := j.db.Starts(ctx, info.ID)
	if err != nil {
		return nil, err
	}
	d := &done{Report: runner.Report{Ending: runner.Complete, NotRun: info.NotRun, Tally: info.Tally}, words: info.Ending, signals: &console.Listening{},
		since: info.StartedAt, until: info.EndedAt}
	if n := len(starts); n > 0 {
		d.Ending = runner.Ending(starts[n-1].Cause)
		for n--; n > 0 && starts[n-1].Cause == endPaused; n-- {
		}
		d.since = starts[n].At
	}
	return d, nil
}

// commandOf is the command that a run was begun with, as far as it is known.
func commandOf(r ledger.RunInfo) string {
	words := []string{"bulk", "run", console.Shell(r.Input)}
	switch r.Kind {
	case ledger.Apply:
		words[1] = "apply"
	case ledger.DryRun:
		words = append(words, "--dry-run")
	}
	return strings.Join(words, " ")
}

// ResumeCommand is how a run whose process is gone is continued.
func ResumeCommand(r ledger.RunInfo) string { return commandOf(r) + " --resume" }
