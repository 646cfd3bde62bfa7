package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
)

// newManual writes the man pages of all commands, for a release. What they say
// is what --help says; their date is SOURCE_DATE_EPOCH's where that is set.
func newManual(p *settings.Sources) *cobra.Command {
	return &cobra.Command{
		Use:    "manual DIR",
		Short:  "Write the man pages of all commands into a folder",
		Hidden: true,
		Args:   oneInput("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return console.Broken(err)
			}
			date := p.Now()
			if text, ok := p.Env("SOURCE_DATE_EPOCH"); ok {
				seconds, err := strconv.ParseInt(text, 10, 64)
				if err != nil {
					return console.Misused("SOURCE_DATE_EPOCH is a number of seconds, not %q", text)
				}
				date = time.Unix(seconds, 0)
			}
			if err := writeManual(cmd.Root(), args[0], date.UTC()); err != nil {
				return console.Broken(err)
			}
			return nil
		},
	}
}

// writeManual writes the page of a command and those of its children.
func writeManual(cmd *cobra.Command, dir string, date time.Time) error {
	forMarkdown(cmd)
	cmd.DisableAutoGenTag = true
	return doc.GenManTree(cmd, &doc.GenManHeader{Date: &date, Source: "bulk " + console.VersionText(), Manual: "bulk"}, dir)
}

// forMarkdown fits the help texts for the generator, which takes them for
// Markdown: paragraphs with indented lines are tables and stay as they are, in
// others nothing has a meaning.
func forMarkdown(cmd *cobra.Command) {
	paragraphs := strings.Split(cmd.Long, "\n\n")
	for i, paragraph := range paragraphs {
		if slices.ContainsFunc(strings.Split(paragraph, "\n"), func(line string) bool { return strings.HasPrefix(line, " ") }) {
			paragraphs[i] = "```\n" + paragraph + "\n```"
		} else {
			paragraphs[i] = markdownEscapes.Replace(paragraph)
		}
	}
	cmd.Long = strings.Join(paragraphs, "\n\n")
	for _, child := range cmd.Commands() {
		forMarkdown(child)
	}
}

var markdownEscapes = strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "`", "\\`")
