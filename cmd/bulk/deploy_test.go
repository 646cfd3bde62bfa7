package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/config"
	"bulk/cmd/bulk/settings"
)

// foreignFlags are those of other programs in the files under deploy.
var foreignFlags = strings.Fields(`--from --chown --build-arg --rm --user --offline --now --from-file --dry-run
	--body-file --edit-last --create-if-none --help --commit --event --workflow --limit --json --jq --name`)

// foreignVariables are not read by bulk.
var foreignVariables = []string{"BULK_ARGS"}

// bulkLine finds a command of bulk, and what is given to it.
var bulkLine = regexp.MustCompile(`\bbulk(?::\S+)? ([a-z]+)((?: +[^|&;#\n]+)?)`)

var longFlag = regexp.MustCompile(`--[a-z][a-z-]+`)

// deployed is the text of a file under deploy with each command on one line.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	joined := strings.ReplaceAll(string(text), "\\\n", " ")
	// A container's arguments stand on lines of their own.
	return regexp.MustCompile(`args:\n(?:[ ]+(?:- |#).*\n)+`).ReplaceAllStringFunc(joined, func(list string) string {
		_, list, _ = strings.Cut(list, "\n")
		words := strings.Fields(regexp.MustCompile(`(?m)^[ ]+(?:- |#.*$)`).ReplaceAllString(list, ""))
		return "bulk " + strings.Join(words, " ") + "\n"
	})
}

// The files under deploy use nothing that does not exist, and no command gets a
// flag of another.
func TestDeployFlagsAndVariablesExist(t *testing.T) {
	known, variables := map[string]bool{}, map[string]bool{}
	of := map[string]map[string]bool{} // by command
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		own := map[string]bool{}
		add := func(f *pflag.Flag) {
			known["--"+f.Name], own["--"+f.Name] = true, true
			variables[settings.EnvName(f.Name)] = settings.HasEnv(f.Name)
		}
		c.InheritedFlags().VisitAll(add)
		c.PersistentFlags().VisitAll(add)
		c.Flags().VisitAll(add)
		of[strings.TrimPrefix(c.CommandPath(), "bulk ")] = own
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(commandTree())
	for _, s := range settings.UpstreamSettings {
		variables[s.Variable], variables[s.Variable+"_FILE"] = true, true
	}
	names, err := filepath.Glob("../../deploy/*")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	held := 0
	for _, name := range names {
		text := deployed(t, name)
		for _, line := range bulkLine.FindAllStringSubmatch(text, -1) {
			own, is := of[line[1]]
			if !is {
				continue // "bulk as an image"
			}
			if words := strings.Fields(line[2]); len(words) > 0 && of[line[1]+" "+words[0]] != nil {
				own = of[line[1]+" "+words[0]]
			}
			for _, flag := range longFlag.FindAllString(line[2], -1) {
				held++
				require.True(t, own[flag], "%s: bulk %s has no %s", name, line[1], flag)
			}
		}
		for _, flag := range longFlag.FindAllString(text, -1) {
			require.True(t, known[flag] || slices.Contains(foreignFlags, flag), "%s: %s", name, flag)
		}
		for _, variable := range regexp.MustCompile(`BULK_[A-Z0-9_]+`).FindAllString(text, -1) {
			require.True(t, variables[variable] || slices.Contains(foreignVariables, variable), "%s: %s", name, variable)
		}
	}
	require.Greater(t, held, 20, "the commands were found")
}

func TestDeploySettings(t *testing.T) {
	document, err := config.Read("../../deploy/bulk.yaml", settings.SettingKeys(commandTree()))
	require.NoError(t, err)
	s, err := document.Settings("prod")
	require.NoError(t, err)
	v, _ := s.Lookup("rate")
	require.Equal(t, []string{"m2m=10", "betatel=20"}, v.Words)
}

// A job that is stopped has the time to let requests under way finish, to write
// its results and to tell them.
func TestDeployAllowsForGrace(t *testing.T) {
	s := &settings.Options{}
	s.RegisterRun(pflag.NewFlagSet("", pflag.ContinueOnError))
	grace, err := s.GracePeriod()
	require.NoError(t, err)
	for name, pattern := range map[string]string{
		"bulk.service": `(?m)^TimeoutStopSec=(.*)$`,
		"cronjob.yaml": `terminationGracePeriodSeconds: (\d+)`,
	} {
		text, err := os.ReadFile("../../deploy/" + name)
		require.NoError(t, err)
		found := regexp.MustCompile(pattern).FindStringSubmatch(string(text))
		require.NotNil(t, found, name)
		unit := strings.TrimSuffix(found[1], "in") // 3min
		if !strings.HasSuffix(unit, "m") {
			unit += "s"
		}
		allowed, err := time.ParseDuration(unit)
		require.NoError(t, err)
		require.Greater(t, allowed, grace+batch.FinishPatience, name)
	}
}
