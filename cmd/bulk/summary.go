package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report"
)

// sumUp sums the run up for the person and gives its exit code.
func (j *job) sumUp(sig *listening, ended runner.Report, words string, w *resultFile, digest string) error {
	tally := w.tally
	if tally == nil {
		tally = report.NewTally()
	}
	s := tally.Summary()
	s.Command, s.Run, s.Input, s.Output = j.p.commandLine(), fmt.Sprint(j.run.ID), j.name, j.output
	if j.unwritten {
		s.Output = ""
	}
	s.Started, s.Elapsed, s.Ending = j.started, j.p.now().Sub(j.started), words
	s.Notes, s.Off = j.notes, j.off()
	if note := boundNote(j.s.maxInDoubt, ended.BoundByDoubt, s.Elapsed); note != "" {
		s.Notes = append(s.Notes, note)
	}
	if note := forSpreadsheet(j.name, j.output); note != "" {
		s.Notes = append(s.Notes, note)
	}
	s.Origin, s.InDoubt = j.origin(context.Background()), j.doubts(context.Background())
	if j.kind == ledger.DryRun {
		s.Digest = digest
	}
	for _, u := range jobs.Upstreams {
		if line, ok := j.up.lines[u]; ok {
			stats := line.Stats()
			s.Upstreams = append(s.Upstreams, report.UpstreamTotals{
				Name: u, Requests: stats.Requests, Retries: stats.Retries, Throttled: stats.Throttled, Held: stats.HeldFor,
				Rate: stats.MeanRate,
			})
		}
	}
	counts := report.Counts(ended.Tally)
	if ended.NotRun > 0 {
		counts[jobs.NotRun] = ended.NotRun
	}
	s.ExitCode = exitCode(counts, ended, sig.last())
	s.Next = j.next(counts, s.Codes, digest)
	s.Kind, s.Job, s.Version, s.Timeline = kindLabel(j.kind), j.s.jobName(j.name), versionText(), j.timeline
	s.Files = append(s.Files, j.reports.files()...)
	j.reports.write(context.Background(), j.u, &s, w, j.name)
	_ = j.u.summary(s) // stderr is gone, then: there is nobody to be told so
	j.summedUp = true
	j.notify(sig.after, s)
	return exitWith(s.ExitCode)
}

// next gives the commands for the next step.
func (j *job) next(counts report.Counts, codes []report.CodeCount, digest string) (lines []string) {
	if counts[jobs.Unknown] > 0 && !j.s.sandbox {
		lines = append(lines, "bulk runs --unknown"+j.ledgerFlag(), "bulk resolve ICCID --done|--not-done --reason TEXT"+j.ledgerFlag())
	}
	if counts[jobs.NotRun] > 0 {
		if !j.s.sandbox {
			return append(lines, j.again("--resume"))
		}
		return lines
	}
	if j.kind == ledger.DryRun && counts[jobs.Planned] > 0 && j.placedOutput() != "" {
		apply := "bulk apply " + shell(j.output) + j.carried() + j.carriedAgain()
		if !j.u.interactive() && digest != "" {
			apply += " --approve " + digest
		}
		lines = append(lines, apply)
	}
	if worthRetrying(codes) && j.kind != ledger.DryRun && j.placedOutput() != "" {
		retry := strings.TrimSuffix(j.output, filepath.Ext(j.output)) + likeFile(".retry.csv", j.output)
		lines = append(lines, "bulk run "+shell(j.output)+" --only failed"+j.carried()+" -o "+shell(retry))
	}
	return lines
}

// worthRetrying reports whether a row failed for a reason that may be gone at the next
// try; an upstream's plain no will not.
func worthRetrying(codes []report.CodeCount) bool {
	for _, c := range codes {
		if c.Outcome != jobs.Failed {
			continue
		}
		switch c.Code {
		case jobs.Throttled, jobs.Timeout, jobs.Connection, jobs.BadResponse, jobs.UpstreamError:
			return true
		}
	}
	return false
}

// carried are the flags that a next command needs as this one had them.
func (j *job) carried() string {
	text := j.ledgerFlag() + j.s.markDirGiven
	if j.s.sandbox {
		text += " --sandbox"
		if j.s.fleet != "" {
			text += " --fleet " + shell(j.s.fleet)
		}
	}
	if j.s.catalog != "" {
		text += " --catalog " + shell(j.s.catalog)
	}
	return text
}

// ledgerFlag repeats --ledger where it was given.
func (j *job) ledgerFlag() string { return j.s.ledgerGiven }

// again is this command line with another flag, without those that it replaces.
func (j *job) again(flags string) string {
	return commandAgain(j.p.args, flags)
}

func commandAgain(args []string, flags string) string {
	args = withoutAddresses(args, false)
	words := []string{"bulk"}
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--resume" || args[i] == "--restart" || args[i] == "--new-ledger":
		case args[i] == "--approve" && strings.HasPrefix(flags, "--approve"), args[i] == "--again" && flags == "--resume":
			i++ // its value
		case strings.HasPrefix(args[i], "--again=") && flags == "--resume":
		default:
			words = append(words, shell(args[i]))
		}
	}
	return strings.Join(append(words, flags), " ")
}

// summary prints a summary; in a JSON log it is one line of it.
func (u *ui) summary(s report.Summary) error {
	if !u.json {
		return s.Print(u, u.width(), !u.plain())
	}
	u.log.Info("the run ended", "command", s.Command, "run", s.Run, "input", s.Input, "output", s.Output, "digest", s.Digest,
		"rows", s.Total, "copied", s.Copied, "outcomes", s.Counts(), "ending", s.Ending, "exit_code", s.ExitCode,
		"elapsed_ms", s.Elapsed.Milliseconds(), "next", s.Next, "accounts", s.Origin.Accounts, "user", s.Origin.User, "host", s.Origin.Host,
		"approvals", texts(s.Origin.Approvals), "input_sha256", s.Origin.InputDigest, "in_doubt", s.Doubts())
	return nil
}

func texts(approvals []report.Approval) []string {
	all := []string{}
	for _, a := range approvals {
		all = append(all, a.String())
	}
	return all
}
