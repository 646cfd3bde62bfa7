package usage

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/internal/report/human"
)

// Width is how wide help is at most, in columns.
const Width = 80

// Of has a command and those below it show their help so.
func Of(root *cobra.Command) {
	root.SetUsageFunc(func(cmd *cobra.Command) error { return write(cmd.OutOrStderr(), cmd) })
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		out := cmd.OutOrStdout()
		if about := strings.TrimSpace(cmd.Long); about != "" {
			fmt.Fprintln(out, Fold(about, Width))
		} else {
			fmt.Fprintln(out, Fold(cmd.Short+".", Width))
		}
		fmt.Fprintln(out)
		_ = write(out, cmd)
	})
}

// write writes how a command is used.
func write(w io.Writer, cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.Runnable() && cmd.HasParent() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND\n", cmd.CommandPath())
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", pasted(cmd.Example, Width))
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		longest := 0
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				longest = max(longest, len(c.Name()))
			}
		}
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				indent := strings.Repeat(" ", longest+5)
				fmt.Fprintf(&b, "  %-*s   %s\n", longest, c.Name(), strings.Join(folded(c.Short, Width-len(indent)), "\n"+indent))
			}
		}
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.AddFlagSet(cmd.LocalFlags())
	flags.AddFlagSet(cmd.InheritedFlags())
	for _, h := range headings {
		if part := under(h, flags); part.HasAvailableFlags() {
			fmt.Fprintf(&b, "\n%s:\n%s", h.title, part.FlagUsagesWrapped(Width))
		}
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s COMMAND --help says more of a command.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// under are the flags of a heading that a command has, in the heading's order.
func under(h heading, flags *pflag.FlagSet) *pflag.FlagSet {
	part := pflag.NewFlagSet(h.title, pflag.ContinueOnError)
	part.SortFlags = false
	for _, name := range h.flags {
		if f := flags.Lookup(name); f != nil {
			shown := *f
			shown.Usage, shown.DefValue = strings.ReplaceAll(f.Usage, "\n", " "), plain(f.DefValue)
			part.AddFlag(&shown)
		}
	}
	return part
}

// plain is a flag's default as a person would write it: status,contract and 15m, where
// the program's own spelling is [status,contract] and 15m0s. None stays as it is, which
// is how it is known.
func plain(value string) string {
	if list, ok := strings.CutPrefix(value, "["); ok && value != "[]" {
		return strings.TrimSuffix(list, "]")
	}
	if d, err := time.ParseDuration(value); err == nil && d.String() == value {
		return human.Written(d)
	}
	return value
}

// Placed reports whether a flag stands under a heading.
func Placed(name string) bool {
	return slices.ContainsFunc(headings, func(h heading) bool { return slices.Contains(h.flags, name) })
}
