package main

import (
	"context"
	"errors"
	"strings"

	"bulk/internal/report"
	"bulk/internal/report/files"
)

// didNotRun tells those who are to hear of every end that a command ended with
// err before its run began: refused, used wrongly, busy, or by a signal.
func (j *job) didNotRun(ctx context.Context, err error) {
	if err == nil || j.summedUp {
		return
	}
	err = j.p.watching.ended(err, true)
	s := report.Summary{
		Command: j.p.commandLine(), Kind: kindLabel(j.kind), Job: j.s.jobName(j.name), Version: versionText(), Input: j.name,
		Origin:  report.Origin{Accounts: j.accounts, User: j.p.user(), Host: host()},
		Started: j.started, Elapsed: j.p.now().Sub(j.started), Ending: err.Error(), ExitCode: report.ExitUsage,
	}
	if stopped := (*stop)(nil); errors.As(err, &stopped) {
		s.ExitCode = stopped.code
	}
	// A signal ends what waits for the command's context, and soon the process.
	ctx = context.WithoutCancel(ctx)
	if err := files.WriteAttempt(j.textfiles(), s); err != nil {
		j.u.warn("%v", err)
	}
	j.notify(ctx, s)
}

// textfiles are the Prometheus textfiles among the reports that may be written:
// a refusal may be just for one that may not.
func (j *job) textfiles() (all []files.Target) {
	output := outputFile{flag: "output", path: j.output}
	for _, target := range (reporting{targets: j.s.checked.reports}).filled(dated(j.started)).targets {
		if strings.Contains(target.Path, runMark) {
			continue // that number is not known
		}
		out := outputFile{flag: "report", path: target.Path}
		if target.Format == files.Prometheus && j.p.takenBy(out, []outputFile{output}, j.p.kept) == "" && out.writable() == nil {
			all = append(all, target)
		}
	}
	return all
}
