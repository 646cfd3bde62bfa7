package main

import (
	"errors"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/console"
)

// Whatever number of arguments a command is given, it is bulk that says what is wrong
// with it.
func TestWrongNumbersOfArguments(t *testing.T) {
	refused := 0
	everyCommand(commandTree(), func(cmd *cobra.Command) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			require.True(t, cmd.Args != nil || cmd.Name() == "help", "it takes whatever it is given")
			for _, args := range [][]string{{}, {"1"}, {"one"}, {"1", "2"}, {"1", "2", "3"}} {
				err := cmd.ValidateArgs(args)
				if err == nil {
					continue
				}
				refused++
				var stop *console.Stop
				require.True(t, errors.As(err, &stop), "%d: %v", len(args), err)
				require.Equal(t, 64, stop.Code)
				require.NotRegexp(t, `arg\(s\)|unknown command`, stop.Text)
			}
		})
	})
	require.Greater(t, refused, 50)
}
