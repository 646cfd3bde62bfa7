package notify

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/timeline"
)

func ended() report.Summary {
	return report.Summary{
		Command: "bulk run <fleet>&co.csv", Run: "12", Input: "fleet.csv", Output: "out/fleet.results.csv", ExitCode: 5,
		Started: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC), Elapsed: 65 * time.Second, Total: 1240,
		Actions: []report.ActionCounts{{Action: jobs.SetAAGroup, Counts: report.Counts{jobs.OK: 1234, jobs.Failed: 4, jobs.Unknown: 2}}},
		Codes: []report.CodeCount{
			{Outcome: jobs.Failed, Code: jobs.NotFound, Count: 4, Line: 7}, {Outcome: jobs.Unknown, Code: jobs.Timeout, Count: 2, Line: 9},
		},
		Named: []report.NamedRow{
			{Line: 9, ICCID: "8944500102030001010", Action: jobs.SetAAGroup, Outcome: jobs.Unknown, Code: jobs.Timeout, Reason: "No answer came within <30s>.",
				Portal: "https://portal.example/?a=8944500102030001010&b=2"},
		},
		Origin: report.Origin{
			Accounts: []string{"m2m:acme@api.example"}, User: "ops", Host: "host-1",
			Approvals: []report.Approval{{User: "ops", How: "--yes", SIMs: 1240, Reason: "order <77>"}},
		},
		Timeline: &timeline.Timeline{},
	}
}

func TestText(t *testing.T) {
	require.Equal(t, `*bulk run &lt;fleet&gt;&amp;co.csv* on host-1: exit code 5, some rows became unknown in this run
1,240 rows: 1,234 ok, 4 failed, 2 unknown, in 1m05s
Account: m2m:acme@api.example
Approved: by ops (--yes), for 1,240 SIMs: order &lt;77&gt;
• 2 timeout (unknown), first on line 9
• 4 not_found (failed), first on line 7
• line 9, 8944500102030001010 unknown: No answer came within &lt;30s&gt;. https://portal.example/?a=8944500102030001010&amp;b=2
Results: out/fleet.results.csv`, Text(ended()))

	early := report.Summary{Command: "bulk run x.csv", ExitCode: 77, Origin: report.Origin{Host: "h"}, Run: "3", Ending: "ended since <!channel>\nwas said", Elapsed: time.Second}
	require.Equal(t, `*bulk run x.csv* on h: exit code 77, the credentials were refused
0 rows, in 1s
Ended early: ended since &lt;!channel&gt; was said`, Text(early))
}

func TestTextOfABeginning(t *testing.T) {
	s := ended()
	s.Off = []string{"nobody is asked (--yes)"}
	s.InDoubt = []report.InDoubt{{Account: "m2m:<acme>", SIMs: 2, Oldest: s.Started}}
	require.Equal(t, `*2 SIMs of m2m:&lt;acme&gt; are in doubt, the first since 2026-11-22 02:00 UTC*
*bulk run &lt;fleet&gt;&amp;co.csv* on host-1: run 12 goes on, 1,240 rows
Account: m2m:acme@api.example
Approved: by ops (--yes), for 1,240 SIMs: order &lt;77&gt;
Safeguards off: nobody is asked (--yes)`, BeginningText(s, "goes on"))
}

func TestTextOfWhatNeedsSomebody(t *testing.T) {
	require.Equal(t, `*1 SIM of m2m:a is in doubt, the first since 2026-11-20 02:01 UTC*
*Did not begin: the ledger &lt;l.db&gt; does not exist yet*
• is its volume mounted?
*Did not begin: 3 SIMs would change, and nobody is there to ask*
Exit code 4: refused, nothing was sent
Account: m2m:a
bulk run x.csv on h`, Text(refused()))

	since := time.Date(2026, 11, 20, 2, 1, 0, 0, time.UTC)
	doubtful := report.Summary{Command: "bulk run x.csv", Run: "3", Origin: report.Origin{Host: "h"}, Elapsed: time.Second,
		InDoubt: []report.InDoubt{{Account: "m2m:<a>@b", SIMs: 1, Oldest: since}, {Account: "betatel:7@c"}}}
	require.Equal(t, `*1 SIM of m2m:&lt;a&gt;@b is in doubt, the first since 2026-11-20 02:01 UTC*
*bulk run x.csv* on h: exit code 0, every row is ok, valid, planned or skipped
0 rows, in 1s`, Text(doubtful))
}

func refused() report.Summary {
	return report.Summary{
		Command: "bulk run x.csv", Kind: "run", ExitCode: 4, Origin: report.Origin{Host: "h", Accounts: []string{"m2m:a"}}, Ending: "2 things: …",
		Started: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC),
		Refusals: []report.Refusal{{Text: "the ledger <l.db> does not exist yet", Hints: []string{"is its volume mounted?"}},
			{Text: "3 SIMs would change, and nobody is there to ask"}},
		InDoubt: []report.InDoubt{{Account: "m2m:a", SIMs: 1, Oldest: time.Date(2026, 11, 20, 2, 1, 0, 0, time.UTC)}},
	}
}

// The JSON of a run that did not begin has what is known, and no counts of nothing.
func TestMessageOfARefusal(t *testing.T) {
	message, err := Message(refused())
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(message, &m))
	require.Equal(t, Text(refused()), m["text"])
	require.Equal(t, 4.0, m["exit_code"])
	require.Equal(t, []any{
		map[string]any{"text": "the ledger <l.db> does not exist yet", "hints": []any{"is its volume mounted?"}},
		map[string]any{"text": "3 SIMs would change, and nobody is there to ask", "hints": []any{}},
	}, m["refusals"])
	require.Equal(t, []any{map[string]any{"account": "m2m:a", "sims": 1.0, "oldest_at": "2026-11-20T02:01:00.000Z"}}, m["in_doubt"])
	for _, field := range []string{"run", "rows", "outcomes", "actions", "upstreams", "timeline", "plan_sha256", "approvals"} {
		require.NotContains(t, m, field)
	}

	for name, c := range map[string]struct {
		doubts []report.InDoubt
		want   any
	}{"the ledger was not looked at": {nil, nil}, "nothing is in doubt": {[]report.InDoubt{}, []any{}}} {
		t.Run(name, func(t *testing.T) {
			s := refused()
			s.InDoubt = c.doubts
			message, err := Message(s)
			require.NoError(t, err)
			var m map[string]any
			require.NoError(t, json.Unmarshal(message, &m))
			require.Equal(t, c.want, m["in_doubt"])
		})
	}
}

func TestMessage(t *testing.T) {
	message, err := Message(ended())
	require.NoError(t, err)
	var m struct {
		Text          string         `json:"text"`
		SchemaVersion int            `json:"schema_version"`
		Run           string         `json:"run"`
		ExitCode      int            `json:"exit_code"`
		Outcomes      map[string]int `json:"outcomes"`
		Timeline      []any          `json:"timeline"`
	}
	require.NoError(t, json.Unmarshal(message, &m))
	require.Equal(t, Text(ended()), m.Text)
	require.Equal(t, 1, m.SchemaVersion)
	require.Equal(t, "12", m.Run)
	require.Equal(t, 5, m.ExitCode)
	require.Equal(t, 1234, m.Outcomes["ok"])
	require.Empty(t, m.Timeline)
}
