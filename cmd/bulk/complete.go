package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/config"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
	"bulk/internal/upstream/sandbox"
)

// fixedValues are the values of flags that have only some.
var fixedValues = map[string][]string{
	"action": wordsOf(jobs.Actions), "only": wordsOf(jobs.Outcomes), "iccid-check": wordsOf(input.Checks), "preflight": {"status", "contract", "none"},
	"engine":   settings.Engines,
	"progress": {"auto", "bar", "log", "none"}, "log-format": {"text", "json"}, "log-level": {"debug", "info", "warn", "error"},
	"delimiter": {"comma", "semicolon", "tab"}, "accounts": wordsOf(jobs.Upstreams), "rate-style": wordsOf(sandbox.RateStyles()),
}

// begunValues are the beginnings of the values of flags that have a name in them.
var begunValues = map[string][]string{"rate": begun(wordsOf(jobs.Upstreams)), "column": begun(input.ColumnNames())}

func begun(names []string) (all []string) {
	for _, name := range names {
		all = append(all, name+"=")
	}
	return all
}

func wordsOf[T ~string](values []T) (all []string) {
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}

// completeValues has the shell complete the values of flags, and runs by their
// numbers. Looking changes nothing: no ledger is made for it.
func completeValues(p *settings.Sources, root *cobra.Command) {
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		complete := func(flags map[string][]string, how cobra.ShellCompDirective) {
			for flag, values := range flags {
				if cmd.Flags().Lookup(flag) != nil || cmd.PersistentFlags().Lookup(flag) != nil {
					_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, how))
				}
			}
		}
		complete(fixedValues, cobra.ShellCompDirectiveNoFileComp)
		complete(begunValues, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)
		if slices.Contains(namesARun, cmd.CommandPath()) {
			cmd.ValidArgsFunction = func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
				return runsFor(cmd, p), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
			}
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
	_ = root.RegisterFlagCompletionFunc("profile", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		path, _ := cmd.Flags().GetString("config")
		if path == "" {
			path, _ = p.Env(settings.EnvName("config"))
		}
		document, err := config.Read(path, settings.SettingKeys(cmd.Root()))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return document.Profiles(), cobra.ShellCompDirectiveNoFileComp
	})
}

// namesARun are the commands whose argument is a run.
var namesARun = []string{
	"bulk runs", "bulk runs approve", "bulk runs pause", "bulk runs continue", "bulk runs cancel", "bulk runs wait", "bulk runs diff",
}

const (
	completeMost   = 20 // runs
	completeWithin = 2 * time.Second
)

// runsFor lists the newest runs, each with its input.
func runsFor(cmd *cobra.Command, p *settings.Sources) (all []string) {
	ctx, cancel := context.WithTimeout(context.Background(), completeWithin)
	defer cancel()
	flag, _ := cmd.Flags().GetString("ledger")
	if flag == "" {
		flag, _ = p.Env(settings.EnvName("ledger"))
	}
	path, err := p.LedgerPath(flag)
	if err != nil {
		return nil
	}
	password, _ := p.LedgerPassword()
	db, err := ledger.Open(ctx, path, ledger.Options{Look: true, Now: p.Now, Password: password})
	if err != nil {
		return nil
	}
	defer db.Close()
	runs, _, err := db.NewestRuns(ctx, completeMost, func(ledger.RunInfo) bool { return true })
	if err != nil {
		return nil
	}
	for _, r := range runs {
		all = append(all, cobra.CompletionWithDesc(strconv.FormatInt(r.ID, 10), fmt.Sprintf("%s of %s, %s", r.Kind, inputName(r), r.StartedAt.Local().Format("2006-01-02 15:04"))))
	}
	return all
}
