package files

import (
	"errors"
	"fmt"
	"io"

	"bulk/internal/report"
)

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
