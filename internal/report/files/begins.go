package files

import (
	"encoding/json"
	"fmt"

	"bulk/internal/report"
)

// beginning is what is known of a run when it begins, by the names that the JSON
// report has. It has no exit code: a 0 there would read as an end.
type beginning struct {
	Event         string          `json:"event"`
	SchemaVersion int             `json:"schema_version"`
	Version       string          `json:"bulk_version"`
	Command       string          `json:"command"`
	Kind          string          `json:"kind"`
	Run           string          `json:"run"`
	Input         string          `json:"input"`
	InputDigest   string          `json:"input_sha256"`
	Catalog       string          `json:"catalog"`
	CatalogDigest string          `json:"catalog_sha256"`
	Accounts      []string        `json:"accounts"`
	User          string          `json:"user"`
	Host          string          `json:"host"`
	Approvals     []documentYes   `json:"approvals"`
	Started       string          `json:"started_at"`
	Rows          documentRows    `json:"rows"`
	InDoubt       []documentDoubt `json:"in_doubt"`
	Off           []string        `json:"safeguards_off"`
	Notes         []string        `json:"notes"`
}

// MarshalBeginning gives what is known of a run that begins, as JSON on one line.
func MarshalBeginning(s report.Summary) ([]byte, error) {
	d := newDocument(safeSummary(s))
	text, err := json.Marshal(beginning{
		"begin", d.SchemaVersion, d.Version, d.Command, d.Kind, d.Run, d.Input, d.InputDigest, d.Catalog, d.CatalogDigest,
		d.Accounts, d.User, d.Host, d.Approvals, d.Started, d.Rows, d.InDoubt, d.Off, d.Notes,
	})
	if err != nil {
		return nil, fmt.Errorf("writing the beginning of a run as JSON: %w", err)
	}
	return text, nil
}
