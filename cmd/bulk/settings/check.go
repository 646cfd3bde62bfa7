package settings

import (
	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
)

// FinishFlags checks what can be checked of the flags alone.
func (s *Options) FinishFlags(cmd *cobra.Command) error {
	if err := s.Notices.check(); err != nil { // first, for those who are to hear of all else
		return err
	}
	var err error
	if s.Checked.Reports, err = s.ReportTargets(); err != nil {
		return err
	}
	if s.Sandbox && onCommandLine(cmd, "ledger") {
		return console.Misused("--ledger does not go with --sandbox, which has a ledger of its own")
	}
	if s.Fleet != "" && !s.Sandbox {
		return console.Misused("--fleet goes with --sandbox")
	}
	if onCommandLine(cmd, "ledger") {
		s.LedgerGiven = " --ledger " + console.Shell(s.Ledger)
	}
	s.LedgerGiven = configGiven(cmd) + s.LedgerGiven
	if onCommandLine(cmd, "mark-dir") {
		s.MarkDirGiven = " --mark-dir " + console.Shell(s.MarkDir)
	}
	if err := s.checkEngine(); err != nil {
		return err
	}
	s.Handed = handedFlags(cmd.Flags())
	if s.DetailedExit && !s.DryRun {
		return console.Misused("--detailed-exitcode goes with --dry-run")
	}
	if s.Resume && s.Restart {
		return console.Misused("--resume and --restart exclude each other")
	}
	if err := s.checkAgain(); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	if err := s.positive(); err != nil {
		return err
	}
	switch s.Progress {
	case "auto", "bar", "log", "none":
		return nil
	}
	return console.Misused("--progress is auto, bar, log or none, not %q", s.Progress)
}
