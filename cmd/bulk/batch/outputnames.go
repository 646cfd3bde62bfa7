package batch

import (
	"slices"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
)

// Filled are reports whose names are filled in.
func (r Reporting) Filled(fill func(string) string) Reporting {
	targets := r.targets
	r.targets = nil
	for _, target := range targets {
		target.Path = fill(target.Path)
		r.targets = append(r.targets, target)
	}
	r.sheet = fill(r.sheet)
	return r
}

// nameOutputs fills in the names of outputs that were given. What those are
// called that were not follows from the input's name, which is as it is.
func (j *connected) nameOutputs(fill func(string) string) {
	if j.s.Output != "" {
		j.output = fill(j.output)
	}
	j.reports = j.reports.Filled(fill)
	j.pictures = j.s.PictureDir(j.output, fill)
	j.outs = append([]settings.OutputFile{{Flag: "output", Path: j.output}}, j.reports.Outputs()...)
	if j.drawsPictures() {
		j.outs = append(j.outs, settings.OutputFile{Flag: "qr-dir", Path: j.pictures, Folder: true})
	}
}

// numberOutputs fills in the run's number, which nobody knew before it began.
func (j *connected) numberOutputs(run int64) error {
	if !slices.ContainsFunc(j.outs, func(out settings.OutputFile) bool { return strings.Contains(out.Path, settings.RunMark) }) {
		return nil
	}
	fill := settings.Numbered(run)
	j.nameOutputs(func(name string) string { return fill(settings.Dated(j.started)(name)) })
	return console.Together(j.p.GuardOutputs(j.outs))
}

// drawsPictures reports whether rows of the input make QR pictures.
func (j *loaded) drawsPictures() bool {
	return j.survey.Has(jobs.GetQRCode) || j.survey.Has(jobs.QueryQRInfo)
}
