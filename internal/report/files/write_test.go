package files

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

var everyFormat = []Format{JSON, Markdown, JUnit, HTML, Prometheus}

func TestGoldens(t *testing.T) {
	dress := regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>|sha256-[^']*`)
	for name, f := range map[string]*fixture{"nightly": nightly(), "plan": plan(), "nothing": nothing()} {
		for _, format := range everyFormat {
			t.Run(name+"."+string(format), func(t *testing.T) {
				text := written(t, f, format)
				if format == HTML { // style and script are looked at in a browser
					text = dress.ReplaceAllString(text, "")
				}
				golden(t, name+"."+string(format), text)
			})
		}
	}
}

func TestModes(t *testing.T) {
	dir := t.TempDir()
	var targets []Target
	for _, format := range everyFormat {
		targets = append(targets, Target{format, filepath.Join(dir, "report."+string(format))})
	}
	f := nightly()
	require.NoError(t, Write(targets, f.summary, f.columns, f.each))
	for _, target := range targets {
		info, err := os.Stat(target.Path)
		require.NoError(t, err)
		want := os.FileMode(0o600)
		if target.Format == Prometheus {
			want = 0o644
		}
		if runtime.GOOS != "windows" { // which has no such modes
			require.Equal(t, want, info.Mode().Perm(), target.Format)
		}
	}
}

// Whatever text a secret got into, it is in no report.
func TestNoSecrets(t *testing.T) {
	f := nightly()
	bare := strings.TrimPrefix(secretLPA, "LPA:1$")
	matching := strings.Split(bare, "$")[1]
	f.add(jobs.QueryQRInfo, jobs.Drift, jobs.Drifted, "qr_code is "+secretLPA+", expected 1$"+bare, "id "+matching+" of "+bare)
	f.add(jobs.GetQRCode, jobs.Failed, jobs.BadResponse, "lpa:1$OTHER.example$"+matching, "("+secretLPA+")")
	f.finish()
	f.summary.Ending, f.summary.Notes = "the upstream said "+secretLPA, []string{bare}
	f.summary.Origin.Approvals = []report.Approval{{How: "typed", Reason: "for " + bare}}
	for _, format := range everyFormat {
		text := written(t, f, format)
		for _, secret := range []string{secretLPA, bare, matching, "OTHER.example"} {
			require.NotContains(t, text, secret, format)
		}
	}
}

func TestFailures(t *testing.T) {
	dir := t.TempDir()
	f, errRows := nightly(), errors.New("the ledger is gone")
	broken := func(each func(jobs.Row, jobs.Result) error) error {
		if err := each(f.rows[0], f.results[0]); err != nil {
			return err
		}
		return errRows
	}
	html, prom := filepath.Join(dir, "r.html"), filepath.Join(dir, "r.prom")
	targets := []Target{{HTML, html}, {JUnit, filepath.Join(dir, "r.xml")}, {Markdown, filepath.Join(dir, "r.md")}, {"pdf", filepath.Join(dir, "r.pdf")}, {Prometheus, prom}}
	err := Write(targets, f.summary, f.columns, broken)
	require.ErrorIs(t, err, errRows)
	require.ErrorContains(t, err, html)
	require.ErrorContains(t, err, "is no format")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "no half report")
	require.FileExists(t, prom, "one that fails does not keep the others from being written")
}
