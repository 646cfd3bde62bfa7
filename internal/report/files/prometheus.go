package files

import (
	"cmp"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

// writePrometheus writes a textfile for node_exporter's collector of that name.
// It is renamed into place, readable by everybody (0644).
func writePrometheus(path string, s report.Summary) error {
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(lastRun(s)); err != nil {
		return err
	}
	return prometheus.WriteToTextfile(path, registry)
}

// lastRun collects what a textfile says of the last run of a job. All are
// gauges, but for the latencies' summary: they are of one run and begin anew
// with the next, so they are no counters, and have no _total. Each bears the
// labels job, command and input, since node_exporter refuses textfiles that
// hold a series twice.
type lastRun report.Summary

// Describe says nothing: which series there are depends on the run.
func (lastRun) Describe(chan<- *prometheus.Desc) {}

// Collect sends every metric.
func (r lastRun) Collect(out chan<- prometheus.Metric) {
	s := report.Summary(r)
	m := metrics{out, prometheus.Labels{"job": valid(cmp.Or(s.Job, s.Input)), "command": orRun(s.Kind), "input": valid(s.Input)}}
	m.run(s)
	m.rows(s)
	m.upstreams(s)
}

// valid is a label's value.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// metrics are those of one run, which all bear the same labels.
type metrics struct {
	out    chan<- prometheus.Metric
	labels prometheus.Labels
}

func (m metrics) desc(name, help string, labels []string) *prometheus.Desc {
	return prometheus.NewDesc("bulk_last_run_"+name, help, labels, m.labels)
}

// gauge sends a value with further labels: name, value, name, value.
func (m metrics) gauge(name, help string, value float64, pairs ...string) {
	var names, values []string
	for i := 0; i < len(pairs); i += 2 {
		names, values = append(names, pairs[i]), append(values, pairs[i+1])
	}
	m.out <- prometheus.MustNewConstMetric(m.desc(name, help, names), prometheus.GaugeValue, value, values...)
}

func (m metrics) run(s report.Summary) {
	m.gauge("timestamp_seconds", "When the last run ended, in seconds since 1970.", float64(s.Started.Add(s.Elapsed).UnixMilli())/1000)
	m.gauge("duration_seconds", "How long the last run took.", seconds(s.Elapsed))
	m.gauge("safeguards_off", "How many safeguards were off in the last run.", float64(len(s.Off)))
	m.gauge("exit_code", "The exit code of the last run: 0 is well, 3 some rows failed, 5 some are unknown, 6 drift.", float64(s.ExitCode))
}

// rows has every outcome, also those that did not occur, so that an alert can
// tell zero from a series that is missing.
func (m metrics) rows(s report.Summary) {
	for _, a := range s.Actions {
		action := cmp.Or(string(a.Action), "none") // an empty label is none at all
		for _, outcome := range jobs.Outcomes {
			m.gauge("rows", "Rows of the last run by action and outcome.", float64(a.Counts[outcome]), "action", action, "outcome", string(outcome))
		}
	}
	m.gauge("copied_rows", "Rows of the last run that were copied from an earlier result.", float64(s.Copied))
	for _, c := range s.Codes {
		m.gauge("reason_rows", "Rows of the last run by outcome and error code.", float64(c.Count), "code", string(c.Code), "outcome", string(c.Outcome))
	}
}

func (m metrics) upstreams(s report.Summary) {
	for _, u := range s.Upstreams {
		name := string(u.Name)
		m.gauge("requests", "Requests of the last run, every attempt counted.", float64(u.Requests), "upstream", name)
		m.gauge("retries", "Requests of the last run that repeated one.", float64(u.Retries), "upstream", name)
		m.gauge("throttled_requests", "Requests of the last run that were refused for the rate.", float64(u.Throttled), "upstream", name)
		m.gauge("held_seconds", "How long rows of the last run waited because the upstream was down.", seconds(u.Held), "upstream", name)
	}
	for _, series := range s.Timeline.Series(1) {
		p := series.Whole
		m.out <- prometheus.MustNewConstSummary(
			m.desc("request_duration_seconds", "How long the requests of the last run took, every attempt counted.", []string{"upstream"}),
			uint64(p.Requests), seconds(p.Sum),
			map[float64]float64{0.5: seconds(p.P50), 0.9: seconds(p.P90), 0.99: seconds(p.P99), 1: seconds(p.Max)}, string(series.Upstream))
	}
}
