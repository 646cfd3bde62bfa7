package batch

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report"
)

// conclude sums the run up for the person and gives its exit code.
func (j *begun) conclude(d *done, results *published) error {
	tally := results.file.Tally
	if tally == nil {
		tally = report.NewTally()
	}
	s := tally.Summary()
	s.Portal = j.s.Checked.Portal.Of
	for i := range s.Named {
		s.Named[i].Portal = j.s.Checked.Portal.Of(s.Named[i].ICCID)
	}
	s.Command, s.Run, s.Input, s.Output = j.commandLine(), j.number(), j.name, j.output
	if j.unwritten {
		s.Output = ""
	}
	s.Started, s.Elapsed, s.Ending = j.started, j.p.Now().Sub(j.started), d.words
	s.Notes, s.Off = j.notes, j.off()
	if !d.since.IsZero() {
		s.Started, s.Elapsed, s.Off = d.since, max(0, d.until.Sub(d.since)), d.handed.Off
	}
	asked := j.askedOf(context.Background(), d)
	if note := j.resumedNote(d.NotRun, asked); note != "" {
		s.Notes = append(s.Notes, note)
	}
	if note := boundNote(j.s.MaxInDoubt, asked.bound, s.Elapsed); note != "" {
		s.Notes = append(s.Notes, note)
	}
	if note := ForSpreadsheet(j.name, j.output, j.s.ForExcel); note != "" {
		s.Notes = append(s.Notes, note)
	}
	s.Origin, s.InDoubt = j.origin(context.Background(), d.handed), j.doubts(context.Background())
	if j.kind == ledger.DryRun {
		s.Digest = results.digest
	}
	s.Upstreams = asked.upstreams
	counts := report.Counts(d.Tally)
	if d.NotRun > 0 {
		counts[jobs.NotRun] = d.NotRun
	}
	s.ExitCode = exitCode(counts, d, j.s.DetailedExit)
	s.Next = j.next(counts, s.Codes, results.digest)
	s.Kind, s.Job, s.Version, s.Timeline = kindLabel(j.kind), j.s.JobName(j.name), console.VersionText(), asked.timeline
	s.Files = append(s.Files, j.reports.Files()...)
	j.reports.Write(context.Background(), j.u, &s, results.file, j.name)
	_ = Summary(j.u, s) // stderr is gone, then: there is nobody to be told so
	j.summedUp = true
	if !j.theirs {
		j.pruneAfter(context.Background())
		j.notify(d.signals.After, s)
	}
	return console.ExitWith(s.ExitCode)
}

// commandLine is what was asked for. A worker was started for no run of its own, and who
// waits for one did not begin it.
func (j *begun) commandLine() string {
	if j.leg == nil && j.waiting == nil {
		return j.p.CommandLine()
	}
	return commandOf(j.run.RunInfo)
}

// resumedNote tells the whole run and its last stretch apart; empty: it is one.
func (j *begun) resumedNote(notRun int, asked asked) string {
	if j.unfinished == nil || j.theirs || j.leg != nil {
		return ""
	}
	stood := j.kept.Rows.Count()
	return fmt.Sprintf("table and requests are of the whole run, begun on %s: %s stood already, %d were done now, with %s; the time is of this stretch alone",
		console.Local(j.unfinished.StartedAt), console.Plural(stood, "row", "rows"), j.survey.Selected-notRun-stood, console.Plural(asked.here, "request", "requests"))
}

// next gives the commands for the next step.
func (j *begun) next(counts report.Counts, codes []report.CodeCount, digest string) (lines []string) {
	if counts[jobs.Unknown] > 0 && !j.s.Sandbox {
		lines = append(lines, "bulk runs --unknown"+j.ledgerFlag(), "bulk resolve ICCID --done|--not-done --reason TEXT"+j.ledgerFlag())
	}
	if w := j.waiting; w != nil && !w.writes && j.output == "" {
		lines = append(lines, fmt.Sprintf("bulk runs %d -o FILE%s", j.run.ID, j.ledgerFlag()))
	}
	if counts[jobs.NotRun] > 0 {
		if w := j.waiting; w != nil && !w.workers {
			return append(lines, ResumeCommand(j.run.RunInfo)+j.ledgerFlag())
		}
		if j.leg != nil || j.theirs {
			return append(lines, fmt.Sprintf("bulk runs continue %d%s", j.run.ID, j.ledgerFlag()))
		}
		if !j.s.Sandbox {
			return append(lines, j.repeated("--resume"))
		}
		return lines
	}
	if j.kind == ledger.DryRun && counts[jobs.Planned] > 0 && j.placedOutput() != "" {
		apply := "bulk apply " + console.Shell(j.output) + j.carried() + j.carriedAgain()
		if !j.u.Interactive() && digest != "" {
			apply += " --approve " + digest
		}
		lines = append(lines, apply)
	}
	if worthRetrying(codes) && j.kind != ledger.DryRun && j.placedOutput() != "" {
		retry := strings.TrimSuffix(j.output, filepath.Ext(j.output)) + settings.LikeFile(".retry.csv", j.output)
		lines = append(lines, "bulk run "+console.Shell(j.output)+" --only failed"+j.carried()+" -o "+console.Shell(retry))
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
func (j *Job) carried() string {
	text := j.ledgerFlag() + j.s.MarkDirGiven
	if j.s.Sandbox {
		text += " --sandbox"
		if j.s.Fleet != "" {
			text += " --fleet " + console.Shell(j.s.Fleet)
		}
	}
	if j.s.Catalog != "" {
		text += " --catalog " + console.Shell(j.s.Catalog)
	}
	return text
}

// Summary prints a summary; in a JSON log it is one line of it.
func Summary(u *console.UI, s report.Summary) error {
	if u.Quiet && s.ExitCode == report.ExitOK {
		return nil
	}
	if !u.Json {
		return s.Print(u, u.Width(), !u.Plain())
	}
	level := slog.LevelInfo
	if s.ExitCode != report.ExitOK {
		level = slog.LevelWarn // it is said where little is
	}
	u.Log.Log(context.Background(), level, "the run ended", "command", s.Command, "run", s.Run, "input", s.Input, "output", s.Output, "digest", s.Digest,
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
