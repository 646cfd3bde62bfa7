package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// safeguards are the flags that override one. They must be said each time, so
// no variable sets them.
var safeguards = []string{"yes", "approve", "again", "restart", "new-ledger", "no-group-check", "no-api-id-check"}

// envName is the variable that sets a flag.
func envName(flag string) string {
	return "BULK_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// hasEnv tells whether a flag can be set by its variable.
func hasEnv(flag string) bool {
	return flag != "help" && flag != "version" && !slices.Contains(safeguards, flag)
}

// fromEnv sets every flag that was not given and has its variable set. An empty
// variable counts as not set.
func (p *process) fromEnv(cmd *cobra.Command) error {
	var err error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value, ok := p.env(envName(f.Name))
		if err != nil || f.Changed || !ok || value == "" || !hasEnv(f.Name) {
			return
		}
		if e := cmd.Flags().Set(f.Name, value); e != nil {
			err = misused("the variable %s=%s: %v", envName(f.Name), value, e)
			return
		}
		if f.Annotations == nil {
			f.Annotations = map[string][]string{}
		}
		f.Annotations[setByEnv] = []string{envName(f.Name)}
	})
	return err
}

// setByEnv marks a flag that its variable set.
const setByEnv = "bulk_set_by_env"

// onCommandLine tells whether a flag was given as such.
func onCommandLine(cmd *cobra.Command, flag string) bool {
	f := cmd.Flags().Lookup(flag)
	return f != nil && f.Changed && f.Annotations[setByEnv] == nil
}

// describeEnv is the line about variables in a command's help.
func describeEnv() string {
	return fmt.Sprintf("Every flag can be set as BULK_<FLAG> (dashes as underscores), but for --%s.", strings.Join(safeguards, ", --"))
}
