package usage

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/internal/jobs/meant"
)

// MeantFlag is the flag of a command that somebody likely meant, with its dashes;
// empty: none is near.
func MeantFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if flag := meant.Word(name, names); flag != "" {
		return "--" + flag
	}
	return ""
}

// MeantCommand is the command below another that somebody likely meant; empty: none
// is near.
func MeantCommand(cmd *cobra.Command, name string) string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return meant.Word(name, names)
}
