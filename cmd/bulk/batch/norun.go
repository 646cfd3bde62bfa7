package batch

import (
	"context"
	"errors"

	"bulk/cmd/bulk/console"
	"bulk/internal/report"
	"bulk/internal/report/files"
)

// DidNotRun tells those who are to hear of every end that a command ended with
// err before its run began: refused, used wrongly, busy, or by a signal.
func (j *Job) DidNotRun(ctx context.Context, err error) {
	if err == nil || j.summedUp {
		return
	}
	err = j.p.Watching.Ended(err, true)
	c := j.known
	if c == nil {
		c = &connected{loaded: &loaded{Job: j}}
	}
	s := report.Summary{
		Command: j.p.CommandLine(), Kind: kindLabel(j.kind), Job: j.s.JobName(j.name), Version: console.VersionText(), Input: j.name,
		Origin:  report.Origin{Accounts: c.accounts, User: j.p.User(), Host: console.Host()},
		Started: j.started, Elapsed: j.p.Now().Sub(j.started), Ending: err.Error(), ExitCode: report.ExitUsage,
	}
	var stopped *console.Stop
	if errors.As(err, &stopped) {
		s.ExitCode = stopped.Code
		s.Refusals = stopped.Refusals()
	} else {
		s.Refusals = []report.Refusal{{Text: err.Error()}}
	}
	// A signal ends what waits for the command's context, and soon the process.
	ctx = context.WithoutCancel(ctx)
	if err := files.WriteAttempt(j.textfiles(c.output), s); err != nil {
		j.u.Warn("%v", err)
	}
	if j.isHeard() {
		s.InDoubt = j.doubtsAnyway(ctx, c.accounts)
	}
	j.notify(ctx, s)
}
