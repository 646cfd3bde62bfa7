package batch

import (
	"context"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/files"
	"bulk/internal/report/qrsheet"
)

// Reporting is what a command writes beside its result file.
type Reporting struct {
	targets []files.Target
	sheet   string // an HTML page of QR pictures; empty: none
	labels  []string
}

// ReportsFor is what is written beside the results of an input with these columns.
func ReportsFor(s *settings.Options, columns []string) (r Reporting, err error) {
	r.targets, r.sheet = s.Checked.Reports, s.QRSheet
	if r.labels, err = qrsheet.Labels(s.QRLabels, columns); err != nil {
		return r, console.Misused("--qr-label: %v", err)
	}
	return r, nil
}

// Outputs lists what will be written, by its flag.
func (r Reporting) Outputs() (outs []settings.OutputFile) {
	for _, target := range r.targets {
		outs = append(outs, settings.OutputFile{Flag: "report", Path: target.Path})
	}
	if r.sheet != "" {
		outs = append(outs, settings.OutputFile{Flag: "qr-sheet", Path: r.sheet})
	}
	return outs
}

// Files lists what will be written.
func (r Reporting) Files() (paths []string) {
	for _, target := range r.targets {
		paths = append(paths, target.Path)
	}
	if r.sheet != "" {
		paths = append(paths, r.sheet)
	}
	return paths
}

// Write writes the reports and the sheet. One that cannot be written is a
// warning and turns exit code 0 into 1, and nothing else: the result file stands.
func (r Reporting) Write(ctx context.Context, u *console.UI, s *report.Summary, w *ResultFile, title string) {
	rows := func(each func(jobs.Row, jobs.Result) error) error { return w.Each(ctx, each) }
	failed := false
	if r.sheet != "" {
		count, err := qrsheet.Write(r.sheet, qrsheet.Sheet{Title: title, Columns: w.Columns(), Labels: r.labels}, rows)
		if err != nil {
			u.Warn("the QR sheet: %v", err)
			failed = true
		}
		s.Notes = append(s.Notes, count.Notes()...)
	}
	if err := files.Write(r.targets, *s, w.Columns(), rows); err != nil {
		u.Warn("writing the reports: %v", err)
		failed = true
	}
	if failed && s.ExitCode == report.ExitOK {
		s.ExitCode = report.ExitBroken
	}
}
