package batch

import (
	"strings"

	"bulk/cmd/bulk/settings"
	"bulk/internal/report/files"
)

// textfiles are the Prometheus textfiles among the reports that may be written
// beside the results: a refusal may be just for one that may not.
func (j *Job) textfiles(results string) (all []files.Target) {
	output := settings.OutputFile{Flag: "output", Path: results}
	for _, target := range (Reporting{targets: j.s.Checked.Reports}).Filled(settings.Dated(j.started)).targets {
		if strings.Contains(target.Path, settings.RunMark) {
			continue // that number is not known
		}
		out := settings.OutputFile{Flag: "report", Path: target.Path}
		if target.Format == files.Prometheus && j.p.TakenBy(out, []settings.OutputFile{output}, j.p.Kept) == "" && out.Writable() == nil {
			all = append(all, target)
		}
	}
	return all
}
