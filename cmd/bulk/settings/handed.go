package settings

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"
)

// atWork are the flags that say how rows are done. They go with a run that is handed
// to workers; the others are about this machine, or about the person at it.
var atWork = []string{
	"action", "group", "column", "sheet", "delimiter", "iccid-check", "only", "redact",
	"no-group-check", "preflight", "again", "canary", "reason", "approved-by",
	"rate", "workers", "retries", "timeout", "command-timeout", "max-outage", "grace",
	"max-in-doubt", "max-failures", "max-refusals", "no-api-id-check", "job",
}

// Handed is how a run's rows are done, for a worker on whatever machine. It holds no
// secret.
type Handed struct {
	Engine        string              `json:"engine,omitempty"` // whom it was given to; empty: postgres
	Flags         map[string][]string `json:"flags"`
	Deadline      time.Time           `json:"deadline,omitzero"` // no new row begins after it
	DeadlineFlag  string              `json:"deadline_flag,omitempty"`
	Catalog       string              `json:"catalog,omitempty"`        // digest of what the ledger keeps; empty: there is none
	CatalogName   string              `json:"catalog_name,omitempty"`   // its file's, where the run was handed over
	CurrentGroups string              `json:"current_groups,omitempty"` // likewise
	Off           []string            `json:"off,omitempty"`            // safeguards that are off for it, in words
	Output        string              `json:"output"`                   // of who waits for the run
	Pictures      string              `json:"pictures,omitempty"`       // the folder there
}

// Text is how the ledger keeps it.
func (h Handed) Text() string {
	text, err := json.Marshal(h)
	if err != nil {
		panic(err) // texts and a time
	}
	return string(text)
}

// ReadHanded reads what Text wrote.
func ReadHanded(text string) (h Handed, err error) {
	if err := json.Unmarshal([]byte(text), &h); err != nil {
		return h, fmt.Errorf("reading how the run is to be done: %w", err)
	}
	return h, nil
}

// handedFlags are the flags of a command that go with a run.
func handedFlags(f *pflag.FlagSet) map[string][]string {
	values := map[string][]string{}
	for _, name := range atWork {
		flag := f.Lookup(name)
		if flag == nil {
			continue
		}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values[name] = list.GetSlice()
		} else {
			values[name] = []string{flag.Value.String()}
		}
	}
	return values
}

// Otherwise lists the flags that a command gives in another way than the one that
// handed the run over did.
func (h Handed) Otherwise(flags map[string][]string) (names []string) {
	for _, name := range atWork {
		if !slices.Equal(h.Flags[name], flags[name]) {
			names = append(names, "--"+name)
		}
	}
	return names
}

// Options are those of a worker that does the run: the run's own, and for the rest
// what a run has by itself.
func (h Handed) Options() (*Options, error) {
	s := &Options{}
	f := pflag.NewFlagSet("handed", pflag.ContinueOnError)
	s.RegisterInput(f)
	s.RegisterOutput(f, "")
	s.RegisterRun(f)
	for name, values := range h.Flags {
		flag := f.Lookup(name)
		if flag == nil || !slices.Contains(atWork, name) {
			return nil, fmt.Errorf("the run is to be done with --%s, which this bulk does not know: use the newer one", name)
		}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			if err := list.Replace(values); err != nil {
				return nil, err
			}
			continue
		}
		for _, value := range values {
			if err := flag.Value.Set(value); err != nil {
				return nil, err
			}
		}
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if !h.Deadline.IsZero() {
		s.until, s.Checked.Until = h.DeadlineFlag, func(time.Time) time.Time { return h.Deadline }
	}
	return s, s.positive()
}
