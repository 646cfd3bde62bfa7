package files

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseTarget(t *testing.T) {
	tests := map[string]struct {
		text string
		want Target
		says string
	}{
		"by extension":                  {"out/report.json", Target{JSON, "out/report.json"}, ""},
		"Markdown":                      {"report.md", Target{Markdown, "report.md"}, ""},
		"in capitals":                   {"REPORT.HTML", Target{HTML, "REPORT.HTML"}, ""},
		"JUnit":                         {"junit.xml", Target{JUnit, "junit.xml"}, ""},
		"Prometheus":                    {"bulk.prom", Target{Prometheus, "bulk.prom"}, ""},
		"named":                         {"md:/runner/step_summary_7f3a", Target{Markdown, "/runner/step_summary_7f3a"}, ""},
		"named against its extension":   {"junit:results.txt", Target{JUnit, "results.txt"}, ""},
		"a drive letter":                {`C:\reports\r.xml`, Target{JUnit, `C:\reports\r.xml`}, ""},
		"a colon in the name":           {"run 02:00.html", Target{HTML, "run 02:00.html"}, ""},
		"no such format":                {"report.pdf", Target{}, "its format is not known"},
		"no extension":                  {"report", Target{}, "write FORMAT:FILE"},
		"a format and nothing":          {"md:", Target{}, "names no file"},
		"nothing":                       {"", Target{}, "its format is not known"},
		"a format that is no extension": {"pdf:report", Target{}, "its format is not known"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseTarget(test.text)
			if test.says != "" {
				require.ErrorContains(t, err, test.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}
