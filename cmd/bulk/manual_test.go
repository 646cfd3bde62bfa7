package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// Every command has its page, and the page has every flag and all of the help
// text, as it is typed.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, writeManual(commandTree(), dir, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)))
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Hidden {
			return
		}
		raw, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"))
		require.NoError(t, err)
		require.Contains(t, string(raw), `"Nov 2026"`)
		page := shownByMan(string(raw))
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				require.Contains(t, page, "--"+f.Name, c.CommandPath())
			}
		})
		if strings.HasPrefix(c.CommandPath(), "bulk completion ") {
			return // whose text is cobra's, in Markdown
		}
		for _, paragraph := range strings.Split(c.Long, "\n\n") {
			require.Contains(t, page, strings.Join(strings.Fields(paragraph), " "), c.CommandPath())
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(commandTree())
}

// shownByMan is the text of a page (man(7)), its lines joined.
func shownByMan(page string) string {
	page = regexp.MustCompile(`(?m)^\.(PP|EX|EE|TP|nf|fi|SH|RS|RE)\b.*$`).ReplaceAllString(page, "")
	page = regexp.MustCompile(`\\f[BIRP]|\\&`).ReplaceAllString(page, "")
	page = strings.NewReplacer(`\-`, "-", `\(cq`, "'", `\e`, `\`, `\[la]`, "<", `\[ra]`, ">", `\~`, "~").Replace(page)
	return strings.Join(strings.Fields(page), " ")
}
