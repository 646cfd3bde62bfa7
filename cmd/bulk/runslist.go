package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gocarina/gocsv"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/report/human"
)

// choice says which runs are listed.
type choice struct {
	since, user, account, input string
}

func (c *choice) register(f *pflag.FlagSet) {
	f.StringVar(&c.since, "since", "", "only runs heard of within this `AGE`, such as 7d or 12h")
	f.StringVar(&c.user, "user", "", "only runs that this `NAME` began")
	f.StringVar(&c.account, "account", "", "only runs on this `ACCOUNT`")
	f.StringVar(&c.input, "input", "", "only runs of inputs with this `TEXT` in their name")
}

// chooses gives a function that says which runs are meant.
func (c *choice) chooses(db *ledger.DB, now time.Time) (func(ledger.RunInfo) bool, error) {
	var age time.Duration
	if c.since != "" {
		var err error
		if age, err = settings.ParseAge("--since", c.since); err != nil {
			return nil, err
		}
	}
	return func(r ledger.RunInfo) bool {
		return (age == 0 || !r.Heard().Before(now.Add(-age))) && (c.user == "" || r.User == c.user) && strings.Contains(r.Input, c.input) &&
			(c.account == "" || slices.ContainsFunc(r.Accounts, func(a string) bool { return db.OneName(a) == db.OneName(jobs.NormalAccount(c.account)) }))
	}, nil
}

// accounts are those of a run: a list in JSON, words in a table.
type accounts []string

func (a accounts) String() string { return strings.Join(a, " ") }

// MarshalCSV has a cell hold them all.
func (a accounts) MarshalCSV() (string, error) { return a.String(), nil }

// tally counts a run's rows by their outcome: numbers in JSON, words in a table.
type tally map[jobs.Outcome]int

func (t tally) String() string { return counts(t) }

// MarshalCSV has a cell hold them all.
func (t tally) MarshalCSV() (string, error) { return t.String(), nil }

// listedRun is a run in a list. Its fields are the columns.
type listedRun struct {
	Run      int64    `csv:"run" json:"run"`
	Kind     string   `csv:"kind" json:"kind"`
	State    string   `csv:"state" json:"state"`
	User     string   `csv:"user" json:"user"`
	Host     string   `csv:"host" json:"host"`
	Accounts accounts `csv:"accounts" json:"accounts"`
	Input    string   `csv:"input" json:"input"`
	Begun    string   `csv:"begun_at" json:"begun_at"`
	Ended    string   `csv:"ended_at" json:"ended_at,omitempty"`
	Done     int      `csv:"done" json:"done"`
	Total    int      `csv:"total" json:"total"`
	Rate     float64  `csv:"rows_per_second" json:"rows_per_second"`
	Left     int      `csv:"seconds_left" json:"seconds_left"`
	Rows     tally    `csv:"rows" json:"rows"`
	Ending   string   `csv:"ending" json:"ending,omitempty"`
	Origin   string   `csv:"origin" json:"origin,omitempty"` // run and ledger it was carried from

	info ledger.RunInfo
	told ledger.Progress
}

// tableOfRuns is how many runs a table has, unless more are asked for: more than a
// person reads, and no more than they wait for.
const tableOfRuns = 50

func (l *looking) list(ctx context.Context, db *ledger.DB) error {
	most, table := 0, !l.json && (l.table || console.OnTerminal(l.p.Stdout))
	if table && !l.all && l.choice == (choice{}) {
		most = tableOfRuns
	}
	all, more, err := l.listed(ctx, db, most)
	if err == nil && more {
		err = l.older(ctx, db, &all)
	}
	switch {
	case err != nil:
		return err
	case l.json:
		out := json.NewEncoder(l.p.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(slices.Concat([]listedRun{}, all)) // never null
	case all == nil && l.choice != choice{}:
		l.u.Say("no run of the ledger is meant")
		return nil
	case all == nil:
		l.u.Say("the ledger has no runs yet")
		return nil
	case !table:
		return gocsv.Marshal(all, l.p.Stdout)
	}
	w := tabwriter.NewWriter(l.p.Stdout, 0, 0, 2, ' ', 0)
	heading, origins := "RUN\tKIND\tBEGUN\tBY\tACCOUNT\tSTATE\tROWS\tINPUT", slices.ContainsFunc(all, func(r listedRun) bool { return r.Origin != "" })
	if origins {
		heading += "\tCARRIED FROM"
	}
	fmt.Fprintln(w, heading)
	for _, r := range all {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s@%s\t%s\t%s\t%s\t%s", r.Run, r.Kind, console.Local(r.info.StartedAt), r.User, r.Host, dash(r.Accounts.String()), r.inWords(), r.Rows,
			inputName(r.info))
		if origins {
			fmt.Fprintf(w, "\t%s", dash(r.Origin))
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if more {
		l.u.Say("these are the newest %d, and those before that are not over; --all lists the others too, --since 30d those of a time", tableOfRuns)
	}
	return nil
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// inWords is a run's state for a person, with how far it is where it goes on, or how
// far it had said to be when it was killed.
func (r *listedRun) inWords() string {
	if r.State == killed && r.Done > 0 {
		return fmt.Sprintf("%s, at least %s of %s", killed, human.Number(r.Done), human.Number(r.Total))
	}
	if r.State != running {
		return r.State
	}
	words := fmt.Sprintf("%s, %s of %s", running, human.Number(r.Done), human.Number(r.Total))
	if r.Rate > 0 {
		words += fmt.Sprintf(", %s rows/s, %s left", human.Rate(r.Rate), human.Duration(r.told.Left))
	}
	return words
}

// listed gathers the newest runs that are meant, at most so many; 0: all.
func (l *looking) listed(ctx context.Context, db *ledger.DB, most int) (all []listedRun, more bool, err error) {
	meant, err := l.choice.chooses(db, l.p.Now())
	if err != nil {
		return nil, false, err
	}
	runs, more, err := db.NewestRuns(ctx, most, meant)
	if err != nil {
		return nil, false, console.Broken(err)
	}
	var unfinished []int64
	for _, r := range runs {
		if !r.Finished() {
			unfinished = append(unfinished, r.ID)
		}
	}
	told, err := db.ProgressOf(ctx, unfinished)
	if err != nil {
		return nil, false, console.Broken(err)
	}
	for _, r := range runs {
		all = append(all, l.line(ctx, db, r, told[r.ID]))
	}
	return all, more, nil
}

// lookedAt is how many runs that were left open are looked at, whether they go on.
const lookedAt = 200

// older adds runs that began before those listed and are not over: somebody does them,
// or they wait for somebody.
func (l *looking) older(ctx context.Context, db *ledger.DB, all *[]listedRun) error {
	open, err := db.OpenRuns(ctx, (*all)[len(*all)-1].Run, lookedAt)
	if err != nil {
		return console.Broken(err)
	}
	for _, r := range open {
		h, handed, err := db.HandoverOf(ctx, r.ID)
		if err != nil {
			return console.Broken(err)
		}
		if handed && h.Over.IsZero() || living(ctx, db, r.ID) {
			told, err := db.ProgressOf(ctx, []int64{r.ID})
			if err != nil {
				return console.Broken(err)
			}
			*all = append(*all, l.line(ctx, db, r, told[r.ID]))
		}
	}
	return nil
}

func (l *looking) line(ctx context.Context, db *ledger.DB, r ledger.RunInfo, told ledger.Progress) listedRun {
	line := listedRun{
		Run: r.ID, Kind: string(r.Kind), State: l.stateOf(ctx, db, r), User: r.User, Host: r.Host, Accounts: slices.Concat(accounts{}, r.Accounts), Input: r.Input,
		Begun: jobs.Stamp(r.StartedAt), Ended: jobs.Stamp(r.EndedAt), Rows: tally{}, Ending: r.Ending, info: r, told: told,
	}
	if r.Origin.Ledger != "" {
		line.Origin = fmt.Sprintf("run %d of %s", r.Origin.Run, r.Origin.Name)
	}
	for outcome, n := range r.Tally {
		line.Rows[outcome] = n
		line.Done += n
	}
	line.Total = line.Done + max(r.NotRun, 0)
	if line.State == running || line.State == paused || r.NotRun < 0 && told.Done > 0 { // a killed one told this much
		line.Done, line.Total = told.Done, told.Total
	}
	if line.State == running {
		line.Rate, line.Left = told.Rate, int(told.Left.Seconds())
	}
	return line
}

// inputName is what a run's input is called in a list.
func inputName(r ledger.RunInfo) string {
	if r.Input == "" {
		return "-"
	}
	return filepath.Base(r.Input)
}

// The states of a run that is not over.
const (
	running   = "running"
	paused    = "paused"
	cancelled = "cancelled"
	killed    = "killed"

	unapproved  = "waits for an approval"
	unpublished = "done, result file not in place"
	notAllRun   = "unfinished (" // how many rows
)

// stateOf says how far a run is.
func (l *looking) stateOf(ctx context.Context, db *ledger.DB, r ledger.RunInfo) string {
	switch {
	case r.Kind == ledger.AcceptLoss:
		return "a person's word"
	case r.Kind == ledger.Imported:
		return "imported"
	case r.LeftBehind():
		return "finished, results left where it was"
	case r.Finished() && !r.PrunedAt.IsZero():
		return "finished, results pruned"
	case !r.PrunedAt.IsZero():
		return "unfinished, results pruned"
	case r.Finished():
		return "finished"
	}
	wanted, _, err := db.Wanted(ctx, r.ID)
	if h, theirs, _ := db.HandoverOf(ctx, r.ID); theirs && h.Over.IsZero() && !living(ctx, db, r.ID) {
		return ofWorkers(h, wanted)
	}
	switch goesOn := living(ctx, db, r.ID); {
	case err == nil && wanted.Want == batch.WantPause && goesOn && r.NotRun >= 0:
		return paused
	case goesOn:
		return running
	case err == nil && wanted.Want == batch.WantCancel:
		return fmt.Sprintf("%s (%s not run)", cancelled, human.Number(max(r.NotRun, 0)))
	case r.NotRun < 0:
		return killed
	case r.NotRun > 0:
		return fmt.Sprintf("%s%d not run)", notAllRun, r.NotRun)
	}
	return unpublished
}

// ofWorkers says what a run waits for that was handed to workers, none of which is at
// it.
func ofWorkers(h ledger.Handover, wanted ledger.Control) string {
	switch {
	case wanted.Want == batch.WantPause:
		return paused
	case !h.Ready():
		return unapproved
	}
	return "waits for a worker"
}

// living reports whether a process does a run: it holds it.
func living(ctx context.Context, db *ledger.DB, run int64) bool {
	release, err := db.HoldRun(ctx, run)
	if err == nil {
		release()
	}
	return errors.Is(err, ledger.ErrBusy)
}
