package main

import (
	"slices"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/cmd/bulk/usage"
)

// newRoot builds the commands.
func newRoot(p *settings.Sources, u *console.UI) *cobra.Command {
	root := &cobra.Command{
		Use:   "bulk",
		Short: "Run a CSV of SIM actions against the m2m and betatel APIs",
		Long:  overview + "\n\n" + describeCredentials + "\n\n" + settings.DescribeEnv() + "\n\n" + exitCodes,
		Example: `  bulk check fleet.csv                       # the file alone, no network
  bulk run --sandbox examples/input.csv --yes # practise, without an account
  bulk run fleet.csv --dry-run --catalog groups.csv
  bulk apply fleet.plan.csv --catalog groups.csv`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       whichBulk(),
		Args:          noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(p.Stderr)
			_ = cmd.Help()
			return console.Misused("no command is given")
		},
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetFlagErrorFunc(wrongFlag)
	root.SetHelpCommand(newHelp(p))
	usage.Of(root)
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if misnamed(cmd) == nil {
			help(cmd, args)
		}
	})
	var format, level string
	flags := root.PersistentFlags()
	flags.String("config", "", "settings `FILE`, YAML; bulk config shows what is in force")
	flags.String("profile", "", "profile `NAME` of the settings file")
	flags.StringVar(&format, "log-format", "text", "log `FORMAT`: text or json")
	flags.StringVar(&level, "log-level", "info", "least `LEVEL` that is logged: debug, info, warn or error")
	flags.BoolVarP(&u.Quiet, "quiet", "q", false, "say only what a person must know: warnings, and how a run ended that is not all ok")
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := p.Settle(cmd); err != nil {
			return err
		}
		if err := settings.FillableOutputs(cmd); err != nil && cmd.Name() != settings.ConfigName {
			return err
		}
		p.Kept, p.Off = p.Keeps(cmd, args), settings.SafeguardsOff(cmd)
		u.Piped = slices.Contains(args, "-")
		if u.Quiet && !cmd.Flags().Changed("log-level") {
			level = "warn"
		}
		return u.Configure(format, level)
	}
	root.AddCommand(newRun(p, u), newApply(p, u), newWorker(p, u), newCheck(p, u), newTemplate(p, u), newRuns(p, u), newResolve(p, u), newLedgerCommand(p, u), newSandbox(p, u), newConfig(p, u), newExplain(p), newVersion(p), newManual(p))
	completeValues(p, root)
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args, c.RunE = noCommand, func(cmd *cobra.Command, _ []string) error { return lacksCommand(cmd) }
		}
	}
	ourWords(root)
	return root
}
