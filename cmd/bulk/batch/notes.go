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
	notes = append(notes, columnNotes(file, survey, options)...)
	if g := options.CurrentGroups; g != nil {
		notes = append(notes, g.Notes...)
		if survey.CurrentGroups < survey.Irreversible {
			notes = append(notes, fmt.Sprintf("--current-groups has the group of %d of %s for a command", survey.CurrentGroups, console.Plural(survey.Irreversible, "SIM", "SIMs")))
		}
	}
	return notes
}

// columnNotes names columns that are not read and may be meant to be.
func columnNotes(file *input.File, survey *input.Survey, options input.Options) (notes []string) {
	for _, o := range survey.Overruled {
		notes = append(notes, o.String()+"; "+o.Hint())
	}
	unread := func(own, what string) {
		if name := file.Likely(own); name != "" {
			notes = append(notes, fmt.Sprintf("the file has no %s column, and the column %.40q is not read; if it holds %s: --column %s=%.40q", own, name, what, own, name))
		}
	}
	if survey.Has(jobs.SetAAGroup) {
		unread("group", "the group codes")
		if options.CurrentGroups == nil {
			unread("current_group", "the groups in which the SIMs are")
		}
	}
	unread("expect", "what is expected of the answers")
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
