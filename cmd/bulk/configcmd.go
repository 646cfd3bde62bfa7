package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/report/human"
)

func newConfig(p *settings.Sources, u *console.UI) *cobra.Command {
	cmd := &cobra.Command{
		Use:   settings.ConfigName,
		Short: "Show what settings are in force and where each comes from",
		Long: `Shows every setting of bulk run as it is in force, and where it comes from: a flag,
a variable, a profile of the settings file, its defaults, or bulk itself. It takes
the flags of bulk run, sends nothing and shows no secret, only where it is.

A settings file is YAML: KEY: VALUE, where a key is a flag's name, or one of an
upstream's settings below m2m: or betatel:. A profile, below profiles: NAME:,
overrides the defaults at the top. A relative path is relative to the file.
Secrets stand in no settings file: password_file and api_key_file name a file that
holds one, password_env and api_key_env a variable.

` + settings.DescribeEnv(),
		Example: `  bulk config
  bulk config --config bulk.yaml --profile prod
  BULK_CONFIG=bulk.yaml BULK_PROFILE=prod bulk config --rate m2m=5`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.AddFlagSet(newRun(p, u).Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return showConfig(p, cmd) }
	return cmd
}

// showConfig prints the table of settings.
func showConfig(p *settings.Sources, cmd *cobra.Command) error {
	out := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	t := configTable{p: p, out: out, sandbox: cmd.Flags().Lookup("sandbox").Value.String() == "true"}
	t.line("SETTING", "VALUE", "FROM")
	cmd.InheritedFlags().VisitAll(t.flag)
	cmd.LocalFlags().VisitAll(t.flag)
	for _, s := range settings.UpstreamSettings {
		t.upstream(s)
	}
	if err := out.Flush(); err != nil {
		return console.Broken(err)
	}
	return nil
}

type configTable struct {
	p       *settings.Sources
	out     io.Writer
	sandbox bool
}

const (
	builtIn    = "default"
	nothing    = "-"             // where a setting has no value
	sandboxOwn = "the sandbox's" // which settings do not reach
)

func (t configTable) line(setting, value, from string) {
	fmt.Fprintf(t.out, "%s\t%s\t%s\n", setting, human.OneLine(value), human.OneLine(from))
}

func (t configTable) flag(f *pflag.Flag) {
	if f.Name == "help" || !settings.HasEnv(f.Name) && !f.Changed {
		return
	}
	from, via := settings.Origin(f)
	value := f.Value.String()
	if list, ok := f.Value.(pflag.SliceValue); ok {
		value = strings.Join(settings.ShownWords(f.Name, list.GetSlice()), ",")
	}
	if from == "" {
		from = builtIn
	}
	if value == "" || t.sandbox && f.Name == "ledger" {
		value = t.builtIn(f.Name)
	}
	t.line(f.Name, value+parenthesis(via), from)
}

// builtIn is what a flag without a value amounts to.
func (t configTable) builtIn(flag string) string {
	switch flag {
	case "ledger":
		if t.sandbox {
			return sandboxOwn
		}
		if path, err := t.p.LedgerPath(""); err == nil {
			return path
		}
	case "rate":
		return "m2m=10,betatel=10"
	}
	return nothing
}

func (t configTable) upstream(s settings.UpstreamSetting) {
	if t.sandbox {
		t.line(s.Key, sandboxOwn, "flag --sandbox")
		return
	}
	found := t.p.Find(s.Setting())
	value := nothing
	switch {
	case found.Err != nil:
		value = "cannot be had: " + strings.TrimPrefix(found.Err.Error(), found.From+": ")
	case found.Words == nil:
	case s.Secret:
		value = "***" + parenthesis(found.Via)
	default:
		value = settings.WithoutPassword(found.Words[0]) + parenthesis(found.Via)
	}
	if found.From == "" {
		found.From = "not set"
	}
	t.line(s.Key, value, found.From)
}

func parenthesis(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
