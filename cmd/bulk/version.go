package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
)

func newVersion(p *settings.Sources) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which bulk this is",
		Example: "  bulk version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(p.Stdout, "bulk %s %s/%s %s\n", console.VersionText(), runtime.GOOS, runtime.GOARCH, runtime.Version())
			return nil
		},
	}
}
