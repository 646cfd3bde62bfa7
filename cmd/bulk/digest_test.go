package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// No page and no workflow that ships computes a plan's digest on the machine that
// applies it: that would approve whatever lies there.
func TestNothingThatShipsComputesTheDigest(t *testing.T) {
	computes := regexp.MustCompile(`(?i)sha256sum|shasum|openssl +dgst|get-filehash|certutil`)
	out, err := exec.Command("git", "ls-files", "../../README.md", "../../docs", "../../deploy", "../../examples", "../../Makefile").Output()
	require.NoError(t, err)
	names := strings.Fields(string(out))
	require.Greater(t, len(names), 10)
	for _, name := range names {
		text, err := os.ReadFile(filepath.FromSlash(name))
		require.NoError(t, err)
		require.NotRegexp(t, computes, string(text), name)
	}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		require.NotRegexp(t, computes, c.Long+c.Example+c.UsageString(), c.CommandPath())
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(commandTree())
}
