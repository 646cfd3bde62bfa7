// Package reference writes the reference of outcomes, row codes and exit codes
// (docs/errors.md) from the tables that the program itself uses.
package reference

import (
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

// sections divide jobs.Codes: each begins with its code and goes on until the
// next.
var sections = []struct {
	first jobs.Code
	title string
	text  string
}{
	{jobs.ICCIDFormat, "The row itself", "Found before anything is sent. The outcome is `invalid`, for `duplicate_row` `skipped`."},
	{jobs.GroupUnknown, "Before an irreversible row is sent", "A precondition failed, so the command was not sent. The outcome is `rejected`. " +
		"`sim_not_pending`, `sim_unknown` and `group_not_live` are also the upstream's own no; then the outcome is `failed`."},
	{jobs.NotFound, "The upstream and the way to it", "The outcome is `failed`; it is `unknown` where an irreversible request was sent and may have been done, and then the cure is that of the outcome: look the SIM up in the portal first. " +
		"The upstream's own words are in `upstream_error`."},
	{jobs.AlreadyDone, "Passed over, or not reached, or not as expected", "The outcomes are `skipped`, `not_run` and `drift`. " +
		"A row that a crash or a lost answer left in doubt is `unknown`, with `interrupted`; one that an earlier run left so has `still_unknown`."},
}

// Outcome says which outcome a row has that ends with a code.
func Outcome(code jobs.Code) (text string) {
	for _, e := range jobs.Codes {
		for _, s := range sections {
			if s.first == e.Code {
				text = s.text
			}
		}
		if e.Code == code {
			return strings.ReplaceAll(text, "`", "")
		}
	}
	return ""
}

// Markdown gives the reference.
func Markdown() string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("# What went wrong, and what to do about it\n")
	line("<!-- Written from the program's own tables: go test ./internal/report/reference -update -->\n")
	line("The column `outcome` of a result file says how a row ended, `error_code` why, and `error_description` the same in a")
	line("sentence, with what is known of the row at hand. `bulk run RESULTS --only failed,not_run` runs just those rows again.\n")
	line("- [Outcomes](#outcomes)\n- [Row codes](#row-codes)\n- [Exit codes](#exit-codes)\n")
	line("## Outcomes\n\n| outcome | meaning | what to do |\n|:--|:--|:--|")
	for _, e := range report.Outcomes {
		line("| `%s` | %s | %s |", e.Outcome, cell(e.Meaning), cell(e.Cure))
	}
	line("\n## Row codes")
	for _, e := range jobs.Codes {
		for _, s := range sections {
			if s.first == e.Code {
				line("\n### %s\n\n%s\n\n| code | cause | cure |\n|:--|:--|:--|", s.title, s.text)
			}
		}
		line("| `%s` | %s | %s |", e.Code, cell(e.Cause), cell(e.Cure))
	}
	line("\n## Exit codes\n\nSeveral at once: the first of 5, 77, 130 or 143, 1, 3, 6. A crash of the program itself ends with 2.\n")
	line("| code | meaning | what to do |\n|--:|:--|:--|")
	for _, e := range report.Exits {
		line("| %d | %s | %s |", e.Code, cell(e.Meaning), cell(e.Cure))
	}
	return out.String()
}

// withValue are the flags that the texts name with a value.
var withValue = []string{"--only", "--iccid-check", "--wait"}

// cell makes a text fit for a table; flags and names in it are code.
func cell(text string) string {
	words := strings.Fields(text)
	var set []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		if slices.Contains(withValue, word) && i+1 < len(words) {
			i++
			word += " " + words[i]
		}
		set = append(set, asCode(word))
	}
	return strings.ReplaceAll(strings.Join(set, " "), "|", `\|`)
}

// asCode sets a flag or a name as code, without the marks around it.
func asCode(word string) string {
	bare := strings.Trim(word, ".,;:()")
	if !strings.HasPrefix(bare, "--") && !strings.ContainsAny(bare, "_=|") {
		return word
	}
	before, after, _ := strings.Cut(word, bare)
	return before + "`" + bare + "`" + after
}
