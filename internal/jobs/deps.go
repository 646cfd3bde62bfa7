package jobs

import (
	"context"
	"time"
)

// Deps is what the work on one row needs. One value serves a whole run; all of
// it is safe for use by many rows at once.
type Deps struct {
	Ask       Asker
	Command   Commander // nil in a dry run: there is nothing that could send
	Ledger    Ledger
	Catalog   *Catalog // nil: groups are not checked (--no-group-check)
	Preflight Preflight
	Again     bool // send what the ledger says was done already
	Plan      bool // the rows are those of an approved plan; Prior is what it saw
	Accounts  map[Upstream]string
	Pictures  Pictures
	Now       func() time.Time
}

// Preflight says which live checks an irreversible row must pass.
type Preflight struct {
	Status   bool // the SIM is known and not closed
	Contract bool // no contract is in force
}

// Pictures keeps QR pictures.
type Pictures interface {
	// Save stores a checked PNG as <iccid>.png and returns the file's name.
	Save(iccid ICCID, png []byte) (string, error)
	// Draw makes the PNG of an LPA string.
	Draw(lpa string) ([]byte, error)
}

// Ledger is the record that irreversible rows are held against.
type Ledger interface {
	// Standing tells what earlier runs, and this one, did to the SIM.
	Standing(ctx context.Context, account string, iccid ICCID) (Standing, error)
	// Intend prepares the record around the command of a row; nothing is
	// written before its Begin.
	Intend(account string, row *Row) Intent
}

// Standing is a SIM's place in the ledger under one account.
type Standing struct {
	State StandingState
	Group string    // the group it was sent with
	At    time.Time // when
	Run   int64     // in which run
}

// StandingState says what the ledger knows of irreversible acts on a SIM.
type StandingState int

// The states.
const (
	Untouched StandingState = iota // no act that counts
	DoneEarlier
	InDoubt // an act was sent and nobody knows whether it was done
)
