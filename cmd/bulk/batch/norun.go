package batch

import (
	"context"
	"errors"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
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
	if stopped := (*console.Stop)(nil); errors.As(err, &stopped) {
		s.ExitCode = stopped.Code
	}
	// A signal ends what waits for the command's context, and soon the process.
	ctx = context.WithoutCancel(ctx)
	if err := files.WriteAttempt(j.textfiles(c.output), s); err != nil {
		j.u.Warn("%v", err)
	}
	j.notify(ctx, s)
}

// textfiles are the Prometheus textfiles among the reports that may be written
// beside the results: a refusal may be just for one that may not.
func (j *Job) textfiles(results string) (all []files.Target) {
	output := settings.OutputFile{Flag: "output", Path: results}
	for _, target := range (Reporting{targets: j.s.Checked.Reports}).Filled(settings.Dated(j.started)).targets {
		if strings.Contains(target.Path, settings.RunMark) {
			continue // that number is not known
		}
		out := settings.OutputFile{Flag: "report", Path: target.Path}
		if target.Format == files.Prometheus && j.p.TakenBy(out, []settings.OutputFile{output}, j.p.Kept) == "" && out.Writable() == nil {
			all = append(all, target)
		}
	}
	return all
}
