package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

var update = flag.Bool("update", false, "write the goldens anew")

// golden compares text with a kept file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	require.Equal(t, content(t, path), got)
}

// feed adds n results of a kind to a tally, lines counting from first.
func feed(t *Tally, n, first int, action jobs.Action, outcome jobs.Outcome, code jobs.Code) {
	for i := range n {
		row := jobs.Row{Line: first + i, Action: action, ICCID: jobs.ICCID(fmt.Sprintf("89445001020%08d", first+i))}
		t.Add(&row, &jobs.Result{Outcome: outcome, Code: code, Description: jobs.Explain(code).Cause})
	}
}

func nightly() Summary {
	t := NewTally()
	feed(t, 9120, 2, jobs.QueryStatus, jobs.OK, "")
	feed(t, 2871, 9200, jobs.SetAAGroup, jobs.OK, "")
	feed(t, 212, 12100, jobs.SetAAGroup, jobs.Skipped, jobs.AlreadyDone)
	feed(t, 120, 12400, jobs.SetAAGroup, jobs.Rejected, jobs.SIMNotPending)
	feed(t, 3, 17, jobs.SetAAGroup, jobs.Unknown, jobs.Timeout)
	feed(t, 1, 88, jobs.SetAAGroup, jobs.Unknown, jobs.BadResponse)
	feed(t, 14, 300, jobs.QueryStatus, jobs.Failed, jobs.Timeout)
	feed(t, 6, 400, "", jobs.Invalid, jobs.ActionMissing)
	feed(t, 31, 500, jobs.GetEUICCProfile, jobs.Drift, jobs.Drifted)
	s := t.Summary()
	s.Command, s.Run, s.Input, s.Output = "bulk run fleet.csv", "2026-11-22-7f3a", "fleet.csv", "fleet.results.csv"
	s.Elapsed, s.ExitCode = 21*time.Minute+14*time.Second, ExitCode(s.Counts(), Ends{})
	s.Files = []string{"fleet.results-qr/", "fleet.html"}
	s.Origin = Origin{Accounts: []string{"m2m:acme@api.m2miportal.com"}, User: "ops", Host: "host-1", InputDigest: strings.Repeat("1f", 32),
		Approvals: []Approval{{At: time.Date(2026, 11, 22, 2, 0, 2, 0, time.UTC), User: "ops", How: "--yes", SIMs: 3207, Reason: "order 77"}}}
	s.Upstreams = []UpstreamTotals{
		{Name: jobs.M2M, Requests: 18431, Retries: 31, Throttled: 2, Held: 70 * time.Second, Rate: 9.81},
		{Name: jobs.Betatel, Requests: 31, Rate: 19.96},
	}
	s.Next = []string{"bulk resolve fleet.results.csv --done --reason 'seen in the portal'",
		"bulk run fleet.results.csv --only failed,not_run --output fleet.again.csv"}
	return s
}

func everyCode() Summary {
	t := NewTally()
	for i, entry := range jobs.Codes {
		outcome := jobs.Failed
		if i < 11 {
			outcome = jobs.Invalid
		} else if i < 19 {
			outcome = jobs.Rejected
		}
		feed(t, 100*(len(jobs.Codes)-i), 2+1000*i, jobs.Actions[i%len(jobs.Actions)], outcome, entry.Code)
	}
	s := t.Summary()
	for i, outcome := range jobs.Outcomes {
		s.Actions[3].Counts[outcome] += 1234567 / (i + 1)
	}
	s.Total = s.Counts().Total()
	s.Command, s.ExitCode = "bulk run a-rather-long-file-name-of-a-fleet-2026-11-22.csv --yes --max-changes 1000000", ExitUnknown
	return s
}

func interrupted() Summary {
	t := NewTally()
	feed(t, 40, 2, jobs.SetAAGroup, jobs.OK, "")
	feed(t, 1160, 42, jobs.SetAAGroup, jobs.NotRun, jobs.Interrupted)
	for line := range 812 {
		t.Add(&jobs.Row{Line: 2000 + line, Copied: true}, &jobs.Result{})
	}
	s := t.Summary()
	s.Command, s.Output = "bulk run fleet.csv", "fleet.results.csv"
	s.Ending, s.ExitCode = "interrupted", ExitCode(s.Counts(), Ends{Interrupted: true})
	s.Elapsed = 5200 * time.Millisecond
	s.Next = []string{"bulk run fleet.csv --resume"}
	return s
}

// stillUnknown has two rows that an earlier run left in doubt, and one new.
func stillUnknown() Summary {
	t := NewTally()
	feed(t, 40, 2, jobs.SetAAGroup, jobs.OK, "")
	feed(t, 2, 42, jobs.SetAAGroup, jobs.Unknown, jobs.StillUnknown)
	feed(t, 1, 44, jobs.SetAAGroup, jobs.Unknown, jobs.Timeout)
	s := t.Summary()
	s.Command = "bulk run fleet.csv"
	s.ExitCode = ExitCode(s.Counts(), Ends{StillUnknown: s.StillUnknown()})
	return s
}

func dryRun() Summary {
	t := NewTally()
	feed(t, 200, 2, jobs.SetAAGroup, jobs.Planned, "")
	s := t.Summary()
	s.Command, s.Run = "bulk run fleet.csv --dry-run", "2026-11-22-91c0"
	s.Output, s.Digest = "fleet.plan.csv", strings.Repeat("3f2a9c01", 8)
	s.Off = []string{"groups are not checked against a catalogue (--no-group-check)"}
	s.Next = []string{"bulk apply fleet.plan.csv --approve " + s.Digest}
	return s
}

// The rows that are named are the first of their outcome, those in doubt before
// all others, without secrets.
func TestNamedRows(t *testing.T) {
	tally := NewTally()
	add := func(line int, o jobs.Outcome, res jobs.Result) {
		res.Outcome = o
		tally.Add(&jobs.Row{Line: line, ICCID: "8944500102030001010", Action: jobs.QueryQRInfo}, &res)
	}
	for line := range 9 {
		add(line+2, jobs.Failed, jobs.Result{Code: jobs.Timeout})
	}
	add(20, jobs.Drift, jobs.Result{Code: jobs.Drifted, Description: "It is LPA:1$a.b$SECRET1.", UpstreamError: "SECRET1",
		Data: jobs.Data{QRCode: "LPA:1$a.b$SECRET1"}})
	add(21, jobs.OK, jobs.Result{})
	add(22, jobs.Rejected, jobs.Result{Code: jobs.SIMClosed})
	add(23, jobs.Unknown, jobs.Result{Code: jobs.Timeout, Description: "No answer came."})
	tally.Add(&jobs.Row{Line: 1, Copied: true}, &jobs.Result{Outcome: jobs.Unknown})
	named := tally.Summary().Named
	require.Len(t, named, MostNamed)
	require.Equal(t, NamedRow{23, "8944500102030001010", jobs.QueryQRInfo, jobs.Unknown, jobs.Timeout, "No answer came.", ""}, named[0])
	require.Equal(t, "It is ***. Upstream: ***", named[1].Reason)
	require.Equal(t, 2, named[2].Line)
	require.Equal(t, 9, named[9].Line)
}

func TestSummaryPrint(t *testing.T) {
	tests := map[string]struct {
		summary Summary
		width   int
		color   bool
	}{
		"nightly-80":     {nightly(), 80, false},
		"nightly-120":    {nightly(), 120, false},
		"nightly-50":     {nightly(), 50, false},
		"nightly-color":  {nightly(), 0, true},
		"every-code-80":  {everyCode(), 80, false},
		"every-code-160": {everyCode(), 160, false},
		"interrupted":    {interrupted(), 80, false},
		"still-unknown":  {stillUnknown(), 80, false},
		"dry-run":        {dryRun(), 80, false},
		"nothing":        {Summary{Command: "bulk check empty.csv", Notes: []string{"the file has a header and no rows"}}, 80, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, test.summary.Print(&out, test.width, test.color))
			golden(t, name, out.String())
			if test.color {
				return
			}
			commands := strings.Join(append(test.summary.Next, test.summary.Digest), "\n")
			for line := range strings.Lines(out.String()) {
				line = strings.TrimSuffix(line, "\n")
				require.Equal(t, strings.TrimRight(line, " "), line, "no spaces at the end")
				if pasted := strings.TrimPrefix(strings.TrimSpace(line), "sha256 "); strings.Contains(commands, pasted) {
					continue
				}
				require.LessOrEqual(t, utf8.RuneCountInString(line), test.width, "%q", line)
			}
		})
	}
	require.ErrorIs(t, nightly().Print(fullDisk{}, 80, false), errFull)
}

func TestSummaryPrintIsPlainText(t *testing.T) {
	s := nightly()
	s.Ending = "the upstream said \x1b[2Jboo\r\nand more"
	var out bytes.Buffer
	require.NoError(t, s.Print(&out, 80, false))
	require.NotContains(t, out.String(), "\x1b")
	require.NotContains(t, out.String(), "\r")
}

func TestTally(t *testing.T) {
	tally := NewTally()
	feed(tally, 2, 30, jobs.SetAAGroup, jobs.Unknown, jobs.Timeout)
	feed(tally, 2, 10, jobs.QueryStatus, jobs.Failed, jobs.Timeout)
	feed(tally, 1, 7, jobs.QueryStatus, jobs.Failed, jobs.Timeout)
	feed(tally, 1, 5, jobs.QueryStatus, jobs.OK, "")
	tally.Add(&jobs.Row{Line: 9, Copied: true, Action: jobs.SetAAGroup}, &jobs.Result{Outcome: jobs.Unknown, Code: jobs.Timeout})
	s := tally.Summary()
	require.Equal(t, 7, s.Total)
	require.Equal(t, 1, s.Copied)
	require.Equal(t, []ActionCounts{
		{jobs.QueryStatus, Counts{jobs.Failed: 3, jobs.OK: 1}},
		{jobs.SetAAGroup, Counts{jobs.Unknown: 2}},
	}, s.Actions)
	require.Equal(t, Counts{jobs.Failed: 3, jobs.OK: 1, jobs.Unknown: 2}, s.Counts())
	require.Equal(t, s.Counts(), tally.Counts())
	timeout := jobs.Explain(jobs.Timeout)
	require.Equal(t, []CodeCount{
		{jobs.Failed, jobs.Timeout, 3, 7, timeout.Cause, timeout.Cure},
		{jobs.Unknown, jobs.Timeout, 2, 30, timeout.Cause, CureUnknown},
	}, s.Codes)
}

func TestTallyByMany(t *testing.T) {
	tally := NewTally()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			feed(tally, 100, 2, jobs.QueryStatus, jobs.OK, "")
			tally.Counts()
		})
	}
	all.Wait()
	require.Equal(t, 800, tally.Counts().Total())
}

func BenchmarkTally(b *testing.B) {
	tally := NewTally()
	row := jobs.Row{Line: 4, Action: jobs.SetAAGroup}
	res := jobs.Result{Outcome: jobs.Valid}
	for b.Loop() {
		tally.Add(&row, &res)
	}
}
