package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"bulk/internal/report/human"
)

// Origin is where a run came from: on which accounts, by whom, with whose yes,
// and of which bytes. Every report says it.
type Origin struct {
	Accounts      []string   // as the ledger names them: <upstream>:<user>@<host>
	User          string     // who ran it
	Host          string     // the machine it ran on
	Approvals     []Approval // the oldest first; none where nothing irreversible was to be done
	InputDigest   string     // SHA-256, 64 digits
	Catalog       string     // the group catalogue's name; empty: there was none
	CatalogDigest string     // SHA-256, 64 digits
}

// Approval is somebody's yes to the irreversible rows of a run.
type Approval struct {
	At     time.Time
	User   string
	How    string // typed, --yes, --approve
	SIMs   int    // how many it allowed
	Reason string
}

// String is an approval as part of a sentence: "by ops (--yes) at 2026-11-22
// 02:00:01 UTC, for 12 SIMs: nightly".
func (a Approval) String() string {
	text := "by " + cmp.Or(a.User, "somebody") + " (" + a.How + ")"
	if !a.At.IsZero() {
		text += " at " + a.At.UTC().Format(time.DateTime+" UTC")
	}
	text += ", for " + human.Count(a.SIMs, "SIM", "SIMs")
	if a.Reason != "" {
		text += ": " + a.Reason
	}
	return text
}

// Fact is a thing that is known of a run, with its name.
type Fact struct{ Name, Text string }

// Facts are those of an origin that are known, in the order that they are told
// in.
func (o Origin) Facts() []Fact {
	by := o.User
	if o.Host != "" {
		by = strings.TrimSpace(by + " on " + o.Host)
	}
	facts := []Fact{{"account", strings.Join(o.Accounts, ", ")}, {"run by", by}}
	for _, a := range o.Approvals {
		facts = append(facts, Fact{"approved", a.String()})
	}
	facts = append(facts, Fact{"input sha256", o.InputDigest})
	if o.CatalogDigest != "" {
		facts = append(facts, Fact{"catalogue", fmt.Sprintf("%s, sha256 %s", o.Catalog, o.CatalogDigest)})
	}
	known := facts[:0]
	for _, f := range facts {
		if f.Text != "" {
			known = append(known, f)
		}
	}
	return known
}
