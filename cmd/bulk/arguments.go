package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/usage"
)

// ourWords has a command and those below it say in bulk's words what is wrong with
// their arguments: what cobra's own checks refuse is one too many.
func ourWords(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if stop := (*console.Stop)(nil); err == nil || errors.As(err, &stop) {
				return err
			}
			return console.Misused("%s takes flags alone, and was given %q", cmd.CommandPath(), args[0])
		}
	}
	for _, c := range cmd.Commands() {
		ourWords(c)
	}
}

// oneInput checks that a command is given one argument.
func oneInput(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return console.Misused("%s is missing", name)
		case len(args) > 1:
			return console.Misused("one %s at a time, but %d were given", name, len(args))
		}
		return nil
	}
}

// noCommand refuses words where a command was to stand.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := cmd.CommandPath() + " has no command " + args[0]
	if meant := usage.MeantCommand(cmd, args[0]); meant != "" {
		text += "; did you mean " + cmd.CommandPath() + " " + meant + "?"
	}
	return console.Misused("%s", text)
}

// atMostOne checks that a command is given one argument or none.
func atMostOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return oneInput(name)(cmd, args)
	}
}

// twoRuns checks that a command is given two of them.
func twoRuns(_ *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return console.Misused("A and B are missing: the numbers of two runs, as bulk runs lists them")
	case 1:
		return console.Misused("B is missing: the number of the run that run %s is held against", args[0])
	case 2:
		return nil
	}
	return console.Misused("two runs at a time, but %d were given", len(args))
}

// orCommand adds the command that may have been meant where something else was to
// stand.
func orCommand(cmd *cobra.Command, word, text string) error {
	if meant := usage.MeantCommand(cmd, word); meant != "" && strings.Trim(word, "0123456789") != "" {
		text += "; did you mean " + cmd.CommandPath() + " " + meant + "?"
	}
	return console.Misused("%s", text)
}

// lacksCommand refuses a command that was given without which of those below it is
// meant.
func lacksCommand(cmd *cobra.Command) error {
	cmd.SetOut(cmd.ErrOrStderr())
	_ = cmd.Help()
	return console.Misused("say which; %s --help lists them", cmd.CommandPath())
}

// misnamed says what is wrong where the help is asked for of a command that does not
// exist: cobra would show that of the one above it.
func misnamed(cmd *cobra.Command) error {
	if asked, err := cmd.Flags().GetBool("help"); err != nil || !asked || !cmd.HasAvailableSubCommands() || cmd.Args == nil {
		return nil
	}
	return cmd.Args(cmd, cmd.Flags().Args())
}
