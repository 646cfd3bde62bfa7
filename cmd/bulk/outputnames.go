package main

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// What an output's name may have in it, to be filled in.
const (
	dateMark = "{date}" // the day on which the command began, in the machine's zone
	runMark  = "{run}"  // the run's number
)

// dated fills in the day.
func dated(began time.Time) func(string) string {
	return strings.NewReplacer(dateMark, began.Local().Format("2006-01-02")).Replace
}

// numbered fills in a run's number.
func numbered(run int64) func(string) string {
	return strings.NewReplacer(runMark, strconv.FormatInt(run, 10)).Replace
}

// noRun refuses names that want the number of a run, of a command that makes
// none.
func noRun(command string, names ...string) error {
	for _, name := range names {
		if strings.Contains(name, runMark) {
			return misused("%s: %s is the number of a run, and %s makes none", name, runMark, command)
		}
	}
	return nil
}

// filled are reports whose names are filled in.
func (r reporting) filled(fill func(string) string) reporting {
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
func (j *job) nameOutputs(fill func(string) string) {
	if j.s.output != "" {
		j.output = fill(j.output)
	}
	j.reports = j.reports.filled(fill)
	j.pictures = j.s.pictureDir(j.output, fill)
	j.outs = append([]outputFile{{flag: "output", path: j.output}}, j.reports.outputs()...)
	if j.drawsPictures() {
		j.outs = append(j.outs, outputFile{flag: "qr-dir", path: j.pictures, folder: true})
	}
}

// numberOutputs fills in the run's number, which nobody knew before it began.
func (j *job) numberOutputs(run int64) error {
	if !slices.ContainsFunc(j.outs, func(out outputFile) bool { return strings.Contains(out.path, runMark) }) {
		return nil
	}
	fill := numbered(run)
	j.nameOutputs(func(name string) string { return fill(dated(j.started)(name)) })
	return together(j.p.guardOutputs(j.outs))
}
