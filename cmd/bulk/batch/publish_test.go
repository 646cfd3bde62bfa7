package batch

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/ledger"
)

// What neither the ledger nor a file could keep is said with its SIM: it is for
// somebody to write down.
func TestOutcomesThatNothingKeepsAreSaid(t *testing.T) {
	var stderr bytes.Buffer
	p := &settings.Sources{Process: &console.Process{Stderr: &stderr, Now: time.Now, Env: func(string) (string, bool) { return "", false }}}
	text := "iccid,action,group\n8944500102030001010,set_aa_group,L100\n8944500102030002034,set_aa_group,L100\n"
	c, err := input.Take(strings.NewReader(text), t.TempDir())
	require.NoError(t, err)
	defer c.Release()
	file, survey, err := OpenInput(t.Context(), c, "fleet.csv", input.Options{})
	require.NoError(t, err)
	asked := New(p, console.NewUI(p.Process), &settings.Options{}, ledger.Real, "fleet.csv")
	j := &begun{approved: &approved{opened: &opened{connected: &connected{loaded: &loaded{Job: asked, file: file, survey: survey}, output: "fleet.results.csv"}}}}
	j.sayUnpublished(t.Context(), errors.New("no space left"), map[int]jobs.Result{1: {Outcome: jobs.OK, RequestID: "77"}})
	require.Equal(t, `bulk: error: the result file could not be written: no space left
bulk: hint: the ledger lacks the outcome of 1 row; write these down:
bulk: warning: line 3, 8944500102030002034: ok, request_id 77
`, stderr.String())
	require.Empty(t, j.placedOutput())
}
