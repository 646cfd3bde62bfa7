package files

import (
	"encoding/json"
	"fmt"
	"io"
	"math"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

// SchemaVersion is the version of the JSON report, which docs/report.schema.json
// describes. It goes up when a field goes away or changes its meaning; new
// fields may come without.
const SchemaVersion = 1

type document struct {
	SchemaVersion   int              `json:"schema_version"`
	Version         string           `json:"bulk_version"`
	Command         string           `json:"command"`
	Kind            string           `json:"kind"`
	Run             string           `json:"run"`
	Input           string           `json:"input"`
	Output          string           `json:"output"`
	PlanDigest      string           `json:"plan_sha256"`
	Files           []string         `json:"files"`
	InputDigest     string           `json:"input_sha256"`
	Catalog         string           `json:"catalog"`
	CatalogDigest   string           `json:"catalog_sha256"`
	Accounts        []string         `json:"accounts"`
	User            string           `json:"user"`
	Host            string           `json:"host"`
	Approvals       []documentYes    `json:"approvals"`
	Started         string           `json:"started_at"`
	Ended           string           `json:"ended_at"`
	DurationSeconds float64          `json:"duration_seconds"`
	ExitCode        int              `json:"exit_code"`
	ExitMeaning     string           `json:"exit_meaning"`
	Ending          string           `json:"ended_early"`
	Rows            documentRows     `json:"rows"`
	Outcomes        counts           `json:"outcomes"`
	Actions         []documentAction `json:"actions"`
	Groups          []documentGroup  `json:"groups"`
	Reasons         []documentReason `json:"reasons"`
	FirstWrong      []documentRow    `json:"first_wrong_rows"`
	InDoubt         []documentDoubt  `json:"in_doubt"`
	Upstreams       []documentUp     `json:"upstreams"`
	Timeline        []documentLine   `json:"timeline"`
	Off             []string         `json:"safeguards_off"`
	Notes           []string         `json:"notes"`
	Next            []string         `json:"next"`
}

type documentRows struct {
	Total  int `json:"total"`
	Copied int `json:"copied"`
}

type documentAction struct {
	Action   jobs.Action `json:"action"`
	Total    int         `json:"total"`
	Outcomes counts      `json:"outcomes"`
}

type documentGroup struct {
	Group    string `json:"group"`
	Total    int    `json:"total"`
	Outcomes counts `json:"outcomes"`
}

type documentReason struct {
	Outcome   jobs.Outcome `json:"outcome"`
	Code      jobs.Code    `json:"code"`
	Rows      int          `json:"rows"`
	FirstLine int          `json:"first_line"`
	Cause     string       `json:"cause"`
	Cure      string       `json:"cure"`
}

type documentYes struct {
	At     string `json:"at"`
	User   string `json:"user"`
	How    string `json:"how"`
	SIMs   int    `json:"sims"`
	Reason string `json:"reason"`
}

type documentRow struct {
	Line    int          `json:"line"`
	ICCID   jobs.ICCID   `json:"iccid"`
	Action  jobs.Action  `json:"action"`
	Outcome jobs.Outcome `json:"outcome"`
	Code    jobs.Code    `json:"code"`
	Reason  string       `json:"reason"`
	Portal  string       `json:"portal_url,omitempty"`
}

type documentDoubt struct {
	Account string `json:"account"`
	SIMs    int    `json:"sims"`
	Oldest  string `json:"oldest_at"`
}

type documentUp struct {
	Name        jobs.Upstream    `json:"name"`
	Requests    int              `json:"requests"`
	Retries     int              `json:"retries"`
	Throttled   int              `json:"throttled"`
	HeldSeconds float64          `json:"held_seconds"`
	MeanRate    float64          `json:"mean_rate"`
	Latency     *documentLatency `json:"latency_seconds"`
}

// counts has every outcome, also those that did not occur, so that a program
// need not ask.
type counts map[jobs.Outcome]int

func allCounts(c report.Counts) counts {
	all := counts{}
	for _, outcome := range jobs.Outcomes {
		all[outcome] = c[outcome]
	}
	return all
}

// Marshal gives the JSON report of a run, on one line.
func Marshal(s report.Summary) ([]byte, error) {
	text, err := json.Marshal(newDocument(safeSummary(s)))
	if err != nil {
		return nil, fmt.Errorf("writing the summary as JSON: %w", err)
	}
	return text, nil
}

func writeJSON(w io.Writer, s report.Summary) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(newDocument(s))
}

func newDocument(s report.Summary) document {
	d := document{
		SchemaVersion: SchemaVersion, Version: s.Version, Command: s.Command, Kind: s.Kind, Run: s.Run, Input: s.Input,
		Output: s.Output, PlanDigest: s.Digest, Files: list(s.Files), Started: stamp(s.Started), Ended: stamp(s.Started.Add(s.Elapsed)),
		DurationSeconds: seconds(s.Elapsed), ExitCode: s.ExitCode, ExitMeaning: report.ExitMeaning(s.ExitCode), Ending: s.Ending,
		Rows: documentRows{s.Total, s.Copied}, Outcomes: allCounts(s.Counts()), Off: list(s.Off), Notes: list(s.Notes), Next: list(s.Next),
		InputDigest: s.Origin.InputDigest, Catalog: s.Origin.Catalog, CatalogDigest: s.Origin.CatalogDigest,
		Accounts: list(s.Origin.Accounts), User: s.Origin.User, Host: s.Origin.Host, Approvals: []documentYes{}, FirstWrong: []documentRow{}, InDoubt: []documentDoubt{},
		Actions: []documentAction{}, Groups: []documentGroup{}, Reasons: []documentReason{}, Upstreams: []documentUp{}, Timeline: []documentLine{},
	}
	for _, a := range s.Origin.Approvals {
		d.Approvals = append(d.Approvals, documentYes{stamp(a.At), a.User, a.How, a.SIMs, a.Reason})
	}
	for _, doubt := range s.InDoubt {
		if doubt.SIMs > 0 {
			d.InDoubt = append(d.InDoubt, documentDoubt{doubt.Account, doubt.SIMs, stamp(doubt.Oldest)})
		}
	}
	for _, r := range s.Named {
		d.FirstWrong = append(d.FirstWrong, documentRow(r))
	}
	for _, a := range s.Actions {
		d.Actions = append(d.Actions, documentAction{a.Action, a.Counts.Total(), allCounts(a.Counts)})
	}
	for _, g := range s.Groups {
		d.Groups = append(d.Groups, documentGroup{g.Group, g.Counts.Total(), allCounts(g.Counts)})
	}
	for _, c := range s.Codes {
		d.Reasons = append(d.Reasons, documentReason{c.Outcome, c.Code, c.Count, c.Line, c.Cause, c.Cure})
	}
	series := s.Timeline.Series(timelinePoints)
	for _, u := range s.Upstreams {
		d.Upstreams = append(d.Upstreams, documentUp{u.Name, u.Requests, u.Retries, u.Throttled, seconds(u.Held), round(u.Rate), latency(series, u.Name)})
	}
	for _, line := range series {
		d.Timeline = append(d.Timeline, newLine(line))
	}
	return d
}

// list is never null in JSON.
func list(texts []string) []string { return append([]string{}, texts...) }

func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }
