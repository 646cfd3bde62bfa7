package files

import (
	"errors"
	"fmt"
	"io"
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

// Write writes the reports, each whole or not at all (see [report.Publish]),
// 0600 but for the Prometheus textfile, which holds counts alone and which
// another user's node_exporter must read: 0644. Columns are the names of the
// input's own columns, as row.Fields holds them. One that fails does not keep
// the others from being written; the error names each that did.
//
// The memory needed does not grow with the rows.
func Write(targets []Target, s report.Summary, columns []string, rows Rows) error {
	s = safeSummary(s)
	var failed []error
	for _, t := range targets {
		if err := t.write(s, columns, rows); err != nil {
			failed = append(failed, fmt.Errorf("writing the report: %w", err))
		}
	}
	return errors.Join(failed...)
}

// safeSummary makes the texts of a summary fit for a report that may hold words
// of others. Commands and paths stay as they are, since they are to be pasted.
func safeSummary(s report.Summary) report.Summary {
	s.Ending = redact.Text(s.Ending)
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

func (t Target) write(s report.Summary, columns []string, rows Rows) error {
	if t.Format == Prometheus {
		return writePrometheus(t.Path, s)
	}
	return report.PublishMode(t.Path, 0o600, func(w io.Writer) error { return t.Format.render(w, s, columns, rows) })
}

func (f Format) render(w io.Writer, s report.Summary, columns []string, rows Rows) error {
	switch f {
	case JSON:
		return writeJSON(w, s)
	case Markdown:
		return writeMarkdown(w, s, rows)
	case JUnit:
		return writeJUnit(w, s, rows)
	case HTML:
		return writeHTML(w, s, columns, rows)
	}
	return fmt.Errorf("%q is no format of a report", f)
}
