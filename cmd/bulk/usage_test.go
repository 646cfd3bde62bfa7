package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/cmd/bulk/usage"
)

// everyCommand calls do with a command and all below it that a person can see.
func everyCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			everyCommand(c, do)
		}
	}
}

// Every flag stands under a heading, every command has an example, and nothing is
// wider than a terminal.
func TestHelp(t *testing.T) {
	p := &console.Process{Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}}
	root := newRoot(&settings.Sources{Process: p}, console.NewUI(p))
	root.InitDefaultCompletionCmd()
	seen := 0
	everyCommand(root, func(cmd *cobra.Command) {
		if strings.Contains(cmd.CommandPath(), "completion") { // cobra's own
			return
		}
		seen++
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			require.True(t, usage.Placed(f.Name), "--%s of %s stands under no heading", f.Name, cmd.CommandPath())
		})
		require.NotEmpty(t, cmd.Example, cmd.CommandPath())
		var out bytes.Buffer
		cmd.SetOut(&out)
		require.NoError(t, cmd.Help())
		require.NotRegexp(t, `\(default (\[|[^)]*m0s)`, out.String(), "%s: a default as the program spells it", cmd.CommandPath())
		for line := range strings.Lines(out.String()) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), usage.Width, "%s: %s", cmd.CommandPath(), line)
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && f.Name != "help" {
				require.Contains(t, out.String(), "--"+f.Name, cmd.CommandPath())
			}
		})
	})
	require.Greater(t, seen, 25)
}
