package files

import (
	"fmt"
	"io"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"google.golang.org/protobuf/proto"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/timeline"
)

// metrics are what a textfile tells of the last run of a command on an input.
// All are gauges (but for the summary of latencies): they tell of one run and
// begin anew with the next, so they are no counters, and have no _total. Each
// bears the labels command and input, since node_exporter refuses textfiles
// that hold the same series twice.
type metrics struct {
	labels   []*dto.LabelPair
	families []*dto.MetricFamily
}

func writePrometheus(w io.Writer, s report.Summary) error {
	m := &metrics{labels: []*dto.LabelPair{pair("command", orRun(s.Kind)), pair("input", strings.ToValidUTF8(s.Input, "\uFFFD"))}}
	m.run(s)
	m.rows(s)
	m.upstreams(s)
	for _, family := range m.families {
		if len(family.Metric) == 0 {
			continue
		}
		if _, err := expfmt.MetricFamilyToText(w, family); err != nil {
			return fmt.Errorf("metric %s: %w", family.GetName(), err)
		}
	}
	return nil
}

func pair(name, value string) *dto.LabelPair {
	return &dto.LabelPair{Name: proto.String(name), Value: proto.String(value)}
}

// family begins a metric; what follows adds to it.
func (m *metrics) family(name, help string, kind dto.MetricType) {
	m.families = append(m.families, &dto.MetricFamily{Name: proto.String("bulk_last_run_" + name), Help: proto.String(help), Type: kind.Enum()})
}

func (m *metrics) add(metric *dto.Metric, labels ...*dto.LabelPair) {
	metric.Label = append(m.labels[:len(m.labels):len(m.labels)], labels...)
	family := m.families[len(m.families)-1]
	family.Metric = append(family.Metric, metric)
}

func (m *metrics) gauge(value float64, labels ...*dto.LabelPair) {
	m.add(&dto.Metric{Gauge: &dto.Gauge{Value: proto.Float64(value)}}, labels...)
}

func (m *metrics) run(s report.Summary) {
	gauge := dto.MetricType_GAUGE
	m.family("timestamp_seconds", "When the last run ended, in seconds since 1970.", gauge)
	m.gauge(float64(s.Started.Add(s.Elapsed).UnixMilli()) / 1000)
	m.family("duration_seconds", "How long the last run took.", gauge)
	m.gauge(seconds(s.Elapsed))
	m.family("exit_code", "The exit code of the last run: 0 is well, 3 some rows failed, 5 some are unknown, 6 drift.", gauge)
	m.gauge(float64(s.ExitCode))
}

// rows has every outcome, also those that did not occur, so that an alert need
// not tell nothing from none.
func (m *metrics) rows(s report.Summary) {
	gauge := dto.MetricType_GAUGE
	m.family("rows", "Rows of the last run by action and outcome.", gauge)
	for _, a := range s.Actions {
		action := string(a.Action)
		if action == "" {
			action = "none" // an empty label is none at all
		}
		for _, outcome := range jobs.Outcomes {
			m.gauge(float64(a.Counts[outcome]), pair("action", action), pair("outcome", string(outcome)))
		}
	}
	m.family("copied_rows", "Rows of the last run that were copied from an earlier result.", gauge)
	m.gauge(float64(s.Copied))
	m.family("reason_rows", "Rows of the last run by outcome and error code.", gauge)
	for _, c := range s.Codes {
		m.gauge(float64(c.Count), pair("code", string(c.Code)), pair("outcome", string(c.Outcome)))
	}
}

func (m *metrics) upstreams(s report.Summary) {
	for _, f := range []struct {
		name, help string
		value      func(report.UpstreamTotals) float64
	}{
		{"requests", "Requests of the last run, every attempt counted.", func(u report.UpstreamTotals) float64 { return float64(u.Requests) }},
		{"retries", "Requests of the last run that repeated one.", func(u report.UpstreamTotals) float64 { return float64(u.Retries) }},
		{"throttled_requests", "Requests of the last run that were refused for the rate.", func(u report.UpstreamTotals) float64 { return float64(u.Throttled) }},
		{"held_seconds", "How long rows of the last run waited since the upstream was down.", func(u report.UpstreamTotals) float64 { return seconds(u.Held) }},
	} {
		m.family(f.name, f.help, dto.MetricType_GAUGE)
		for _, u := range s.Upstreams {
			m.gauge(f.value(u), pair("upstream", string(u.Name)))
		}
	}
	m.family("request_duration_seconds", "How long the requests of the last run took, every attempt counted.", dto.MetricType_SUMMARY)
	for _, series := range s.Timeline.Series(1) {
		m.add(durations(series.Whole), pair("upstream", string(series.Upstream)))
	}
}

func durations(p timeline.Point) *dto.Metric {
	summary := &dto.Summary{SampleCount: proto.Uint64(uint64(p.Requests)), SampleSum: proto.Float64(seconds(p.Sum))}
	for _, q := range []struct{ share, value float64 }{
		{0.5, seconds(p.P50)}, {0.9, seconds(p.P90)}, {0.99, seconds(p.P99)}, {1, seconds(p.Max)},
	} {
		summary.Quantile = append(summary.Quantile, &dto.Quantile{Quantile: proto.Float64(q.share), Value: proto.Float64(q.value)})
	}
	return &dto.Metric{Summary: summary}
}
