package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newManual writes the man pages of all commands, for a release. What they say
// is what --help says; their date is SOURCE_DATE_EPOCH's where that is set.
func newManual(p *process) *cobra.Command {
	return &cobra.Command{
		Use:    "manual DIR",
		Short:  "Write the man pages of all commands into a folder",
		Hidden: true,
		Args:   oneInput("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return broken(err)
			}
			date := p.now()
			if text, ok := p.env("SOURCE_DATE_EPOCH"); ok {
				seconds, err := strconv.ParseInt(text, 10, 64)
				if err != nil {
					return misused("SOURCE_DATE_EPOCH is a number of seconds, not %q", text)
				}
				date = time.Unix(seconds, 0)
			}
			return writeManual(cmd.Root(), args[0], date.UTC().Format(time.DateOnly))
		},
	}
}

// writeManual writes the page of a command and those of its children.
func writeManual(cmd *cobra.Command, dir, date string) error {
	if cmd.Hidden {
		return nil
	}
	cmd.InitDefaultHelpFlag()
	page := manualPage(cmd, date)
	if err := os.WriteFile(filepath.Join(dir, pageName(cmd)+".1"), []byte(page), 0o644); err != nil {
		return broken(err)
	}
	for _, c := range cmd.Commands() {
		if err := writeManual(c, dir, date); err != nil {
			return err
		}
	}
	return nil
}

// pageName is bulk-runs-prune for bulk runs prune.
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// roff is text with the man macros (man(7)).
type roff struct{ strings.Builder }

func manualPage(cmd *cobra.Command, date string) string {
	r := &roff{}
	r.WriteString(fmt.Sprintf(".TH \"%s\" 1 \"%s\" \"%s\"\n", escape(strings.ToUpper(pageName(cmd))), date, escape("bulk "+versionText())))
	r.macro(".SH", "NAME")
	r.line(pageName(cmd) + " - " + cmd.Short)
	r.macro(".SH", "SYNOPSIS")
	r.line(cmd.UseLine())
	r.macro(".SH", "DESCRIPTION")
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	r.text(text)
	r.options("OPTIONS", cmd.NonInheritedFlags())
	r.options("OPTIONS OF ALL COMMANDS", cmd.InheritedFlags())
	if cmd.Example != "" {
		r.macro(".SH", "EXAMPLES")
		r.asIs(strings.Split(strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n"), "\n"))
	}
	r.seeAlso(cmd)
	return r.String()
}

func (r *roff) macro(name string, arguments ...string) {
	r.WriteString(name)
	for _, a := range arguments {
		r.WriteString(` "` + strings.ReplaceAll(escape(a), `"`, `\(dq`) + `"`)
	}
	r.WriteString("\n")
}

// line writes a line of text, which is no macro whatever it begins with.
func (r *roff) line(text string) {
	text = escape(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	r.WriteString(text + "\n")
}

// text writes paragraphs. One with indented lines is a table and stays as it
// is.
func (r *roff) text(text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			r.macro(".PP")
		}
		lines := strings.Split(paragraph, "\n")
		if slices.ContainsFunc(lines, func(line string) bool { return strings.TrimLeft(line, " \t") != line }) {
			r.asIs(lines)
			continue
		}
		for _, line := range lines {
			r.line(line)
		}
	}
}

// asIs writes lines that are not to be filled.
func (r *roff) asIs(lines []string) {
	r.macro(".nf")
	for _, line := range lines {
		r.line(line)
	}
	r.macro(".fi")
}

func (r *roff) options(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	r.macro(".SH", title)
	flags.VisitAll(func(f *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(f)
		r.macro(".TP")
		head := `\fB` + escape("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			head = `\fB` + escape("-"+f.Shorthand) + `\fR, ` + head
		}
		if value != "" {
			head += ` \fI` + escape(value) + `\fR`
		}
		r.WriteString(head + "\n")
		if shown := f.DefValue; f.Value.Type() != "bool" && shown != "" && shown != "[]" {
			usage += fmt.Sprintf(" (default %s)", strings.Trim(shown, "[]"))
		}
		r.text(usage)
	})
}

func (r *roff) seeAlso(cmd *cobra.Command) {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, `\fB`+escape(pageName(cmd.Parent()))+`\fR(1)`)
	}
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			pages = append(pages, `\fB`+escape(pageName(c))+`\fR(1)`)
		}
	}
	if pages != nil {
		r.macro(".SH", "SEE ALSO")
		r.WriteString(strings.Join(pages, ",\n") + "\n")
	}
}

// escape makes roff print a text as it is: a dash that can be pasted, no
// escapes.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, "’", `\(cq`).Replace(text)
}
