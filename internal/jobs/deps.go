package jobs

import (
	"context"
	"errors"
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
	Again     Again // which done acts --again overrides
	Plan      bool  // the rows are those of an approved plan; Prior is what it saw
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
	// Save stores the PNG that an action gave for a SIM, makes sure that it stands
	// there as it was given, and returns the file's name.
	Save(action Action, iccid ICCID, png []byte) (string, error)
	// Draw makes the PNG of an activation code.
	Draw(code string) ([]byte, error)
	// Load reads a saved file by the name that Save gave.
	Load(file string) ([]byte, error)
	// Read takes the text out of a PNG; its error says why there is none.
	Read(png []byte) (string, error)
}

// Ledger is the record that irreversible rows are held against.
type Ledger interface {
	// Standing says what earlier runs, and this one, did to the SIM.
	Standing(ctx context.Context, account string, iccid ICCID) (Standing, error)
	// Intend prepares the record around the command of a row; nothing is
	// written before its Begin. over is the done act that --again overrides,
	// as it was read; the zero Standing: none.
	Intend(account string, row *Row, over Standing) Intent
}

// Standing is a SIM's place in the ledger under one account.
type Standing struct {
	State   StandingState
	Act     int64     // the act's number in the ledger; 0: none
	Group   string    // the group it was sent with
	At      time.Time // when it was sent
	Settled time.Time // when its outcome was recorded, by a run or by a person; zero: it is open
	Run     int64     // in which run
	Account string    // for UnderOtherName: the account's other name
	Code    Code      // for InDoubt: what happened then (timeout, connection, …); interrupted: the process died

	CannotTell bool // for InDoubt: a person looked and could not tell
	Resolved   bool // for DoneEarlier: a person found that it was done
	Lost       bool // for InDoubt: the act stands for one that the ledger may have lost
	Imported   bool // for InDoubt: another ledger, or a result file, said so, and the run is the import

	// Refused is why the last attempt for the SIM was refused, by a live check
	// or the upstream; empty: it was not, or never tried.
	Refused Code
}

// StandingState says what the ledger knows of irreversible acts on a SIM.
type StandingState int

// The states.
const (
	Untouched StandingState = iota // no act that counts
	DoneEarlier
	InDoubt        // an act was sent and nobody knows whether it was done
	UnderOtherName // an act, open or done, stands under another account name of the same upstream
)

// Again says which done acts a person's --again overrides: those of other runs
// that were settled before this one began. The zero value overrides none.
type Again struct {
	Run    int64
	Before time.Time
}

// Overrides reports whether a standing that bars a command is overridden.
func (a Again) Overrides(s Standing) bool {
	return s.State == DoneEarlier && s.Run != a.Run && !s.Settled.IsZero() && s.Settled.Before(a.Before)
}

// ErrBarred is what an intent's Begin returns where the ledger's unique key
// refused it: another act on the SIM is open or done, whatever was read before.
// Nothing was written; Standing now says why.
var ErrBarred = errors.New("another act on this SIM stands in the ledger")
