package files

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

// The metrics of a textfile are of three kinds, by the beginning of their names:
// of the last run that ended, of the last attempt at one, which may have been
// refused, and of the run that goes on. SIMs in doubt come with the first.
const (
	ofRun     = "bulk_last_run_"
	ofAttempt = "bulk_last_attempt_"
	ofCurrent = "bulk_current_run_"
)

// writeMetrics writes a textfile for node_exporter's collector of that name,
// renamed into place and readable by everybody (0644). Of what stands in it
// already, the metrics whose names begin with one of keep stay as they are.
func writeMetrics(path string, collect func(metrics), s report.Summary, keep ...string) error {
	registry := prometheus.NewPedanticRegistry()
	labels := prometheus.Labels{"job": valid(cmp.Or(s.Job, s.Input)), "command": orRun(s.Kind), "input": valid(s.Input)}
	if err := registry.Register(collector{collect, labels}); err != nil {
		return err
	}
	kept := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return familiesIn(path, keep), nil })
	families, err := prometheus.Gatherers{registry, kept}.Gather()
	if err != nil {
		return err
	}
	// As prometheus.WriteToTextfile does, but swept where the process is killed.
	return report.PublishMode(path, 0o644, func(w io.Writer) error {
		for _, family := range families {
			if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
				return err
			}
		}
		return nil
	})
}

// familiesIn reads the metrics of a textfile whose names begin with one of
// these; none where there is no file that can be read.
func familiesIn(path string, begin []string) (kept []*dto.MetricFamily) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil
	}
	for name, family := range families {
		if slices.ContainsFunc(begin, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			kept = append(kept, family)
		}
	}
	return kept
}

// writePrometheus writes the metrics of a run that ended.
func writePrometheus(path string, s report.Summary) error {
	return writeMetrics(path, func(m metrics) {
		m.attempt(s)
		m.run(s)
		m.rows(s)
		m.upstreams(s)
		m.doubts(s)
	}, s)
}

// WriteAttempt notes in the textfiles among the targets that a run was refused,
// or ended before it began. What they say of the last run stays.
func WriteAttempt(targets []Target, s report.Summary) error {
	return writeTextfiles(targets, s, metrics.attempt, ofRun, "bulk_in_doubt")
}

// WriteCurrent notes in the textfiles among the targets how far a run is that
// goes on. What they say of the last run and attempt stays.
func WriteCurrent(targets []Target, s report.Summary) error {
	return writeTextfiles(targets, s, metrics.current, ofRun, ofAttempt, "bulk_in_doubt")
}

func writeTextfiles(targets []Target, s report.Summary, collect func(metrics, report.Summary), keep ...string) error {
	var failed []error
	for _, t := range targets {
		if t.Format != Prometheus {
			continue
		}
		if err := writeMetrics(t.Path, func(m metrics) { collect(m, s) }, s, keep...); err != nil {
			failed = append(failed, fmt.Errorf("writing the report %s: %w", t.Path, err))
		}
	}
	return errors.Join(failed...)
}

// collector sends the metrics of a job. All are gauges, but for the latencies'
// summary: they are of one run and begin anew with the next, so they are no
// counters, and have no _total. Each bears the labels job, command and input,
// since node_exporter refuses textfiles that hold a series twice.
type collector struct {
	collect func(metrics)
	labels  prometheus.Labels
}

// Describe says nothing: which series there are depends on the run.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect sends every metric.
func (c collector) Collect(out chan<- prometheus.Metric) { c.collect(metrics{out, c.labels}) }

// valid is a label's value.
func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// metrics are those of one job, which all bear the same labels.
type metrics struct {
	out    chan<- prometheus.Metric
	labels prometheus.Labels
}

func (m metrics) desc(name, help string, labels []string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, m.labels)
}

// gauge sends a value with further labels: name, value, name, value.
func (m metrics) gauge(name, help string, value float64, pairs ...string) {
	var names, values []string
	for i := 0; i < len(pairs); i += 2 {
		names, values = append(names, pairs[i]), append(values, pairs[i+1])
	}
	m.out <- prometheus.MustNewConstMetric(m.desc(name, help, names), prometheus.GaugeValue, value, values...)
}

func (m metrics) attempt(s report.Summary) {
	m.gauge(ofAttempt+"timestamp_seconds", "When the last attempt at a run ended, be it refused or not, in seconds since 1970.", ended(s))
	m.gauge(ofAttempt+"exit_code", "The exit code of the last attempt at a run: 4, 64 and 75 say that it was refused.", float64(s.ExitCode))
}

func (m metrics) current(s report.Summary) {
	m.gauge(ofCurrent+"started_timestamp_seconds", "When the run that goes on was started, in seconds since 1970.", float64(s.Started.UnixMilli())/1000)
	m.gauge(ofCurrent+"updated_timestamp_seconds", "When this was written; a run that goes on writes it every quarter of a minute.", ended(s))
	m.gauge(ofCurrent+"rows", "Rows that the run that goes on is to do.", float64(s.Total))
	counts := s.Counts()
	for _, outcome := range jobs.Outcomes {
		m.gauge(ofCurrent+"done_rows", "Rows of the run that goes on that have ended, by outcome.", float64(counts[outcome]), "outcome", string(outcome))
	}
}

// doubts are over the whole ledger.
func (m metrics) doubts(s report.Summary) {
	for _, d := range s.InDoubt {
		age := 0.0
		if !d.Oldest.IsZero() {
			age = max(seconds(s.Started.Add(s.Elapsed).Sub(d.Oldest)), 0)
		}
		m.gauge("bulk_in_doubt", "SIMs of the account of which nobody knows whether their command was done, in the whole ledger.", float64(d.SIMs), "account", valid(d.Account))
		m.gauge("bulk_in_doubt_oldest_seconds", "How long ago the first of them was sent its command; 0 where there are none.", age, "account", valid(d.Account))
	}
}

// ended is when a summary's time was up, in seconds since 1970.
func ended(s report.Summary) float64 { return float64(s.Started.Add(s.Elapsed).UnixMilli()) / 1000 }

func (m metrics) run(s report.Summary) {
	m.gauge(ofRun+"timestamp_seconds", "When the last run ended, in seconds since 1970.", ended(s))
	m.gauge(ofRun+"duration_seconds", "How long the last run took.", seconds(s.Elapsed))
	m.gauge(ofRun+"safeguards_off", "How many safeguards were off in the last run.", float64(len(s.Off)))
	m.gauge(ofRun+"exit_code", "The exit code of the last run: 0 is well, 3 some rows failed, 5 some are unknown, 6 drift.", float64(s.ExitCode))
}

// rows has every outcome, also those that did not occur, so that an alert can
// tell zero from a series that is missing.
func (m metrics) rows(s report.Summary) {
	for _, a := range s.Actions {
		action := cmp.Or(string(a.Action), "none") // an empty label is none at all
		for _, outcome := range jobs.Outcomes {
			m.gauge(ofRun+"rows", "Rows of the last run by action and outcome.", float64(a.Counts[outcome]), "action", action, "outcome", string(outcome))
		}
	}
	m.gauge(ofRun+"copied_rows", "Rows of the last run that were copied from an earlier result.", float64(s.Copied))
	for _, c := range s.Codes {
		m.gauge(ofRun+"reason_rows", "Rows of the last run by outcome and error code.", float64(c.Count), "code", string(c.Code), "outcome", string(c.Outcome))
	}
}

func (m metrics) upstreams(s report.Summary) {
	for _, u := range s.Upstreams {
		name := string(u.Name)
		m.gauge(ofRun+"requests", "Requests of the last run, every attempt counted.", float64(u.Requests), "upstream", name)
		m.gauge(ofRun+"retries", "Requests of the last run that repeated one.", float64(u.Retries), "upstream", name)
		m.gauge(ofRun+"throttled_requests", "Requests of the last run that were refused for the rate.", float64(u.Throttled), "upstream", name)
		m.gauge(ofRun+"held_seconds", "How long rows of the last run waited because the upstream was down.", seconds(u.Held), "upstream", name)
	}
	for _, series := range s.Timeline.Series(1) {
		p := series.Whole
		m.out <- prometheus.MustNewConstSummary(
			m.desc(ofRun+"request_duration_seconds", "How long the requests of the last run took, every attempt counted.", []string{"upstream"}),
			uint64(p.Requests), seconds(p.Sum),
			map[float64]float64{0.5: seconds(p.P50), 0.9: seconds(p.P90), 0.99: seconds(p.P99), 1: seconds(p.Max)}, string(series.Upstream))
	}
}
