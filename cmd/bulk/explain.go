package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/meant"
	"bulk/internal/report"
	"bulk/internal/report/reference"
)

func newExplain(p *settings.Sources) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE]",
		Short: "Say what an error code, an outcome or an exit code means, and what to do",
		Long: `Says what CODE means, what causes it and what to do: an error_code or an outcome of
a result file, or the exit code of a command. Without CODE it lists them all.`,
		Example: `  bulk explain sim_not_pending
  bulk explain unknown
  bulk explain 5
  bulk explain`,
		Args: atMostOne("CODE"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var words []string
			for _, m := range meanings() {
				words = append(words, m.word+"\t"+m.what)
			}
			return words, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, m := range meanings() {
					fmt.Fprintf(p.Stdout, "%-24s %s\n", m.word, m.what)
				}
				return nil
			}
			return explain(p, args[0])
		},
	}
}

// meaning is a word that bulk writes, and what is to be said of it.
type meaning struct {
	word       string
	kind       string // of word
	what, cure string // sentences
	outcome    string // of a row with it
}

// meanings are all words that bulk explains, from the tables that the results,
// the reports and docs/errors.md are made from.
func meanings() (all []meaning) {
	for _, o := range report.Outcomes {
		all = append(all, meaning{string(o.Outcome), "outcome", o.Meaning, o.Cure, ""})
	}
	for _, c := range jobs.Codes {
		all = append(all, meaning{string(c.Code), "error_code", c.Cause, c.Cure, reference.Outcome(c.Code)})
	}
	for _, e := range report.Exits {
		all = append(all, meaning{strconv.Itoa(e.Code), "exit code", jobs.Sentence(e.Meaning), e.Cure, ""})
	}
	return all
}

// explain says what a word means. One word may be an outcome and a code.
func explain(p *settings.Sources, word string) error {
	asked := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(word)), "-", "_")
	found := false
	var words []string
	for _, m := range meanings() {
		if m.kind != "exit code" { // whose digits say nothing of each other
			words = append(words, m.word)
		}
		if m.word == asked {
			found = true
			fmt.Fprintf(p.Stdout, "%s (%s): %s\nWhat to do: %s\n", m.word, m.kind, m.what, m.cure)
			if m.outcome != "" {
				fmt.Fprintln(p.Stdout, m.outcome)
			}
		}
	}
	if !found {
		return console.Misused("%q is no code that bulk knows; bulk explain lists them%s", word, meant.Ask(asked, words))
	}
	return nil
}
