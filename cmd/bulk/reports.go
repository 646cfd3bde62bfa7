package main

import (
	"cmp"
	"context"

	"github.com/spf13/pflag"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/files"
	"bulk/internal/report/qrsheet"
)

// reporting is what a command writes beside its result file.
type reporting struct {
	targets []files.Target
	sheet   string // an HTML page of QR pictures; empty: none
	labels  []string
}

func (s *settings) registerReports(f *pflag.FlagSet) {
	f.StringArrayVar(&s.reports, "report", nil, "report `FILE`, repeatable: .json, .md, .xml (JUnit), .html or .prom, or FORMAT:FILE")
	f.StringVar(&s.job, "job", "", "`NAME` that the metrics of a .prom report bear as their label job (the input's path)")
}

func (s *settings) registerSheet(f *pflag.FlagSet) {
	f.StringVar(&s.qrSheet, "qr-sheet", "", "printable page of the QR pictures, `FILE`.html")
	f.StringSliceVar(&s.qrLabels, "qr-label", nil, "`COLUMNS` that stand beside each picture on the sheet, such as site,order_no")
}

// reportTargets reads --report.
func (s *settings) reportTargets() (all []files.Target, err error) {
	for _, text := range s.reports {
		target, err := files.ParseTarget(text)
		if err != nil {
			return nil, misused("--report: %v", err)
		}
		all = append(all, target)
	}
	return all, nil
}

// reportsFor is what is written beside the results of an input with these columns.
func (s *settings) reportsFor(columns []string) (r reporting, err error) {
	r.targets, r.sheet = s.checked.reports, s.qrSheet
	if r.labels, err = qrsheet.Labels(s.qrLabels, columns); err != nil {
		return r, misused("--qr-label: %v", err)
	}
	return r, nil
}

// outputs lists what will be written, by its flag.
func (r reporting) outputs() (outs []outputFile) {
	for _, target := range r.targets {
		outs = append(outs, outputFile{flag: "report", path: target.Path})
	}
	if r.sheet != "" {
		outs = append(outs, outputFile{flag: "qr-sheet", path: r.sheet})
	}
	return outs
}

// jobName is what the runs of an input are told apart by in metrics, so that
// two jobs never write the same series.
func (s *settings) jobName(input string) string { return cmp.Or(s.job, absolute(input)) }

// files lists what will be written.
func (r reporting) files() (paths []string) {
	for _, target := range r.targets {
		paths = append(paths, target.Path)
	}
	if r.sheet != "" {
		paths = append(paths, r.sheet)
	}
	return paths
}

// write writes the reports and the sheet. One that cannot be written is a
// warning and turns exit code 0 into 1, and nothing else: the result file stands.
func (r reporting) write(ctx context.Context, u *ui, s *report.Summary, w *resultFile, title string) {
	rows := func(each func(jobs.Row, jobs.Result) error) error { return w.each(ctx, each) }
	failed := false
	if r.sheet != "" {
		count, err := qrsheet.Write(r.sheet, qrsheet.Sheet{Title: title, Labels: r.labels}, qrsheet.Codes(rows, w.file.Columns(), r.labels))
		switch {
		case err != nil:
			u.warn("the QR sheet: %v", err)
			failed = true
		case count.Missing > 0:
			u.warn("the QR sheet lacks %s: the picture could not be read", plural(count.Missing, "SIM", "SIMs"))
		}
	}
	if err := files.Write(r.targets, *s, w.file.Columns(), rows); err != nil {
		u.warn("writing the reports: %v", err)
		failed = true
	}
	if failed && s.ExitCode == report.ExitOK {
		s.ExitCode = report.ExitBroken
	}
}
