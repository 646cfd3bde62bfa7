package report

import (
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report/redact"
)

// MostNamed is how many of the rows that matter are named one by one.
const MostNamed = 10

// named are the outcomes of rows that are named, those first that ask for
// somebody's attention most.
var named = []jobs.Outcome{jobs.Unknown, jobs.Drift, jobs.Failed}

// NamedRow is a row that a person should look at. It holds no secrets.
type NamedRow struct {
	Line    int
	ICCID   jobs.ICCID
	Action  jobs.Action
	Outcome jobs.Outcome
	Code    jobs.Code
	Reason  string // error_description, with the upstream's own words
	Portal  string // the SIM's page in the portal; empty: it is not known
}

// Named reports whether rows with this outcome are named.
func Named(o jobs.Outcome) bool { return slices.Contains(named, o) }

// Name makes a row one that is named.
func Name(row *jobs.Row, res *jobs.Result) NamedRow {
	return NamedRow{row.Line, row.ICCID, row.Action, res.Outcome, res.Code, Reason(redact.Result(*res)), ""}
}

// Reason is a result's description with the upstream's own words, of a result
// without secrets.
func Reason(r jobs.Result) string {
	if r.UpstreamError == "" {
		return r.Description
	}
	return strings.TrimSpace(r.Description + " Upstream: " + r.UpstreamError)
}

// namedRows keeps the first rows of each outcome that is named.
type namedRows map[jobs.Outcome][]NamedRow

func (n namedRows) add(row *jobs.Row, res *jobs.Result) {
	if Named(res.Outcome) && len(n[res.Outcome]) < MostNamed {
		n[res.Outcome] = append(n[res.Outcome], Name(row, res))
	}
}

// first are the first rows of all.
func (n namedRows) first() []NamedRow {
	var all []NamedRow
	for _, o := range named {
		all = append(all, n[o]...)
	}
	return all[:min(len(all), MostNamed)]
}
