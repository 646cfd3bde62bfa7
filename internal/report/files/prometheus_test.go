package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report"
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
			require.Regexp(t, `^bulk_(last_run|last_attempt|in_doubt)`, metric)
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

// What is known of the last run stays where an attempt is refused and while the
// next run goes on, and the metrics of that are gone when it has ended.
func TestTextfileOverTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bulk.prom")
	targets := []Target{{Prometheus, path}, {JSON, path + ".json"}}
	text := func() string {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		return string(raw)
	}
	f := nightly()
	f.summary.InDoubt = []report.InDoubt{
		{Account: "m2m:a@b", SIMs: 2, Oldest: f.summary.Started.Add(-time.Hour)}, {Account: "betatel:7@c"},
	}
	require.NoError(t, Write(targets, f.summary, f.columns, f.each))
	require.Contains(t, text(), `bulk_last_attempt_exit_code{command="run",input="fleet.csv",job="fleet.csv"} 5`)
	require.Contains(t, text(), `bulk_in_doubt{account="m2m:a@b",command="run",input="fleet.csv",job="fleet.csv"} 2`)
	require.Contains(t, text(), `bulk_in_doubt{account="betatel:7@c",command="run",input="fleet.csv",job="fleet.csv"} 0`)
	require.Contains(t, text(), `bulk_in_doubt_oldest_seconds{account="m2m:a@b",command="run",input="fleet.csv",job="fleet.csv"} 4874`)
	require.Contains(t, text(), `bulk_in_doubt_oldest_seconds{account="betatel:7@c",command="run",input="fleet.csv",job="fleet.csv"} 0`)

	require.NoError(t, os.Remove(path+".json"))
	before := text()
	refused := report.Summary{Kind: "run", Input: "fleet.csv", Started: f.summary.Started.Add(24 * time.Hour), ExitCode: 4}
	require.NoError(t, WriteAttempt(targets, refused))
	require.NoFileExists(t, path+".json", "another report is of a run that was")
	require.Equal(t, strings.Replace(strings.Replace(before, `bulk_last_attempt_exit_code{command="run",input="fleet.csv",job="fleet.csv"} 5`,
		`bulk_last_attempt_exit_code{command="run",input="fleet.csv",job="fleet.csv"} 4`, 1), "bulk_last_attempt_timestamp_seconds{command=\"run\",input=\"fleet.csv\",job=\"fleet.csv\"} 1.795314074e+09",
		"bulk_last_attempt_timestamp_seconds{command=\"run\",input=\"fleet.csv\",job=\"fleet.csv\"} 1.7953992e+09", 1), text())

	current := refused
	current.Total, current.Actions = 10, []report.ActionCounts{{Counts: report.Counts{jobs.OK: 3}}}
	require.NoError(t, WriteCurrent(targets, current))
	require.Contains(t, text(), `bulk_current_run_done_rows{command="run",input="fleet.csv",job="fleet.csv",outcome="ok"} 3`)
	require.Contains(t, text(), `bulk_last_run_exit_code{command="run",input="fleet.csv",job="fleet.csv"} 5`)
	require.Contains(t, text(), `bulk_last_attempt_exit_code{command="run",input="fleet.csv",job="fleet.csv"} 4`)

	require.NoError(t, Write(targets, f.summary, f.columns, f.each))
	require.Equal(t, before, text())
	require.NoError(t, os.WriteFile(path, []byte("not {metrics"), 0o644))
	require.NoError(t, WriteAttempt(targets, refused), "what cannot be read is replaced")
	require.NotContains(t, text(), "last_run")
}
