package input

import (
	"strings"

	"bulk/internal/jobs"
)

// width says what is wrong with a row's number of fields. Spare empty ones at its
// end do not count, and spreadsheets leave out empty cells at the end of a row;
// but what a command needs is not guessed, nor taken from a row in which the file
// was cut off.
func (j *judge) width(r *record) *jobs.Fault {
	l := j.layout
	if len(r.fields) > l.width {
		return fieldCount(r.found, l.width)
	}
	if r.found >= l.width {
		return nil
	}
	action := j.actionOf(r.Action)
	_, unread := jobs.ParseICCID(r.ICCID)
	before := unread == nil && r.found > max(l.places[iccidColumn], l.outcome)
	switch {
	case before && action.Irreversible() && r.found <= l.last(action):
		return j.endsBefore(r, string(action)+" reads")
	case before && action == "" && r.found <= l.places[actionColumn]:
		return j.endsBefore(r, "bulk reads")
	case action == "" || r.found <= l.last(action):
		return fieldCount(r.found, l.width)
	case r.last && action.Irreversible():
		return invalid(jobs.FieldCount, "The file ends in this row, in field %d of %d and without a line end, as if it had been cut off. "+
			"Get the whole file, or end the line if it is whole.", r.found, l.width)
	}
	return nil
}

func fieldCount(has, want int) *jobs.Fault {
	return invalid(jobs.FieldCount, "The row has %s where the header has %d. Look for a missing or an unquoted delimiter in this line.", counted(has, "field"), want)
}

// endsBefore is the fault of a row without the last columns that bulk reads of it:
// a spreadsheet left them out, or they were lost.
func (j *judge) endsBefore(r *record, reads string) *jobs.Fault {
	var names, given []string
	for c, at := range j.layout.places {
		if at < r.found {
			continue
		}
		names = append(names, columnNames[c])
		if c := column(c); c == actionColumn && j.options.Action != "" || c == groupColumn && j.options.Group != "" {
			given = append(given, "--"+c.String())
		}
	}
	empty := "what is meant to be empty"
	if given != nil {
		empty += " or to come from " + strings.Join(given, " and ")
	}
	return invalid(jobs.FieldCount, "The line ends after %d of %d fields, before what %s: %s. A spreadsheet left out the empty cells at its end, or it was cut off. "+
		"Write the cells; for %s end the line with empty fields, a delimiter for each.", r.found, j.layout.width, reads, strings.Join(names, ", "), empty)
}
