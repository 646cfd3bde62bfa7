package files

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/human"
)

// mostHTMLRows is how many rows an HTML report lists: what a browser still
// searches while somebody types.
const mostHTMLRows = 10_000

// mostUnscripted is how many rows stand in it as text, for where no script runs.
const mostUnscripted = 100

//go:embed page
var page embed.FS

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report.html").Funcs(template.FuncMap{"unbroken": unbroken}).ParseFS(page, "page/report.html"))
})

var flagWord = regexp.MustCompile(`--[a-z][a-z-]+`)

// unbroken keeps flags in one piece: within --not-done a browser may begin a new line.
func unbroken(text string) template.HTML {
	return template.HTML(flagWord.ReplaceAllString(template.HTMLEscapeString(text), `<span class="flag">$0</span>`))
}

type alertView struct{ Tone, Text string }

type tileView struct {
	Outcome        jobs.Outcome
	Count, Meaning string
}

type reasonView struct {
	Count, Line, Cause, Cure string
	Code                     jobs.Code
	Outcome                  jobs.Outcome
}

type upstreamView struct {
	Name                                                         jobs.Upstream
	Requests, Rate, Retries, Throttled, Held, P50, P90, P99, Max string
}

// pageData is what the page's script reads.
type pageData struct {
	Columns  []string       `json:"columns"`
	Gravest  []jobs.Outcome `json:"gravest"` // every outcome in the order of the list
	Wrong    int            `json:"wrong"`   // how many of them, the first, are not as they should be
	Rows     [][]any        `json:"rows"`
	Timeline []documentLine `json:"timeline"`
}

// writeHTML writes one page that needs nothing else: style, script and data are
// in it, and its policy forbids it to fetch or to run anything more.
func writeHTML(w io.Writer, s report.Summary, columns []string, rows Rows) error {
	listed := newPick(mostHTMLRows)
	if err := listed.take(rows); err != nil {
		return err
	}
	v := view{
		Title: base(s.Input), Command: s.Command, Origin: s.Origin.Facts(), ExitCode: s.ExitCode, ExitMeaning: report.ExitMeaning(s.ExitCode), Tone: tone(s.ExitCode), Version: s.Version,
		Ended: s.Started.Add(s.Elapsed).UTC().Format("2 January 2006, 15:04:05 UTC"), Digest: s.Digest, Next: s.Next,
		Facts: facts(s), Alerts: alerts(s), Tiles: tiles(s), Tables: tables(s), Reasons: reasons(s),
	}
	if v.Title == "" {
		v.Title = "bulk " + orRun(s.Kind)
	}
	for _, file := range append([]string{s.Output}, s.Files...) {
		if file != "" {
			v.Files = append(v.Files, file)
		}
	}
	series := s.Timeline.Series(timelinePoints)
	for _, u := range s.Upstreams {
		v.Upstreams = append(v.Upstreams, newUpstreamView(u, latency(series, u.Name)))
	}
	for i, line := range series {
		v.Charts = append(v.Charts, rateChart(i, line), latencyChart(i, line))
		v.Data.Timeline = append(v.Data.Timeline, newLine(line))
	}
	v.list(s, listed, columns)
	if err := v.dress(); err != nil {
		return err
	}
	return pageTemplate().Execute(w, v)
}

// base is a file's name without its folders, by whichever system it was named.
func base(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// dress adds style and script, with the hashes that allow them.
func (v *view) dress() error {
	style, err := page.ReadFile("page/report.css")
	if err != nil {
		return err
	}
	search, err := page.ReadFile("page/search.js")
	if err != nil {
		return err
	}
	report, err := page.ReadFile("page/report.js")
	if err != nil {
		return err
	}
	script := slices.Concat(search, report)
	v.Style, v.StyleHash = template.CSS(style), hash(style)
	v.Script, v.ScriptHash = template.JS(script), hash(script)
	return nil
}

// hash is a source of a content security policy (CSP 3, hash-source).
func hash(text []byte) template.HTMLAttr {
	sum := sha256.Sum256(text)
	return template.HTMLAttr("sha256-" + base64.StdEncoding.EncodeToString(sum[:]))
}

func tone(code int) string {
	switch code {
	case report.ExitOK:
		return "good"
	case report.ExitRows, report.ExitDrift, report.ExitPlanned, report.ExitTime:
		return "warn"
	default:
		return "bad"
	}
}

func facts(s report.Summary) []string {
	var all []string
	all = append(all, human.Count(s.Total, "row", "rows"))
	if s.Elapsed > 0 {
		all = append(all, "took "+human.Duration(s.Elapsed))
	}
	if !s.Started.IsZero() {
		all = append(all, "began "+s.Started.UTC().Format("2 January 2006, 15:04:05 UTC"))
	}
	if s.Run != "" {
		all = append(all, "run "+s.Run)
	}
	if s.Copied > 0 {
		all = append(all, human.Count(s.Copied, "row", "rows")+" copied unchanged from the earlier result, in no count below")
	}
	return all
}

func alerts(s report.Summary) []alertView {
	var all []alertView
	for _, doubt := range s.Doubts() {
		all = append(all, alertView{"bad", doubt + ": see bulk runs --unknown."})
	}
	total := s.Counts()
	still := s.StillUnknown()
	if n := total[jobs.Unknown] - still; n > 0 {
		all = append(all, alertView{"bad", are(n) + " unknown: sent, but no trustworthy answer came, so it may have been done. " + report.CureUnknown})
	}
	if still > 0 {
		all = append(all, alertView{"bad", are(still) + " still unknown from an earlier run; nothing was sent for them now. " + report.CureUnknown})
	}
	if s.Ending != "" {
		text := "Ended early: " + s.Ending
		if n := total[jobs.NotRun]; n > 0 {
			text += "; " + human.Count(n, "row", "rows") + " not run"
		}
		all = append(all, alertView{"bad", text})
	}
	for _, note := range s.Remarks() {
		all = append(all, alertView{"warn", note})
	}
	return all
}

func tiles(s report.Summary) []tileView {
	var all []tileView
	total := s.Counts()
	for _, outcome := range jobs.Outcomes {
		if n := total[outcome]; n > 0 {
			all = append(all, tileView{outcome, human.Number(n), report.ExplainOutcome(outcome).Meaning})
		}
	}
	return all
}

func reasons(s report.Summary) []reasonView {
	var all []reasonView
	for _, c := range s.Wrong() {
		v := reasonView{human.Number(c.Count), "", c.Cause, c.Cure, c.Code, c.Outcome}
		if c.Line > 0 {
			v.Line = human.Number(c.Line)
		}
		all = append(all, v)
	}
	return all
}

func newUpstreamView(u report.UpstreamTotals, l *documentLatency) upstreamView {
	v := upstreamView{
		Name: u.Name, Requests: human.Number(u.Requests), Rate: human.Rate(u.Rate), Retries: count(u.Retries), Throttled: count(u.Throttled),
		Held: "·", P50: "·", P90: "·", P99: "·", Max: "·",
	}
	if u.Held > 0 {
		v.Held = human.Duration(u.Held)
	}
	if l != nil {
		v.P50, v.P90, v.P99, v.Max = human.Latency(l.P50), human.Latency(l.P90), human.Latency(l.P99), human.Latency(l.Max)
	}
	return v
}
