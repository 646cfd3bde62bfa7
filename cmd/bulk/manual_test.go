package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// Every command has its page, and the page has every flag, as it is typed.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, writeManual(commandTree(), dir, "2026-11-22"))
	text := regexp.MustCompile(`\\f[BIR]`)
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Hidden {
			return
		}
		raw, err := os.ReadFile(filepath.Join(dir, pageName(c)+".1"))
		require.NoError(t, err)
		page := strings.ReplaceAll(text.ReplaceAllString(string(raw), ""), `\-`, "-")
		c.Flags().VisitAll(func(f *pflag.Flag) {
			require.Contains(t, page, "--"+f.Name, c.CommandPath())
		})
		for line := range strings.Lines(page) {
			require.Regexp(t, `^([^.']|\.(TH|SH|PP|TP|nf|fi)\b|\\&|$)`, line, c.CommandPath())
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(commandTree())
}

func TestEscape(t *testing.T) {
	r := &roff{}
	r.text(".hidden --flag C:\\x\n'quoted'\n\ntable:\n  a  b")
	require.Equal(t, "\\&.hidden \\-\\-flag C:\\ex\n\\&'quoted'\n.PP\n.nf\ntable:\n  a  b\n.fi\n", r.String())
}
