package reference

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

var update = flag.Bool("update", false, "write docs/errors.md anew")

const page = "../../../docs/errors.md"

func TestThePageIsUpToDate(t *testing.T) {
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(Markdown()), 0o644))
	}
	kept, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, string(kept), Markdown(), "go test ./internal/report/reference -update")
}

func TestEverythingIsExplained(t *testing.T) {
	text := Markdown()
	for _, s := range sections {
		require.Equal(t, 1, strings.Count(text, "### "+s.title+"\n"), "a section begins with a code that exists")
	}
	require.Len(t, report.Outcomes, len(jobs.Outcomes))
	for i, outcome := range jobs.Outcomes {
		require.Equal(t, outcome, report.Outcomes[i].Outcome, "in the order of the outcomes")
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| ") {
			cells := strings.Split(strings.ReplaceAll(line, `\|`, ""), "|")
			require.Len(t, cells, 5, "%q", line)
			for _, cell := range cells[1:4] {
				require.NotEmpty(t, strings.TrimSpace(cell), "%q", line)
			}
		}
	}
}

func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"Run again with --only failed, at a lower --rate.": "Run again with `--only failed`, at a lower `--rate`.",
		"Read upstream_error; try (request_id).":           "Read `upstream_error`; try (`request_id`).",
		"Write field=value;field=value|other with names.":  "Write `field=value;field=value\\|other` with names.",
	} {
		require.Equal(t, want, cell(text))
	}
}
