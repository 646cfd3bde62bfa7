package files

import (
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/redact"
)

// Rows gives every row of the input with its result, in the input's order, and
// ends with the first error, be it its own or that of the function it is given.
// It is called once for each report that shows rows. A copied row's result is
// not looked at.
type Rows func(each func(jobs.Row, jobs.Result) error) error

// safeSummary makes the texts of a summary fit for a report that may hold words
// of others. Commands and paths stay as they are, since they are to be pasted.
func safeSummary(s report.Summary) report.Summary {
	s.Ending = redact.Text(s.Ending)
	s.Refusals = slices.Clone(s.Refusals)
	for i, r := range s.Refusals {
		s.Refusals[i] = report.Refusal{Text: redact.Text(r.Text), Hints: slices.Clone(r.Hints)}
		for k, hint := range r.Hints {
			s.Refusals[i].Hints[k] = redact.Text(hint)
		}
	}
	s.Notes = slices.Clone(s.Notes)
	for i, note := range s.Notes {
		s.Notes[i] = redact.Text(note)
	}
	s.Origin.Approvals = slices.Clone(s.Origin.Approvals)
	for i := range s.Origin.Approvals {
		reason := &s.Origin.Approvals[i].Reason
		*reason = redact.Text(*reason)
	}
	return s
}
