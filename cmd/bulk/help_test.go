package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
)

// commandTree is the commands as main builds them.
func commandTree() *cobra.Command {
	var out bytes.Buffer
	p := &settings.Sources{Process: &console.Process{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Now: time.Now,
		Env: func(string) (string, bool) { return "", false }, Leave: func(int) {}}}
	return newRoot(p, console.NewUI(p.Process))
}

func commandsBelow(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		if !sub.Hidden && sub.Name() != "completion" {
			all = append(all, commandsBelow(sub)...)
		}
	}
	return all
}

func TestEveryCommandHasAnExample(t *testing.T) {
	for _, c := range commandsBelow(commandTree()) {
		t.Run(c.CommandPath(), func(t *testing.T) {
			require.NotEmpty(t, c.Short)
			require.NotEmpty(t, c.Example)
			for line := range strings.Lines(c.Example) {
				require.Contains(t, line, "bulk", "an example is a command that can be pasted")
			}
		})
	}
}

// The flags of the contract, by the commands that have them.
func TestEveryFlagOfTheContractExists(t *testing.T) {
	input := "action group delimiter iccid-check only output"
	shared := "output ledger new-ledger mark-dir last-run-within resume restart wait grace qr-dir catalog no-group-check preflight again canary reason " +
		"rate workers retries timeout max-outage max-in-doubt max-failures max-refusals no-api-id-check progress sandbox fleet log-format log-level"
	for command, flags := range map[string]string{
		"run":                      "dry-run yes max-changes " + input + " " + shared,
		"apply":                    "approve " + shared,
		"check":                    input + " log-format log-level",
		"runs":                     "iccid output ledger",
		"runs prune":               "older-than ledger",
		"resolve":                  "done group not-done cannot-tell undo reason account ledger",
		"ledger init":              "reason ledger",
		"ledger same-account":      "reason ledger",
		"ledger separate-accounts": "reason ledger",
		"ledger accept-loss":       "in-doubt reason ledger mark-dir",
		"sandbox":                  "addr fleet latency rate-limit fault",
	} {
		t.Run(command, func(t *testing.T) {
			c, _, err := commandTree().Find(strings.Fields(command))
			require.NoError(t, err)
			help := c.UsageString()
			for flag := range strings.FieldsSeq(flags) {
				require.Regexp(t, `(?m)--`+flag+` `, help)
			}
		})
	}
}

// What decides over action, group and account of a plan is the plan alone, and
// --yes is no approval of one.
func TestApplyHasNoFlagAgainstItsPlan(t *testing.T) {
	c, _, err := commandTree().Find([]string{"apply"})
	require.NoError(t, err)
	for _, flag := range []string{"action", "group", "account", "only", "yes", "max-changes", "dry-run"} {
		require.Nil(t, c.Flags().Lookup(flag), flag)
	}
}

// Every variable that the help names by itself is read somewhere.
func TestHelpNamesRealVariables(t *testing.T) {
	known := map[string]bool{}
	for _, file := range []string{"settings/credentials.go", "settings/env.go"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`BULK_[A-Z0-9_]+`).FindAllString(string(text), -1) {
			known[name] = true
		}
	}
	for _, name := range regexp.MustCompile(`BULK_[A-Z0-9_]+`).FindAllString(commandTree().Long, -1) {
		require.True(t, known[name] || name == "BULK_", name)
	}
}

func TestSafeguardsHaveNoVariable(t *testing.T) {
	for _, flag := range strings.Fields("yes approve again restart new-ledger no-group-check no-api-id-check") {
		require.False(t, settings.HasEnv(flag), flag)
	}
	require.True(t, settings.HasEnv("max-changes"))
	require.Equal(t, "BULK_MAX_IN_DOUBT", settings.EnvName("max-in-doubt"))
	require.Equal(t, "BULK_TEMPORAL_NAMESPACE", settings.EnvName("namespace"))
}
