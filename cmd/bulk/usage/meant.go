package usage

import (
	"slices"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// tooFar is from how many letters on two words are no misspelling of each other.
const tooFar = 3

// Meant is the word that somebody likely meant; empty: none is near.
func Meant(word string, words []string) string {
	best, closest := "", min(tooFar, len(word)/2+1)
	for _, candidate := range slices.Sorted(slices.Values(words)) {
		if d := levenshtein.ComputeDistance(word, candidate); d < closest {
			best, closest = candidate, d
		}
	}
	return best
}

// MeantFlag is the flag of a command that somebody likely meant, with its dashes;
// empty: none is near.
func MeantFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if meant := Meant(name, names); meant != "" {
		return "--" + meant
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
	return Meant(name, names)
}
