package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set when a release is built.
var version = ""

// versionText is the release, or the commit that it was built from.
func versionText() string {
	if version != "" {
		return version
	}
	text := "dev"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				text += "-" + s.Value[:12]
			}
		}
	}
	return text
}

func newVersion(p *sources) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which bulk this is",
		Example: "  bulk version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(p.stdout, "bulk %s %s/%s %s\n", versionText(), runtime.GOOS, runtime.GOARCH, runtime.Version())
			return nil
		},
	}
}
