package settings

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/config"
)

// Overhear reads who is to hear how a command ends whose line or settings cannot be
// read as they should: from what can be read of them. It gives the input, as far as
// that can be told.
func (s *Options) Overhear(p *Sources, cmd *cobra.Command) (input string) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	s.Notices.register(f)
	s.RegisterReports(f)
	f.BoolVar(&s.DryRun, "dry-run", false, "")
	f.StringVar(&s.Ledger, "ledger", "", "")
	for _, name := range []string{"config", "profile"} {
		f.String(name, "", "")
	}
	input = overhear(f, cmd, p.Args)
	settle := func(names ...string) {
		for _, name := range names {
			if flag := f.Lookup(name); !flag.Changed {
				_ = p.SettleFlag(f, flag) // that it cannot be had is what the error says
			}
		}
	}
	settle("config", "profile")
	if path := f.Lookup("config").Value.String(); path != "" && p.document == nil {
		if document, err := config.Read(path, SettingKeys(cmd.Root())); err == nil {
			p.document = document
			p.Config, _ = document.Settings(f.Lookup("profile").Value.String())
		}
	}
	settle("notify", "on-finish", "report", "job", "ledger")
	_ = s.Notices.check()
	targets, _ := s.ReportTargets()
	for _, target := range targets {
		if mayBecomeTextfile(target.Path) {
			s.Checked.Reports = append(s.Checked.Reports, target)
		}
	}
	return input
}

// mayBecomeTextfile reports whether nothing is lost where metrics are written to path,
// while nobody knows which files must stay: there is none, or it holds bulk's metrics.
func mayBecomeTextfile(path string) bool {
	text, err := os.ReadFile(path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && strings.HasPrefix(string(text), "# HELP bulk_")
}

// overhear sets those flags that a command line gives, whatever else stands on it, and
// gives the first word that is no flag's.
func overhear(f *pflag.FlagSet, cmd *cobra.Command, args []string) (input string) {
	inCommand := false
	for i := 0; i < len(args); i++ {
		text, long := strings.CutPrefix(args[i], "--")
		name, value, joined := strings.Cut(text, "=")
		var flag *pflag.Flag
		switch {
		case args[i] == "-" || !strings.HasPrefix(args[i], "-"):
			if inCommand && input == "" {
				input = args[i]
			}
			inCommand = true
			continue
		case long:
			flag = cmd.Flags().Lookup(name)
		case len(text) == 2:
			flag = cmd.Flags().ShorthandLookup(text[1:])
		}
		switch {
		case flag == nil: // whether the next word is its value nobody knows
			continue
		case !joined && flag.NoOptDefVal != "":
			value = flag.NoOptDefVal
		case !joined && i+1 < len(args):
			i++
			value = args[i]
		}
		if f.Lookup(flag.Name) != nil {
			_ = f.Set(flag.Name, value)
		}
	}
	return input
}
