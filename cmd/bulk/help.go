package main

import (
	"errors"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/cmd/bulk/usage"
)

const overview = `bulk runs a CSV of SIM actions against the m2m and betatel APIs, fast and within
their limits, and never does an irreversible thing twice, by surprise, or without
leaving a record.`

const describeCredentials = `Credentials are variables, never flags; each can also be NAME_FILE, a file that
holds it, or NAME_COMMAND, a command that prints it. Only those that the file's
actions need are asked for:
  m2m:     BULK_M2M_URL BULK_M2M_USERNAME BULK_M2M_PASSWORD, and if fixed
           BULK_M2M_API_ID
  betatel: BULK_BETATEL_URL BULK_BETATEL_API_KEY BULK_BETATEL_USER_ID
BULK_M2M_ACCOUNT and BULK_BETATEL_ACCOUNT name the accounts in the ledger otherwise
than <upstream>:<user>@<host>; BULK_CA_FILE adds certificates; proxy variables work.`

const exitCodes = `Exit codes:
  0  every row is ok, valid, planned or skipped
  1  the run broke or was ended by a guard
  3  finished; some rows are invalid, rejected or failed, or still unknown from
     an earlier run
  4  refused, nothing was sent (input, approval, catalogue, ledger, unfinished
     run)
  5  some rows became unknown in this run: look in the portal, then bulk resolve
  6  drift, and nothing worse
  7  rows are planned, and nothing worse (--detailed-exitcode)
  8  time was up (--until, --max-duration)
 64  the command line is wrong
 75  another run holds the account
 77  credentials refused
130  interrupted (143 by SIGTERM)
Several at once: the first of 5, 77, 130/143, 1, 8, 3, 6, 7.`

// wrongFlag says what is wrong with a flag, and which may have been meant.
func wrongFlag(cmd *cobra.Command, err error) error {
	var (
		unknown *pflag.NotExistError
		bare    *pflag.ValueRequiredError
		noFlag  *pflag.InvalidSyntaxError
	)
	switch {
	case errors.As(err, &bare):
		value, _ := pflag.UnquoteUsage(bare.GetFlag())
		return console.Misused("--%s needs a value: --%[1]s %s", bare.GetFlag().Name, value)
	case errors.As(err, &noFlag):
		return console.Misused("%q is no flag", noFlag.GetSpecifiedFlag())
	case !errors.As(err, &unknown):
		return settings.Plainly(err)
	case unknown.GetSpecifiedShortnames() != "":
		return console.Misused("%s has no flag -%s", cmd.CommandPath(), unknown.GetSpecifiedName())
	}
	text := cmd.CommandPath() + " has no flag --" + unknown.GetSpecifiedName()
	if meant := usage.MeantFlag(cmd, unknown.GetSpecifiedName()); meant != "" {
		text += "; did you mean " + meant + "?"
	}
	return console.Misused("%s", text)
}

// newHelp is bulk help COMMAND, the same as bulk COMMAND --help.
func newHelp(p *settings.Sources) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Say how a command is used",
		Example: "  bulk help run\n  bulk help runs diff",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (all []string, how cobra.ShellCompDirective) {
			if at, err := below(cmd.Root(), args); err == nil {
				for _, c := range at.Commands() {
					if c.IsAvailableCommand() {
						all = append(all, cobra.CompletionWithDesc(c.Name(), c.Short))
					}
				}
			}
			return all, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := below(cmd.Root(), args)
			if err != nil {
				return err
			}
			at.SetOut(p.Stdout)
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}

// below is the command that words name, from another on.
func below(at *cobra.Command, words []string) (*cobra.Command, error) {
	for _, word := range words {
		i := slices.IndexFunc(at.Commands(), func(c *cobra.Command) bool { return c.Name() == word })
		if i < 0 {
			return nil, noCommand(at, []string{word})
		}
		at = at.Commands()[i]
	}
	return at, nil
}
