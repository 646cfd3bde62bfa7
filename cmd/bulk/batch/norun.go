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
	err = j.P.Watching.Ended(err, true)
	s := report.Summary{
		Command: j.P.CommandLine(), Kind: kindLabel(j.Kind), Job: j.S.JobName(j.Name), Version: console.VersionText(), Input: j.Name,
		Origin:  report.Origin{Accounts: j.accounts, User: j.P.User(), Host: console.Host()},
		Started: j.Started, Elapsed: j.P.Now().Sub(j.Started), Ending: err.Error(), ExitCode: report.ExitUsage,
	}
	if stopped := (*console.Stop)(nil); errors.As(err, &stopped) {
		s.ExitCode = stopped.Code
	}
	// A signal ends what waits for the command's context, and soon the process.
	ctx = context.WithoutCancel(ctx)
	if err := files.WriteAttempt(j.textfiles(), s); err != nil {
		j.U.Warn("%v", err)
	}
	j.notify(ctx, s)
}

// textfiles are the Prometheus textfiles among the reports that may be written:
// a refusal may be just for one that may not.
func (j *Job) textfiles() (all []files.Target) {
	output := settings.OutputFile{Flag: "output", Path: j.output}
	for _, target := range (Reporting{targets: j.S.Checked.Reports}).Filled(settings.Dated(j.Started)).targets {
		if strings.Contains(target.Path, settings.RunMark) {
			continue // that number is not known
		}
		out := settings.OutputFile{Flag: "report", Path: target.Path}
		if target.Format == files.Prometheus && j.P.TakenBy(out, []settings.OutputFile{output}, j.P.Kept) == "" && out.Writable() == nil {
			all = append(all, target)
		}
	}
	return all
}
