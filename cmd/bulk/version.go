package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
)

// whichBulk says which program this is.
func whichBulk() string {
	return fmt.Sprintf("bulk %s %s/%s %s", console.VersionText(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func newVersion(p *settings.Sources) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which bulk this is",
		Example: "  bulk version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(p.Stdout, whichBulk())
			return nil
		},
	}
}
