package files

import (
	"encoding/json"
	"fmt"

	"bulk/internal/report"
)

// refused is what is known of a run that did not begin, by the names that the JSON
// report has. It has no rows and no outcomes: zeros would read as a run of nothing.
type refused struct {
	SchemaVersion   int               `json:"schema_version"`
	Version         string            `json:"bulk_version"`
	Command         string            `json:"command"`
	Kind            string            `json:"kind"`
	Input           string            `json:"input"`
	Accounts        []string          `json:"accounts,omitempty"`
	User            string            `json:"user"`
	Host            string            `json:"host"`
	Started         string            `json:"started_at"`
	Ended           string            `json:"ended_at"`
	DurationSeconds float64           `json:"duration_seconds"`
	ExitCode        int               `json:"exit_code"`
	ExitMeaning     string            `json:"exit_meaning"`
	Ending          string            `json:"ended_early"`
	Refusals        []documentRefusal `json:"refusals"`
	InDoubt         []documentDoubt   `json:"in_doubt,omitzero"` // left out where the ledger was not looked at
}

type documentRefusal struct {
	Text  string   `json:"text"`
	Hints []string `json:"hints"`
}

// MarshalRefused gives what is known of a run that did not begin, as JSON on one line.
func MarshalRefused(s report.Summary) ([]byte, error) {
	s = safeSummary(s)
	d := newDocument(s)
	r := refused{
		SchemaVersion: d.SchemaVersion, Version: d.Version, Command: d.Command, Kind: d.Kind, Input: d.Input, Accounts: d.Accounts, User: d.User, Host: d.Host,
		Started: d.Started, Ended: d.Ended, DurationSeconds: d.DurationSeconds, ExitCode: d.ExitCode, ExitMeaning: d.ExitMeaning, Ending: d.Ending,
		Refusals: []documentRefusal{},
	}
	for _, each := range s.Refusals {
		r.Refusals = append(r.Refusals, documentRefusal{each.Text, list(each.Hints)})
	}
	if s.InDoubt != nil {
		r.InDoubt = d.InDoubt
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing a refusal as JSON: %w", err)
	}
	return text, nil
}
