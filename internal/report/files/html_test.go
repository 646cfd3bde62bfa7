package files

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report/timeline"
)

// A page holds all that it needs, and allows itself nothing more.
func TestHTMLStandsAlone(t *testing.T) {
	night := nightly()
	night.summary.Portal = nil // links to follow, which the page does not fetch
	page := written(t, night, HTML)
	for _, part := range []struct{ tag, policy string }{{"style", "style-src"}, {"script", "script-src"}} {
		content := regexp.MustCompile(`(?s)<` + part.tag + `>(.*?)</` + part.tag + `>`).FindStringSubmatch(page)[1]
		sum := sha256.Sum256([]byte(content))
		holds(t, html.UnescapeString(page), part.policy+" 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	holds(t, page, "default-src 'none'")
	for _, reference := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		require.Equal(t, "#rows", reference[1])
	}
	page = strings.ReplaceAll(page, "http://www.w3.org/2000/svg", "") // a name, not an address
	for what, mark := range map[string]string{
		"an address": "://", "something the template found unfit": "ZgotmplZ", "a style that the policy forbids": "style=",
	} {
		require.False(t, strings.Contains(page, mark), what)
	}
}

// What is to be typed stands in one piece, and what it stands in stays text.
func TestHTMLKeepsFlagsWhole(t *testing.T) {
	require.EqualValues(t, `with <span class="flag">--done</span> or <span class="flag">--not-done</span>.`, unbroken("with --done or --not-done."))
	require.EqualValues(t, `&lt;b --&gt; -- 8-9 <span class="flag">--yes</span>&#34;`, unbroken(`<b --> -- 8-9 --yes"`))
	holds(t, written(t, nightly(), HTML), `settle it with bulk resolve <span class="flag">--done</span> or <span class="flag">--not-done</span>.`)
}

// holds is Contains without printing a whole page.
func holds(t *testing.T, page, text string) {
	t.Helper()
	require.True(t, strings.Contains(page, text), text)
}

// data is what the page's script reads.
func data(t testing.TB, page string) (d struct {
	Columns []string
	Rows    [][]any
}) {
	t.Helper()
	_, text, _ := strings.Cut(page, `<script type="application/json" id="data">`)
	text, _, _ = strings.Cut(text, "</script>")
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	return d
}

func TestHTMLRows(t *testing.T) {
	tests := map[string]struct {
		run  *fixture
		says string
	}{
		"all":                {crowd(10_000), "Every row that the run was asked to do."},
		"what went wrong":    {crowd(12_000), "10,000 of 12,000 rows are listed, all that went wrong among them; the result file has them all."},
		"the gravest of all": {disaster(10_001), "The gravest 10,000 of 10,001 rows are listed; the result file has them all."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			page := rendered(t, test.run, HTML)
			holds(t, page, test.says)
			require.Len(t, data(t, page).Rows, 10_000)
			require.Less(t, len(page), 8<<20)
		})
	}
	d := data(t, written(t, nightly(), HTML))
	require.Equal(t, []string{"order_no", "site"}, d.Columns, "what only the user knows; nothing secret")
	require.Equal(t, []any{3.0, "8944500102030000001", "set_aa_group", "L100", "ok", "", "", "", "700001", 2.0, 81.0, "", "ORD-1001", "Bremen"}, d.Rows[1])
	require.Len(t, d.Rows, 57, "without the copied one")
	link := slices.IndexFunc(d.Rows, func(row []any) bool { return row[4] == "unknown" })
	require.Equal(t, "https://portal.example/sims?of="+d.Rows[link][1].(string)+"&tab=groups", d.Rows[link][11])
}

// Where no script may run the page still lists what went wrong, and that alone.
func TestHTMLWithoutScript(t *testing.T) {
	listed := func(page string) []string {
		_, text, _ := strings.Cut(page, `<table id="list"`)
		text, _, _ = strings.Cut(text, "</table>")
		var badges []string
		for _, match := range regexp.MustCompile(`<span class="badge o-([a-z_]+)">`).FindAllStringSubmatch(text, -1) {
			badges = append(badges, match[1])
		}
		return badges
	}
	page := written(t, nightly(), HTML)
	require.Equal(t, []string{"unknown", "unknown", "failed", "rejected", "rejected", "rejected", "rejected", "invalid", "drift", "drift", "drift", "drift", "not_run"}, listed(page))
	holds(t, page, "Listed are 13 of 13 rows that went wrong")
	require.NotContains(t, page, secretLPA)
	page = rendered(t, disaster(mostUnscripted+1), HTML)
	require.Len(t, listed(page), mostUnscripted)
	holds(t, page, "Listed are 100 of 101 rows that went wrong")
	page = rendered(t, plan(), HTML)
	require.Empty(t, listed(page))
	holds(t, page, "a script, which may not run here; the result file has them all")
}

func TestWithName(t *testing.T) {
	require.Equal(t, "Site 7", withName("site", "Site 7"))
	require.Equal(t, "Order No 7", withName("Order No", "7"))
}

func TestHTMLTitle(t *testing.T) {
	f := nightly()
	for input, want := range map[string]string{"fleet.csv": "fleet.csv", "/srv/sim/2026/fleet.csv": "fleet.csv", `C:\SIM\fleet.xlsx`: "fleet.xlsx", "-": "standard input", "": "bulk run"} {
		f.summary.Input = input
		page := rendered(t, f, HTML)
		holds(t, page, "<h1>"+want+"</h1>")
		holds(t, page, "<title>"+want+": ")
	}
}

// When all is done every bar is coloured to its end, and the longest fills its place.
func TestHTMLBars(t *testing.T) {
	f := newFixture()
	for i := range 100 {
		f.add(map[bool]jobs.Action{true: jobs.QueryStatus, false: jobs.QueryContract}[i < 80], jobs.OK, "", "", "")
	}
	table := tables(f.finish().summary)[0]
	require.Equal(t, []barView{{jobs.OK, "0", "1000"}}, table.Lines[0].Bars)
	require.Equal(t, []barView{{jobs.OK, "0", "250"}}, table.Lines[1].Bars)
	style, err := page.ReadFile("page/report.css")
	require.NoError(t, err)
	for _, rule := range regexp.MustCompile(`svg\.bar \{[^}]*\}`).FindAllString(string(style), -1) {
		require.NotContains(t, rule, "background", "what is behind a bar looks like work to be done")
	}
}

func TestCharts(t *testing.T) {
	start := time.Date(2026, 11, 22, 23, 59, 58, 0, time.UTC)
	s := timeline.Series{Upstream: jobs.M2M, Start: start, Width: 2 * time.Second, Points: []timeline.Point{
		{Requests: 20, P50: 80 * time.Millisecond, P99: 200 * time.Millisecond},
		{Requests: 20, Throttled: 10, Failed: 2, P50: 80 * time.Millisecond, P99: time.Second}, {},
		{Requests: 4, P50: 20 * time.Millisecond, P99: 20 * time.Millisecond},
	}, Whole: timeline.Point{Requests: 44, Throttled: 10, Failed: 2, P50: 80 * time.Millisecond, P99: time.Second, Max: time.Second}}
	rate := rateChart(0, s)
	require.Equal(t, []string{"10", "5", "0"}, rate.Y)
	require.Equal(t, []string{"23:59:58", "00:00:00", "00:00:02", "00:00:04", "00:00:06"}, rate.X)
	require.Equal(t, []path{
		{"broken", "M0 100H0V0H2V100H3V80H4V100Z"},
		{"throttled", "M0 100H0V0H1V10H2V100H3V80H4V100Z"},
		{"sent", "M0 100H0V0H1V60H2V100H3V80H4V100Z"},
	}, rate.Paths, "each hides the lower part of the one before")
	require.Equal(t, "m2m: 44 requests over 8s, at most 10 a second, 10 throttled, 2 failed on the way", rate.Said)

	latency := latencyChart(0, s)
	require.Equal(t, []string{"1s", "100ms", "10ms"}, latency.Y)
	require.Equal(t, []string{"0", "50"}, latency.Lines)
	require.Equal(t, []path{{"p99", "M0 34.9H1V0H2M3 84.9H4"}, {"p50", "M0 54.8H1V54.8H2M3 84.9H4"}}, latency.Paths, "with a gap where nothing was asked")

	s.Points = s.Points[:1]
	require.Equal(t, []string{"23:59:58", "00:00:00"}, rateChart(0, s).X, "no label twice")
	s.Points[0] = timeline.Point{Requests: 1}
	require.Len(t, latencyChart(0, s).Y, 2, "faster than can be measured")
	for x, want := range map[float64]float64{0: 1, 0.3: 0.3, 1: 1, 9.6: 10, 10: 10, 11: 15, 240: 300, 2000: 2000, 2001: 3000} {
		require.InEpsilon(t, want, nice(x), 1e-9, x)
	}
}
