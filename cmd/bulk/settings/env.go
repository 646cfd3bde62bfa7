package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
)

const ConfigName = "config"

// EnvName is the variable that sets a flag.
func EnvName(flag string) string {
	if flag == "namespace" { // of what, a variable must say
		flag = "temporal-namespace"
	}
	return "BULK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// HasEnv reports whether a flag can be set by its variable.
func HasEnv(flag string) bool {
	return flag != "help" && flag != "version" && !alwaysSaid(flag)
}

// Settle gives every flag that was not given what its variable or the settings
// file says, in that order.
func (p *Sources) Settle(cmd *cobra.Command) error {
	if !settled(cmd) {
		return nil
	}
	if err := p.readConfig(cmd); err != nil {
		return err
	}
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if failed != nil || f.Changed || !HasEnv(f.Name) {
			return
		}
		if failed = p.SettleFlag(cmd.Flags(), f); failed != nil && cmd.Name() == ConfigName {
			mark(f, failed.Error(), "") // to show what is wrong is what it is for
			failed = nil
		}
	})
	return failed
}

// settled reports whether a command has settings. What helps to find out what is
// wrong with them works whatever they are.
func settled(cmd *cobra.Command) bool {
	for c := cmd; c.HasParent(); c = c.Parent() {
		if slices.Contains([]string{"version", "completion", "manual", "explain"}, c.Name()) || strings.HasPrefix(c.Name(), "__") {
			return false
		}
	}
	return true
}

func (p *Sources) SettleFlag(flags *pflag.FlagSet, f *pflag.Flag) error {
	found := p.Find(flagSetting(f))
	if found.Err != nil {
		return console.Refused(found.Err.Error(), "nothing was sent")
	}
	if found.From == "" || found.Words == nil {
		return nil // nothing is said, or that it is to be empty
	}
	if err := found.set(flags, f); err != nil {
		return console.Misused("%s: %v", found.From, Plainly(err))
	}
	if err := mustBeSaid(f, found.From); err != nil {
		return err
	}
	mark(f, found.From, found.Via)
	return nil
}

func mark(f *pflag.Flag, from, via string) {
	f.Changed = true
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[setBy] = []string{from, via}
}

// setBy marks a flag that something else than the command line set: by what,
// and where that had the value from.
const setBy = "bulk_set_by"

// Origin tells what set a flag; empty: nothing did.
func Origin(f *pflag.Flag) (from, via string) {
	switch by := f.Annotations[setBy]; {
	case !f.Changed:
		return "", ""
	case by != nil:
		return by[0], by[1]
	}
	return byFlag, ""
}

// byFlag is the origin of what was given on the command line.
const byFlag = "flag"

// onCommandLine reports whether a flag was given as such.
func onCommandLine(cmd *cobra.Command, flag string) bool {
	f := cmd.Flags().Lookup(flag)
	return f != nil && f.Changed && f.Annotations[setBy] == nil
}

// Sourced adds to an error that speaks of a flag what set it, where that was not
// the command line.
func Sourced(cmd *cobra.Command, err error) error {
	s, ok := err.(*console.Stop)
	if !ok || cmd == nil {
		return err
	}
	for _, each := range s.All {
		_ = Sourced(cmd, each)
	}
	said := s.Text + " " + strings.Join(s.Hints, " ") + " "
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		from, _ := Origin(f)
		if from != "" && from != byFlag && strings.Contains(said, "--"+f.Name+" ") {
			s.Hints = append(s.Hints, "--"+f.Name+" is set by "+from)
		}
	})
	return s
}

// configGiven repeats --config and --profile where they were given.
func configGiven(cmd *cobra.Command) (text string) {
	for _, name := range []string{"config", "profile"} {
		if onCommandLine(cmd, name) {
			text += " --" + name + " " + console.Shell(cmd.Flags().Lookup(name).Value.String())
		}
	}
	return text
}

// DescribeEnv is the line about variables in a command's help.
func DescribeEnv() string {
	whole, byValue := describeSafeguards()
	return fmt.Sprintf("Every flag can be set as BULK_<FLAG> (dashes as underscores) or in a settings file\n"+
		"(--config), but for what overrides or lowers a safeguard:\n%s,\n%s.", whole, byValue)
}
