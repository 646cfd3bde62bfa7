package report

import (
	"fmt"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/report/human"
	"bulk/internal/report/timeline"
)

// Summary is a run as it is told at its end: everything that the table on
// stderr and the report files say. [Tally] makes the part that comes from the
// rows; the command fills in the rest. It holds no secrets.
type Summary struct {
	Command string   // as a person would say it: "bulk run fleet.csv --dry-run"
	Kind    string   // "run", "dry_run", "apply" or "check"; a label of metrics
	Version string   // of bulk; empty where it does not matter
	Run     string   // the run's id in the ledger; empty where it has none
	Input   string   // the input's name
	Job     string   // what the run is a part of, for metrics; empty: the input's name
	Output  string   // where the result CSV is; empty: nowhere
	Digest  string   // the output's SHA-256, for approval; empty: not to be shown
	Files   []string // what else was written: the folder of QR pictures, report files
	Origin  Origin
	// Portal is a SIM's page in the portal; empty: it is not known. It may be nil.
	Portal  func(jobs.ICCID) string
	Started time.Time
	Elapsed time.Duration

	Total   int // rows of the input, copied ones included
	Copied  int // rows copied from an earlier result; in no count below
	Actions []ActionCounts
	Groups  []GroupCounts // of the irreversible rows, by group; by name
	Codes   []CodeCount   // the commonest first
	Named   []NamedRow    // the first rows that are unknown, drifted or failed, in this order; at most MostNamed

	InDoubt []InDoubt // over the whole ledger, by account; nil: it was not looked at

	Upstreams []UpstreamTotals
	Timeline  *timeline.Timeline // of the requests; nil: none was kept

	Refusals []Refusal // what stood in the way of a run that did not begin; nil: it did

	Ending   string   // why the run ended early: "interrupted", "ended by --max-failures: …"; empty: it finished
	ExitCode int      // see ExitCode
	Off      []string // the safeguards that were off, in words, each with its flag
	Notes    []string // what else a reader must know: check digits that are wrong
	Next     []string // command lines for the next step, to be pasted as they are
}

// Refusal is something that stood in the way of a run, and what to do about it.
type Refusal struct {
	Text  string
	Hints []string
}

// ActionCounts says how the rows of an action ended.
type ActionCounts struct {
	Action jobs.Action // empty: rows whose action is missing or unknown
	Counts Counts
}

// GroupCounts says how the irreversible rows ended that name a group.
type GroupCounts struct {
	Group  string // a code; empty: the groups beyond the first hundred
	Counts Counts
}

// CodeCount says how often rows ended in an outcome for a reason.
type CodeCount struct {
	Outcome jobs.Outcome
	Code    jobs.Code
	Count   int
	Line    int    // the first line of the input where it happened
	Cause   string // a sentence
	Cure    string // a sentence that says what to do
}

// InDoubt says how many SIMs of an account nobody knows whether their command
// was done, those left out of which a person has said that it cannot be told.
type InDoubt struct {
	Account string
	SIMs    int
	Oldest  time.Time // when the first of these commands was sent; zero where there are none
}

// String is a sentence's part: "3 SIMs of m2m:acme@host are in doubt, the first
// since 2026-11-20 02:01 UTC".
func (d InDoubt) String() string {
	return fmt.Sprintf("%s of %s %s in doubt, the first since %s", human.Count(d.SIMs, "SIM", "SIMs"), d.Account,
		map[bool]string{true: "is", false: "are"}[d.SIMs == 1], d.Oldest.UTC().Format("2006-01-02 15:04 UTC"))
}

// Doubts are the accounts that have SIMs in doubt, in words: the first thing
// that everybody must hear, as long as there are any.
func (s Summary) Doubts() (all []string) {
	for _, d := range s.InDoubt {
		if d.SIMs > 0 {
			all = append(all, d.String())
		}
	}
	return all
}

// UpstreamTotals is what a run asked of an upstream.
type UpstreamTotals struct {
	Name      jobs.Upstream
	Requests  int           // every attempt counted
	Retries   int           // of the requests
	Throttled int           // answers that asked to slow down
	Held      time.Duration // how long rows waited because the upstream was down
	Rate      float64       // requests a second, mean over the time it was asked
}

// Said is what was asked of the upstream, in words: "12 requests", "9.8 a
// second", "2 retries".
func (u UpstreamTotals) Said() []string {
	said := []string{human.Count(u.Requests, "request", "requests")}
	if u.Rate > 0 {
		said = append(said, human.Rate(u.Rate)+" a second")
	}
	if u.Retries > 0 {
		said = append(said, human.Count(u.Retries, "retry", "retries"))
	}
	if u.Throttled > 0 {
		said = append(said, "throttled "+human.Count(u.Throttled, "time", "times"))
	}
	if u.Held >= time.Second {
		said = append(said, "held "+human.Duration(u.Held)+" while it was down")
	}
	return said
}

// Counts adds the actions' counts up.
func (s Summary) Counts() Counts {
	total := Counts{}
	for _, action := range s.Actions {
		for outcome, n := range action.Counts {
			total[outcome] += n
		}
	}
	return total
}

// Remarks are what a reader must know: the safeguards that were off first, then
// the notes.
func (s Summary) Remarks() []string {
	var all []string
	for _, off := range s.Off {
		all = append(all, "safeguard off: "+off)
	}
	return append(all, s.Notes...)
}

// StillUnknown counts the unknown rows that an earlier run left in doubt.
func (s Summary) StillUnknown() (n int) {
	for _, c := range s.Codes {
		if c.Outcome == jobs.Unknown && c.Code == jobs.StillUnknown {
			n += c.Count
		}
	}
	return n
}

// countNamed is how many rows have an outcome that is named.
func (s Summary) countNamed() int {
	n := 0
	for _, o := range named {
		n += s.Counts()[o]
	}
	return n
}

// Wrong lists the reasons that ask for somebody's attention: unknown rows
// first, then the commonest.
func (s Summary) Wrong() []CodeCount {
	var unknown, rest []CodeCount
	for _, c := range s.Codes {
		switch c.Outcome {
		case jobs.Unknown:
			unknown = append(unknown, c)
		case jobs.Failed, jobs.Invalid, jobs.Rejected, jobs.Drift:
			rest = append(rest, c)
		}
	}
	return append(unknown, rest...)
}

// CureUnknown is what to do about a row whose request may have been done,
// whatever the code says.
const CureUnknown = "Look the SIM up in the portal, then settle it with bulk resolve --done or --not-done."
