package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/meant"
	"bulk/internal/jobs/runner"
	"bulk/internal/report/files"
)

// Options are the flags of the commands that read an input. Each command
// registers the groups that it has.
type Options struct {
	// what the input says
	Action, Group, delimiter, iccidCheck string
	sheet                                string
	columns, only                        []string
	// where things go
	Output, qrDir, Ledger string
	Redact, ForExcel      bool
	LedgerGiven           string // --ledger as the next command needs it
	MarkDir               string
	MarkDirGiven          string // --mark-dir likewise
	LastRunWithin         string
	// before an irreversible row
	Catalog      string
	CurrentIn    string
	NoGroupCheck bool
	preflight    []string
	Again        int
	// approval
	DryRun, Yes       bool
	Approve, Reason   string
	MaxChanges        int
	Canary            int
	Resume, Restart   bool
	NewLedger         bool
	Wait              time.Duration
	until             string
	MaxDuration       time.Duration
	maxPlanAge        string
	DetailedExit      bool
	ApprovedBy        string
	KeepResults       string
	portalURL         string
	grace             string
	rates             []string
	Workers           string
	Retries           int
	Timeout           time.Duration
	CommandTimeout    time.Duration
	MaxOutage         time.Duration
	MaxInDoubt        int
	MaxFailures       string
	MaxRefusals       string
	NoAPIIDCheck      bool
	reports, QRLabels []string
	QRSheet, job      string
	Sandbox           bool
	Fleet             string
	Progress          string
	Notices           notices
	Engine            string
	Temporal          TemporalAt
	TemporalGiven     string // --temporal and --namespace, as the next command needs them
	Detach            bool
	Handed            map[string][]string // the flags that go with a run that is handed to workers

	Checked checked
}

// The engines: who does a run's rows.
const (
	Local      = "local"    // the process that was started
	Postgres   = "postgres" // workers, by the shared ledger's own list of open runs
	ByTemporal = "temporal" // workers, by way of a Temporal server
)

// Engines lists them.
var Engines = []string{Local, Postgres, ByTemporal}

func (s *Options) registerEngine(f *pflag.FlagSet) {
	f.StringVar(&s.Engine, "engine", Local, "who does the rows: `ENGINE` local; or bulk worker processes, so that the run outlives this\nmachine: postgres, by way of a shared ledger, or temporal, by way of that and a Temporal server")
	f.BoolVar(&s.Detach, "detach", false, "with --engine: hand the run over and leave; its number goes to standard output")
	s.Temporal.Register(f)
}

// NotDetached lists what was asked for that only who waits for the run has.
func (s *Options) NotDetached() (flags []string) {
	for flag, given := range map[string]bool{"--report": len(s.reports) > 0, "--qr-sheet": s.QRSheet != "", "--for-excel": s.ForExcel} {
		if s.Detach && given {
			flags = append(flags, flag)
		}
	}
	slices.Sort(flags)
	return flags
}

// ByWorkers reports whether workers do the rows. What is practised, or only looked at
// first, is done here, whatever the settings say.
func (s *Options) ByWorkers() bool {
	return s.Engine != "" && s.Engine != Local && !s.Sandbox && !s.DryRun
}

// checked are the flags that are more than they look, read once.
type checked struct {
	Failures, Refusals runner.Limit
	Workers            int // most rows of an upstream under way at once; 0: as many as the rate needs
	Rates              map[jobs.Upstream]float64
	Grace              time.Duration
	Preflight          jobs.Preflight
	LastRunWithin      time.Duration
	Until              func(now time.Time) time.Time // when no new row begins any more; nil: nothing was said
	MaxPlanAge         time.Duration                 // 0: any
	KeepResults        time.Duration                 // 0: for good
	Portal             Portal
	Reports            []files.Target
}

// check reads those that say how rows are done.
func (s *Options) check() (err error) {
	c := &s.Checked
	if c.Failures, c.Refusals, err = s.limits(); err != nil {
		return err
	}
	if s.LastRunWithin != "" {
		if c.LastRunWithin, err = ParseAge("--last-run-within", s.LastRunWithin); err != nil {
			return err
		}
	}
	if c.Workers, err = s.workerCount(); err != nil {
		return err
	}
	if c.Rates, err = s.ratesByUpstream(); err != nil {
		return err
	}
	if c.Grace, err = s.GracePeriod(); err != nil {
		return err
	}
	if c.Until, err = s.untilWhen(); err != nil {
		return err
	}
	if c.Portal, err = ParsePortal(s.portalURL); err != nil {
		return err
	}
	if s.KeepResults != "" {
		if c.KeepResults, err = ParseAge("--keep-results", s.KeepResults); err != nil {
			return err
		}
		if c.KeepResults < time.Hour {
			return console.Misused("--keep-results %s is too short: results of this very night would go", s.KeepResults)
		}
	}
	if c.MaxPlanAge, err = s.planAge(); err != nil {
		return err
	}
	c.Preflight, err = s.preflightChecks()
	return err
}

func (s *Options) RegisterInput(f *pflag.FlagSet) {
	f.StringVar(&s.Action, "action", "", "`ACTION` for rows without one")
	f.StringVar(&s.Group, "group", "", "group `CODE` for set_aa_group rows without one")
	f.StringArrayVar(&s.columns, "column", nil, "a column that is called otherwise, `NAME=\"OTHER NAME\"`, such as iccid=\"SIM Serial\"; repeatable; group= says that the file has none")
	f.StringVar(&s.sheet, "sheet", "", "`NAME` of the sheet, of a workbook in which several could be meant")
	f.StringVar(&s.delimiter, "delimiter", "", "field `DELIMITER`: comma, semicolon, tab or | (found out by itself)")
	f.StringVar(&s.iccidCheck, "iccid-check", "auto", "what a wrong check digit means, `auto|luhn|length`: auto stops an irreversible row and is counted\nfor a read, luhn stops every row, length means nothing")
	f.StringSliceVar(&s.only, "only", nil, "of a file that bulk wrote, run just the rows with these `OUTCOMES`, such as failed,not_run")
}

func (s *Options) RegisterOutput(f *pflag.FlagSet, what string) {
	f.StringVarP(&s.Output, "output", "o", "", "result `FILE` ("+what+"), a workbook where it ends in .xlsx; - for standard output;\n{date} and {run} are filled in, here and in the names of reports")
	s.registerForExcel(f)
	f.BoolVar(&s.Redact, "redact", false, "leave activation codes, IMSI, EID, expect and input columns of these names out of results, plan and reports")
}

func (s *Options) registerForExcel(f *pflag.FlagSet) {
	f.BoolVar(&s.ForExcel, "for-excel", false, "write a CSV that a double-click opens right: long numbers as =\"…\", this machine's separator")
}

func (s *Options) registerProgress(f *pflag.FlagSet) {
	f.StringVar(&s.Progress, "progress", "auto", "`auto|bar|log|none`: a bar on a terminal, a line now and then elsewhere")
}

func (s *Options) registerLedger(f *pflag.FlagSet) {
	f.StringVar(&s.Ledger, "ledger", "", LedgerUsage)
}

// RegisterRun registers what run and apply share.
func (s *Options) RegisterRun(f *pflag.FlagSet) {
	s.registerLedger(f)
	f.BoolVar(&s.NewLedger, "new-ledger", false, "the first run of an account: do irreversible rows by a ledger that holds no act of it, or is not there yet")
	MarksFlag(f, &s.MarkDir)
	f.StringVar(&s.LastRunWithin, "last-run-within", "", "where nobody is there to ask, refuse irreversible rows if the account's last run in the ledger\nis longer ago than `AGE`, such as 36h")
	s.registerEngine(f)
	f.BoolVar(&s.Resume, "resume", false, "continue the unfinished run of this input, or start one where there is none")
	f.BoolVar(&s.Restart, "restart", false, "start anew although a run of this input is unfinished; what is done stays done")
	f.DurationVar(&s.Wait, "wait", 0, "wait this `TIME` for another run on the account to end")
	f.StringVar(&s.until, "until", "", "let no new row begin after this `TIME` of day, 05:00 or 05:00Z; exit 8, and --resume continues")
	f.DurationVar(&s.MaxDuration, "max-duration", 0, "let no new row begin once the run has gone on for this `TIME`; exit 8, and --resume continues")
	f.StringVar(&s.grace, "grace", graceAuto, "how much `TIME` requests under way have after the first Ctrl-C; auto: until they time out by themselves")
	f.StringVar(&s.KeepResults, "keep-results", "", "when the run has ended, drop results older than `AGE`, such as 90d; irreversible acts stay")
	f.StringVar(&s.qrDir, "qr-dir", "", QRDirUsage)
	f.StringVar(&s.Catalog, "catalog", "", "group catalogue `FILE`, CSV code,name,type with type pending, live or suspended")
	s.RegisterCurrentGroups(f)
	f.BoolVar(&s.NoGroupCheck, "no-group-check", false, "do irreversible rows without a catalogue; the result says so")
	f.StringSliceVar(&s.preflight, "preflight", []string{"status", "contract"}, "live `CHECKS` before an irreversible row: status,contract or none")
	f.IntVar(&s.Again, "again", 0, "send exactly `N` SIMs a command a second time that were done before, or with another group; needs --reason")
	f.IntVar(&s.Canary, "canary", 0, "send the first `N` irreversible rows alone; unless every one is ok, end there")
	f.StringVar(&s.Reason, "reason", "", "`TEXT` kept in the ledger with the approval")
	f.StringVar(&s.ApprovedBy, "approved-by", "", "`NAME` of who approved it, kept in the ledger with the approval")
	s.RegisterReports(f)
	s.registerSheet(f)
	s.RegisterPace(f)
	s.registerProgress(f)
	s.Notices.register(f)
	PortalFlag(f, &s.portalURL)
	f.BoolVar(&s.Sandbox, "sandbox", false, "practise: both APIs inside this process, with a built-in fleet and a ledger that ends with it")
	f.StringVar(&s.Fleet, "fleet", "", "fleet `FILE` for --sandbox")
}

func (s *Options) RegisterPace(f *pflag.FlagSet) {
	f.StringSliceVar(&s.rates, "rate", nil, "requests a second, `UPSTREAM=N`, for m2m and betatel (10 each); 0 means no limit, for loopback only")
	f.StringVar(&s.Workers, "workers", "auto", "`N` rows of an upstream under way at once; auto: as many as the rate needs, at most 1024")
	f.IntVar(&s.Retries, "retries", 4, "attempts after the first, `N`; an irreversible request only where it surely was not done")
	f.DurationVar(&s.Timeout, "timeout", 30*time.Second, "how much `TIME` a read has")
	f.DurationVar(&s.CommandTimeout, "command-timeout", 90*time.Second, "how much `TIME` an irreversible request has: waiting costs nothing, a time-out a look into the portal")
	f.DurationVar(&s.MaxOutage, "max-outage", 15*time.Minute, "how much `TIME` an upstream that is down is waited for")
	f.IntVar(&s.MaxInDoubt, "max-in-doubt", 20, "most irreversible requests, `N`, unanswered or unknown at any time; half of it unknown ends the run; 0: no bound")
	f.StringVar(&s.MaxFailures, "max-failures", "20%", "`N` or N% of rows failed on the way or unknown end the run (a share from 50 rows on); none: no limit")
	f.StringVar(&s.MaxRefusals, "max-refusals", "50%", "`N` or N% of irreversible rows refused, by a live check or the upstream, end the run (a share from\n50 rows on); none: no limit; a dry run says it and goes on")
	f.BoolVar(&s.NoAPIIDCheck, "no-api-id-check", false, "accept m2m answers that bear another api_id")
}

// InputOptions reads the flags about the input.
func (s *Options) InputOptions() (input.Options, error) {
	o := input.Options{Group: s.Group, Sheet: s.sheet, ICCIDCheck: input.Check(s.iccidCheck)}
	var err error
	if o.Columns, o.Absent, err = s.columnNames(); err != nil {
		return o, err
	}
	if s.Action != "" {
		action, ok := jobs.ParseAction(s.Action)
		if !ok {
			return o, console.Misused("--action %s: no such action; there are %s%s", s.Action, Join(jobs.Actions), meant.Ask(jobs.NormalName(s.Action), jobs.Actions))
		}
		o.Action = action
	}
	if s.iccidCheck != "" && !slices.Contains(input.Checks, o.ICCIDCheck) {
		return o, console.Misused("--iccid-check is auto, luhn or length, not %q%s", s.iccidCheck, meant.Ask(s.iccidCheck, input.Checks))
	}
	for _, word := range s.only {
		outcome, ok := jobs.ParseOutcome(word)
		if !ok {
			return o, console.Misused("--only %s: no such outcome; there are %s%s", word, Join(jobs.Outcomes), meant.Ask(jobs.NormalName(word), jobs.Outcomes))
		}
		o.Only = append(o.Only, outcome)
	}
	switch s.delimiter {
	case "":
	case "tab", `\t`:
		o.Delimiter = '\t'
	case "comma":
		o.Delimiter = ','
	case "semicolon":
		o.Delimiter = ';'
	default:
		runes := []rune(s.delimiter)
		if len(runes) != 1 || !strings.ContainsRune(",;\t|", runes[0]) {
			return o, console.Misused("--delimiter is comma, semicolon, tab or |, not %q", s.delimiter)
		}
		o.Delimiter = runes[0]
	}
	return o, nil
}

func Join[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

// preflightChecks reads --preflight.
func (s *Options) preflightChecks() (jobs.Preflight, error) {
	var p jobs.Preflight
	for _, word := range s.preflight {
		switch strings.TrimSpace(word) {
		case "status":
			p.Status = true
		case "contract":
			p.Contract = true
		case "none":
			if len(s.preflight) > 1 {
				return p, console.Misused("--preflight none stands alone")
			}
		default:
			return p, console.Misused("--preflight is status, contract, both by comma, or none; not %q", word)
		}
	}
	return p, nil
}

// ratesByUpstream reads --rate; 10 where nothing is said.
func (s *Options) ratesByUpstream() (map[jobs.Upstream]float64, error) {
	rates := map[jobs.Upstream]float64{jobs.M2M: 10, jobs.Betatel: 10}
	for _, word := range s.rates {
		name, number, found := strings.Cut(word, "=")
		u := jobs.Upstream(strings.TrimSpace(name))
		if _, known := rates[u]; !known || !found {
			return nil, console.Misused("--rate is UPSTREAM=N with %s, not %q%s", strings.Join(upstreamNames(rates), " or "), word, meant.Ask(string(u), jobs.Upstreams))
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || n < 0 || n > 1e6 {
			return nil, console.Misused("--rate %s: %q is not a number of requests a second", word, number)
		}
		rates[u] = n
	}
	return rates, nil
}

func upstreamNames(rates map[jobs.Upstream]float64) []string {
	var names []string
	for _, u := range slices.Sorted(maps.Keys(rates)) {
		names = append(names, string(u))
	}
	return names
}

// workerCount reads --workers; 0 is auto.
func (s *Options) workerCount() (int, error) {
	if s.Workers == "auto" || s.Workers == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s.Workers)
	if err != nil || n < 1 || n > runner.MostWorkers {
		return 0, console.Misused("--workers is auto or a number from 1 to %d, not %q", runner.MostWorkers, s.Workers)
	}
	return n, nil
}

// limits reads --max-failures and --max-refusals.
func (s *Options) limits() (failures, refusals runner.Limit, err error) {
	if failures, err = limit("max-failures", s.MaxFailures); err != nil {
		return failures, refusals, err
	}
	refusals, err = limit("max-refusals", s.MaxRefusals)
	return failures, refusals, err
}

// limit reads a number of rows, a share of them, or none.
func limit(flag, text string) (runner.Limit, error) {
	text = strings.TrimSpace(text)
	if text == "none" {
		return runner.Limit{}, nil
	}
	if share, ok := strings.CutSuffix(text, "%"); ok {
		n, err := strconv.ParseFloat(share, 64)
		if err != nil || !(n > 0 && n <= 100) {
			return runner.Limit{}, console.Misused("--%s %s is not a share between 0%% and 100%%", flag, text)
		}
		return runner.Limit{Share: n / 100}, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return runner.Limit{}, console.Misused("--%s is a number of rows from 1 on, a share such as 20%%, or none; not %q", flag, text)
	}
	return runner.Limit{Count: n}, nil
}

// positive checks the numbers that must not be below a least value.
func (s *Options) positive() error {
	for _, c := range []struct {
		flag  string
		value int64
		least int64
	}{
		{"retries", int64(s.Retries), 0}, {"max-changes", int64(s.MaxChanges), 0}, {"canary", int64(s.Canary), 0},
		{"max-in-doubt", int64(s.MaxInDoubt), 0}, {"timeout", int64(s.Timeout), 1}, {"command-timeout", int64(s.CommandTimeout), 1},
		{"wait", int64(s.Wait), 0}, {"max-duration", int64(s.MaxDuration), 0}, {"max-outage", int64(s.MaxOutage), 0},
	} {
		if c.value < c.least {
			return console.Misused("--%s must not be below %d", c.flag, c.least)
		}
	}
	return nil
}

// RowSettings are the settings that decide which rows there are and what they
// do. The ledger keeps them: a run is continued only with the same ones, and
// its results are written again with them.
type RowSettings struct {
	Action     string   `json:"action,omitempty"`
	Group      string   `json:"group,omitempty"`
	Only       string   `json:"only,omitempty"`
	Delimiter  string   `json:"delimiter,omitempty"`
	ICCIDCheck string   `json:"iccid_check,omitempty"`
	Sheet      string   `json:"sheet,omitempty"`
	Columns    []string `json:"columns,omitempty"` // as --column has them, sorted
	Redact     bool     `json:"redact,omitempty"`
	Again      int      `json:"again,omitempty"`   // a run that is continued goes on under it
	Catalog    string   `json:"catalog,omitempty"` // digest of what a shared ledger keeps of it; it decides no rows, and may be another later
}

func (s *Options) Record() string { return s.RecordWith("") }

// RecordWith is Record, with the digest of a catalogue that the ledger keeps.
func (s *Options) RecordWith(catalog string) string {
	return RowSettings{
		Catalog: catalog,
		Action:  s.Action, Group: s.Group, Only: strings.Join(s.only, ","), Delimiter: s.delimiter, ICCIDCheck: s.iccidCheck,
		Sheet: s.sheet, Columns: slices.Sorted(slices.Values(s.columns)),
		Redact: s.Redact, Again: s.Again,
	}.Text()
}

func (r RowSettings) Text() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and a number
	}
	return string(text)
}

func readRecord(text string) (r RowSettings, err error) {
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("reading the settings of the run: %w", err)
	}
	return r, nil
}

// CatalogOf is the digest of the catalogue that a run was begun with, where the ledger
// keeps it; empty: it does not.
func CatalogOf(record string) string {
	r, err := readRecord(record)
	if err != nil {
		return ""
	}
	return r.Catalog
}

// Recorded reads what record wrote.
func Recorded(text string) (*Options, error) {
	r, err := readRecord(text)
	if err != nil {
		return nil, err
	}
	s := &Options{Action: r.Action, Group: r.Group, delimiter: r.Delimiter, iccidCheck: r.ICCIDCheck, sheet: r.Sheet, columns: r.Columns, Redact: r.Redact}
	if r.Only != "" {
		s.only = strings.Split(r.Only, ",")
	}
	return s, nil
}
