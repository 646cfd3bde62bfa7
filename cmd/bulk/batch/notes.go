package batch

import (
	"fmt"
	"strconv"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
)

// InputNotes says what a person should know about an input before it is used.
func InputNotes(file *input.File, survey *input.Survey, options input.Options) []string {
	notes := append([]string(nil), file.Notes...)
	if n := survey.WrongCheckDigits; n > 0 && options.ICCIDCheck != input.CheckLength {
		notes = append(notes, fmt.Sprintf("%s with a wrong check digit (Luhn): mistyped, or from an operator whose numbers have none; "+
			"they are read all the same, irreversible rows would not be sent (--iccid-check luhn stops them all, length says nothing)",
			console.Plural(n, "ICCID", "ICCIDs")))
	}
	if p := survey.OtherPrefix; p.Count > 0 {
		notes = append(notes, fmt.Sprintf("%s of another issuer than nearly all of the file, whose numbers begin with %s (line %s): is the file the right one?",
			console.Plural(p.Count, "SIM is", "SIMs are"), p.Usual, lines(p.Lines, p.Count)))
	}
	if name := file.LikelyGroup(); name != "" && survey.Has(jobs.SetAAGroup) {
		notes = append(notes, fmt.Sprintf("the file has no group column, and the column %q is not read; if it holds the group codes: --column group=%q", name, name))
	}
	if g := options.CurrentGroups; g != nil {
		notes = append(notes, g.Notes...)
		if survey.CurrentGroups < survey.Irreversible {
			notes = append(notes, fmt.Sprintf("--current-groups has the group of %d of %s for a command", survey.CurrentGroups, console.Plural(survey.Irreversible, "SIM", "SIMs")))
		}
	}
	return notes
}

// lines names the first few of so many lines.
func lines(first []int, count int) string {
	words := make([]string, len(first))
	for i, line := range first {
		words[i] = strconv.Itoa(line)
	}
	text := strings.Join(words, ", ")
	if count > len(first) {
		text += ", …"
	}
	return text
}
