package settings

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/meant"
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
	s.NoteLedger(cmd)
	if s.Engine == ByTemporal {
		s.noteTemporal(cmd)
	}
	if onCommandLine(cmd, "mark-dir") {
		s.MarkDirGiven = " --mark-dir " + console.Shell(s.MarkDir)
	}
	if err := s.checkEngine(cmd); err != nil {
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
	return s.checkProgress()
}

func (s *Options) checkProgress() error {
	switch s.Progress {
	case "auto", "bar", "log", "none":
		return nil
	}
	return console.Misused("--progress is auto, bar, log or none, not %q%s", s.Progress, meant.Ask(s.Progress, []string{"auto", "bar", "log", "none"}))
}

func (s *Options) checkEngine(cmd *cobra.Command) error {
	said := onCommandLine(cmd, "engine") && s.Engine != Local
	switch {
	case s.Engine != "" && !slices.Contains(Engines, s.Engine):
		return console.Misused("--engine is %s, not %q%s", Join(Engines), s.Engine, meant.Ask(s.Engine, Engines))
	case said && s.Sandbox:
		return console.Misused("--engine %s does not go with --sandbox, whose ledger ends with it", s.Engine)
	case said && s.DryRun:
		return console.Misused("--engine %s does not go with --dry-run, which is done here: its plan is to be read here", s.Engine)
	case s.Detach && !s.ByWorkers():
		return console.Misused("--detach goes with --engine postgres or temporal")
	case s.Engine == ByTemporal && s.ByWorkers() && s.Temporal.Address == "":
		return console.Misused("--engine temporal needs to know where: --temporal HOST:PORT")
	}
	return nil
}

// noteTemporal keeps how the Temporal server was said, for the next command.
func (s *Options) noteTemporal(cmd *cobra.Command) {
	for _, name := range []string{"temporal", "namespace"} {
		if onCommandLine(cmd, name) {
			s.TemporalGiven += " --" + name + " " + console.Shell(cmd.Flags().Lookup(name).Value.String())
		}
	}
}

// RegisterNotices is for the command that ends the runs of others.
func (s *Options) RegisterNotices(f *pflag.FlagSet) { s.Notices.register(f) }

// CheckNotices reads what RegisterNotices registered.
func (s *Options) CheckNotices() error { return s.Notices.check() }

// NoteLedger keeps how the ledger was said, for commands that are to go by the same one.
func (s *Options) NoteLedger(cmd *cobra.Command) {
	s.LedgerGiven = configGiven(cmd)
	if onCommandLine(cmd, "ledger") {
		s.LedgerGiven += " --ledger " + console.Shell(s.Ledger)
	}
}
