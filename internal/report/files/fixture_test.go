package files

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/timeline"
)

var update = flag.Bool("update", false, "write the goldens anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run with -update where this is meant")
}

// secretLPA is in the data of the fixture's rows, and must be in no report.
const secretLPA = "LPA:1$smdp.example.com$K2-1A2B3C-4D5E6F"

// a fixture is a run as the reports are given it.
type fixture struct {
	summary report.Summary
	columns []string
	rows    []jobs.Row
	results []jobs.Result
}

func (f *fixture) each(each func(jobs.Row, jobs.Result) error) error {
	for i := range f.rows {
		if err := each(f.rows[i], f.results[i]); err != nil {
			return err
		}
	}
	return nil
}

// add adds a row that ended so; its upstream words and description are those
// given, or the usual ones.
func (f *fixture) add(action jobs.Action, outcome jobs.Outcome, code jobs.Code, description, upstream string) {
	seq := len(f.rows)
	row := jobs.Row{Seq: seq, Line: seq + 2, ICCID: jobs.ICCID(fmt.Sprintf("894450010203%07d", seq)), Action: action, SameReadAs: -1}
	if action.Irreversible() {
		row.Group = "L100"
		if seq%5 == 0 {
			row.Group = "L200"
		}
	}
	row.Fields = []string{string(row.ICCID), string(action), row.Group, fmt.Sprintf("ORD-%04d", 1000+seq), []string{"Hamburg", "Bremen", "Köln <Süd>"}[seq%3], secretLPA}
	if description == "" && code != "" {
		entry := jobs.Explain(code)
		description = entry.Cause + " " + entry.Cure
	}
	result := jobs.Result{
		Seq: seq, Action: action, Outcome: outcome, Code: code, Description: description, UpstreamError: upstream,
		Account: "m2m:ops@api.example.com", RequestID: fmt.Sprint(700000 + seq), Attempts: 1 + seq%2, HTTPStatus: 200,
		Started: f.summary.Started.Add(time.Duration(seq) * 100 * time.Millisecond), Duration: time.Duration(80+seq%40) * time.Millisecond,
	}
	result.Data.QRCode, result.Data.ActivationCode = secretLPA, "smdp.example.com$K2-1A2B3C-4D5E6F"
	f.rows, f.results = append(f.rows, row), append(f.results, result)
}

// finish counts the rows and fills in the rest of the summary.
func (f *fixture) finish() *fixture {
	tally := report.NewTally()
	for i := range f.rows {
		tally.Add(&f.rows[i], &f.results[i])
	}
	s, counted := f.summary, tally.Summary()
	s.Total, s.Copied, s.Actions, s.Groups, s.Codes, s.Named = counted.Total, counted.Copied, counted.Actions, counted.Groups, counted.Codes, counted.Named
	s.ExitCode = report.ExitCode(s.Counts(), report.Ends{})
	f.summary = s
	return f
}

func newFixture() *fixture {
	return &fixture{
		columns: []string{"iccid", "action", "group", "order_no", "site", "qr_code"},
		summary: report.Summary{
			Portal:  func(sim jobs.ICCID) string { return "https://portal.example/sims?of=" + string(sim) + "&tab=groups" },
			Command: "bulk run fleet.csv --catalog groups.csv", Kind: "run", Version: "1.4.0", Run: "12", Input: "fleet.csv", Output: "fleet.results.csv",
			Files: []string{"fleet.results-qr"}, Started: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC),
			Origin: report.Origin{
				Accounts: []string{"m2m:acme@api.m2miportal.com", "betatel:7@esim.example"}, User: "ops", Host: "host-1",
				InputDigest: strings.Repeat("1f", 32), Catalog: "groups.csv", CatalogDigest: strings.Repeat("2e", 32),
			},
		},
	}
}

// nightly is a run in which about everything happened, of 60 rows or so.
func nightly() *fixture {
	f := newFixture()
	for range 20 {
		f.add(jobs.QueryStatus, jobs.OK, "", "", "")
		f.add(jobs.SetAAGroup, jobs.OK, "", "", "")
	}
	for range 4 {
		f.add(jobs.SetAAGroup, jobs.Skipped, jobs.AlreadyDone, "Done already on 2026-11-20 02:01:17 UTC in run 9. Nothing to do.", "")
		f.add(jobs.SetAAGroup, jobs.Rejected, jobs.SIMNotPending, "", "")
		f.add(jobs.GetEUICCProfile, jobs.Drift, jobs.Drifted, "Profile_state is DISABLED, expected ENABLED or INSTALLED.", "")
	}
	f.add(jobs.SetAAGroup, jobs.Unknown, jobs.Timeout, "No answer came within 30s. The command may have been done.", "")
	f.add(jobs.SetAAGroup, jobs.Unknown, jobs.BadResponse, "", "<html><body>502 | `Bad` Gateway & more</body></html>")
	f.add(jobs.QueryStatus, jobs.Failed, jobs.UpstreamError, "", "limit *exceeded* for @ops, see #12; code was "+secretLPA)
	f.add("", jobs.Invalid, jobs.ActionMissing, "", "")
	f.add(jobs.QueryStatus, jobs.NotRun, jobs.Interrupted, "", "")
	copied := len(f.rows)
	f.add(jobs.QueryStatus, jobs.OK, "", "", "")
	f.rows[copied].Copied = true
	f.finish()
	s := &f.summary
	s.Elapsed = 21*time.Minute + 14*time.Second
	s.Off = []string{"groups are not checked against a catalogue (--no-group-check)"}
	s.Origin.Approvals = []report.Approval{
		{At: s.Started.Add(2 * time.Second), User: "ops", How: "--yes", SIMs: 26, Reason: "nightly, <b>order</b> 77"},
	}
	s.Notes = []string{"3 ICCIDs with a wrong check digit (Luhn): mistyped, or from an operator whose numbers have none"}
	s.Upstreams = []report.UpstreamTotals{
		{Name: jobs.M2M, Requests: 11941, Retries: 31, Throttled: 140, Held: 70 * time.Second, Rate: 9.41},
		{Name: jobs.Betatel, Requests: 3600, Rate: 4.02},
	}
	s.Next = []string{"bulk runs --unknown", "bulk resolve ICCID --done|--not-done --reason TEXT", "bulk run fleet.results.csv --only failed -o fleet.results.retry.csv"}
	s.Timeline = eventful(s.Started, s.Elapsed)
	return f
}

// eventful is the timeline of a run with throttling, an outage and time-outs.
func eventful(start time.Time, length time.Duration) *timeline.Timeline {
	line, random := timeline.New(start), rand.New(rand.NewPCG(3, 4))
	for second := range int(length / time.Second) {
		share := float64(second) / length.Seconds()
		at := start.Add(time.Duration(second) * time.Second)
		requests := 10
		switch {
		case share > 0.3 && share < 0.4:
			requests = 5
		case share > 0.6 && share < 0.66:
			requests = 0
		}
		for i := range requests {
			latency := time.Duration((60 + random.ExpFloat64()*40) * float64(time.Millisecond))
			throttled := share > 0.27 && share < 0.3 && i%2 == 0
			failed := share > 0.59 && share < 0.6
			if failed {
				latency = 30 * time.Second
			}
			line.Observe(jobs.M2M, at, latency, throttled, failed)
		}
		if share < 0.7 {
			for range 4 {
				line.Observe(jobs.Betatel, at, time.Duration((180+random.ExpFloat64()*90)*float64(time.Millisecond)), false, false)
			}
		}
	}
	return line
}

// plan is a dry run that went well.
func plan() *fixture {
	f := newFixture()
	for range 12 {
		f.add(jobs.SetAAGroup, jobs.Planned, "", "", "")
	}
	f.finish()
	s := &f.summary
	s.Command, s.Kind, s.Output, s.Elapsed = "bulk run fleet.csv --dry-run", "dry_run", "fleet.plan.csv", 2500*time.Millisecond
	s.Digest = "3f2a9c013f2a9c013f2a9c013f2a9c013f2a9c013f2a9c013f2a9c013f2a9c01"
	s.Files = nil
	s.Next = []string{"bulk apply fleet.plan.csv --approve " + s.Digest}
	return f
}

// nothing is the check of a file without rows.
func nothing() *fixture {
	f := newFixture().finish()
	f.summary.Command, f.summary.Kind, f.summary.Run, f.summary.Files = "bulk check empty.csv", "check", "", nil
	f.summary.Notes = []string{"empty.csv has a header and no rows"}
	return f
}

// crowd is a run of n rows, of which a tenth went wrong.
func crowd(n int) *fixture {
	f := newFixture()
	for i := range n {
		switch {
		case i%50 == 7:
			f.add(jobs.QueryStatus, jobs.Failed, jobs.Timeout, "", "")
		case i%50 == 8:
			f.add(jobs.SetAAGroup, jobs.Rejected, jobs.ContractInForce, "Contract type 1 with 7 months remaining forbids a group move. Wait until it ends.", "")
		case i%100 == 9:
			f.add(jobs.GetEUICCProfile, jobs.Drift, jobs.Drifted, "Profile_state is DISABLED, expected ENABLED.", "")
		case i%1000 == 11:
			f.add(jobs.SetAAGroup, jobs.Unknown, jobs.Timeout, "", "")
		case i%3 == 0:
			f.add(jobs.SetAAGroup, jobs.OK, "", "", "")
		default:
			f.add(jobs.QueryStatus, jobs.OK, "", "", "")
		}
	}
	f.finish()
	f.summary.Elapsed = time.Duration(n) * 100 * time.Millisecond
	return f
}

// disaster is a run of n rows that all failed.
func disaster(n int) *fixture {
	f := newFixture()
	for range n {
		f.add(jobs.QueryStatus, jobs.Failed, jobs.Connection, "", "")
	}
	return f.finish()
}

// written writes a report and gives its text.
func written(t testing.TB, f *fixture, format Format) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report."+string(format))
	require.NoError(t, Write([]Target{{format, path}}, f.summary, f.columns, f.each))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
