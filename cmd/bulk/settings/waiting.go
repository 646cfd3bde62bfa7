package settings

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
)

// RegisterWaiting registers what the command has that waits for a run which others do:
// where things go here, and how that is shown.
func (s *Options) RegisterWaiting(f *pflag.FlagSet) {
	f.StringVarP(&s.Output, "output", "o", "", "write the run's result file when it has ended, to `FILE`; - for standard output")
	s.registerForExcel(f)
	f.StringVar(&s.qrDir, "qr-dir", "", QRDirUsage)
	s.registerReport(f)
	s.registerSheet(f)
	s.registerLedger(f)
	s.Temporal.Register(f)
	s.registerProgress(f)
	PortalFlag(f, &s.portalURL)
}

// FinishWaiting reads what RegisterWaiting registered.
func (s *Options) FinishWaiting(cmd *cobra.Command) (err error) {
	s.NoteLedger(cmd)
	s.noteTemporal(cmd)
	if s.Checked.Reports, err = s.ReportTargets(); err != nil {
		return err
	}
	if s.Checked.Portal, err = ParsePortal(s.portalURL); err != nil {
		return err
	}
	if s.Output == "" && (s.ForExcel || s.qrDir != "") {
		return console.Misused("--for-excel and --qr-dir go with --output")
	}
	return s.checkProgress()
}

// Waiting are the options of a run for whoever waits for it: the run's own, and, for
// what is about this machine, those that were given here.
func (s *Options) Waiting(run *Options) *Options {
	w := *s
	w.MaxOutage, w.MaxInDoubt, w.Redact, w.job = run.MaxOutage, run.MaxInDoubt, run.Redact, run.job
	return &w
}
