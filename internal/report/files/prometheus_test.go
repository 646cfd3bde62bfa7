package files

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

func TestPrometheusRules(t *testing.T) {
	for name, f := range map[string]*fixture{"nightly": nightly(), "plan": plan(), "nothing": nothing(), "nasty": nasty("a\"b\\c\nd\xff")} {
		text := written(t, f, Prometheus)
		problems, err := promlint.New(strings.NewReader(text)).Lint()
		require.NoError(t, err, name)
		require.Empty(t, problems, name)
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(text))
		require.NoError(t, err)
		for metric, family := range families {
			require.True(t, strings.HasPrefix(metric, "bulk_last_run_"), metric)
			require.NotEmpty(t, family.GetHelp())
			for _, m := range family.Metric {
				labels := map[string]string{}
				for _, l := range m.Label {
					labels[l.GetName()] = l.GetValue()
				}
				require.NotEmpty(t, labels["job"])
				require.Contains(t, labels, "command")
				require.Contains(t, labels, "input")
				require.Nil(t, m.TimestampMs, "node_exporter takes no timestamps")
			}
		}
		require.InDelta(t, float64(f.summary.Started.Add(f.summary.Elapsed).Unix()), families["bulk_last_run_timestamp_seconds"].Metric[0].Gauge.GetValue(), 1)
	}
}
