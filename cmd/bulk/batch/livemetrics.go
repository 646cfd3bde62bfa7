package batch

import (
	"time"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/files"
)

// metricsEvery is how often the textfile says how far a run is: as often as
// metrics are commonly scraped.
const metricsEvery = 15 * time.Second

// currentMetrics keeps the Prometheus textfiles up to date while the run goes
// on, until stop is called. One that cannot be written is a warning, once.
func (j *connected) currentMetrics(far func() (total int, tally map[jobs.Outcome]int)) (stop func()) {
	targets := j.textfiles(j.output)
	if len(targets) == 0 {
		return func() {}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(metricsEvery)
		defer ticker.Stop()
		for warned := false; ; {
			if err := files.WriteCurrent(targets, j.soFar(far())); err != nil && !warned {
				j.u.Warn("%v", err)
				warned = true
			}
			select {
			case <-quit:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// soFar is how far the run is.
func (j *Job) soFar(total int, tally map[jobs.Outcome]int) report.Summary {
	return report.Summary{
		Kind: kindLabel(j.kind), Job: j.s.JobName(j.name), Input: j.name, Started: j.started, Elapsed: j.p.Now().Sub(j.started),
		Total: total, Actions: []report.ActionCounts{{Action: jobs.Action(""), Counts: tally}},
	}
}
