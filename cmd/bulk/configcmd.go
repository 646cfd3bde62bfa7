package main

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/internal/report/human"
	"bulk/internal/report/notify"
)

const configName = "config"

func newConfig(p *sources, u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   configName,
		Short: "Show what settings are in force and where each comes from",
		Long: `Shows every setting of bulk run as it is in force, and where it comes from: a flag,
a variable, a profile of the settings file, its defaults, or bulk itself. It takes
the flags of bulk run, sends nothing and shows no secret, only where it is.

A settings file is YAML: KEY: VALUE, where a key is a flag's name, or one of an
upstream's settings below m2m: or betatel:. A profile, below profiles: NAME:,
overrides the defaults at the top. A relative path is relative to the file.
Secrets stand in no settings file: password_file and api_key_file name a file that
holds one, password_env and api_key_env a variable.

` + describeEnv(),
		Example: `  bulk config
  bulk config --config bulk.yaml --profile prod
  BULK_CONFIG=bulk.yaml BULK_PROFILE=prod bulk config --rate m2m=5`,
		Args: cobra.NoArgs,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.AddFlagSet(newRun(p, u).Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return p.showConfig(cmd) }
	return cmd
}

// showConfig prints the table of settings.
func (p *sources) showConfig(cmd *cobra.Command) error {
	out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	t := configTable{p: p, out: out, sandbox: cmd.Flags().Lookup("sandbox").Value.String() == "true"}
	t.line("SETTING", "VALUE", "FROM")
	cmd.InheritedFlags().VisitAll(t.flag)
	cmd.LocalFlags().VisitAll(t.flag)
	for _, s := range upstreamSettings {
		t.upstream(s)
	}
	if err := out.Flush(); err != nil {
		return broken(err)
	}
	return nil
}

type configTable struct {
	p       *sources
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
	if f.Name == "help" || !hasEnv(f.Name) && !f.Changed {
		return
	}
	from, via := origin(f)
	value := f.Value.String()
	if list, ok := f.Value.(pflag.SliceValue); ok {
		value = strings.Join(shownWords(f.Name, list.GetSlice()), ",")
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
		if path, err := t.p.ledgerPath(""); err == nil {
			return path
		}
	case "rate":
		return "m2m=10,betatel=10"
	}
	return nothing
}

func (t configTable) upstream(s upstreamSetting) {
	if t.sandbox {
		t.line(s.key, sandboxOwn, "flag --sandbox")
		return
	}
	found := t.p.find(s.setting())
	value := nothing
	switch {
	case found.err != nil:
		value = "cannot be had: " + strings.TrimPrefix(found.err.Error(), found.from+": ")
	case found.words == nil:
	case s.secret:
		value = "***" + parenthesis(found.via)
	default:
		value = withoutPassword(found.words[0]) + parenthesis(found.via)
	}
	if found.from == "" {
		found.from = "not set"
	}
	t.line(s.key, value, found.from)
}

func parenthesis(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// shownWords are a list as it may be shown.
func shownWords(flag string, list []string) []string {
	if flag != "notify" {
		return list
	}
	shown := make([]string, len(list))
	for i, raw := range list {
		shown[i] = notify.Masked(raw)
	}
	return shown
}

// withoutPassword hides the password of an address that has one, which bulk
// refuses to use.
func withoutPassword(value string) string {
	if u, err := url.Parse(value); err == nil && u.User != nil {
		return u.Redacted()
	}
	return value
}
