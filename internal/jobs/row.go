package jobs

import "time"

// Row is one row of an input, read and checked on its own.
type Row struct {
	Seq          int      // position among the input's rows, from 0
	Line         int      // line of the file where the row begins, from 1
	ICCID        ICCID    // cleaned; empty where Fault names an ICCID that cannot be used
	Action       Action   // as it takes effect; empty where Fault names it
	Group        string   // as it takes effect: a group code, for SetAAGroup
	CurrentGroup string   // the group the SIM is in, code or name; may be empty
	AlsoGroup    string   // that another file says it is in, where the row says one too; may be empty
	Expect       Expect   // empty: nothing is expected
	Fields       []string // the input's own columns as they go into the result (cleaned iccid, action and group included)
	Fault        *Fault   // what is wrong with the row itself; nil: nothing
	Prior        *Prior   // for a row of a file that bulk wrote: what it said; nil otherwise
	Copied       bool     // not selected by --only: goes into the result as Prior has it
	Ordered      bool     // other rows of the file may name the same SIM: they run one at a time, in the order of the file
	SameReadAs   int      // for a read asked before in this file, with the ICCID in the same spelling: Seq of the first such row; else -1
}

// Fault is what is wrong with a row, or why it was passed over.
type Fault struct {
	Outcome Outcome // Invalid or Skipped
	Code    Code
	Text    string // a sentence that says what to do
}

// Prior is what a result file said about a row.
type Prior struct {
	Outcome Outcome   // as it is understood; empty where the cell names none
	Cells   ResultRow // as they were, the data without the marks against formulas; empty where the file lacks the column
}

// Result is how a row ended: the result columns of the contract.
type Result struct {
	Seq           int
	Action        Action
	Outcome       Outcome
	Code          Code   // empty where there is nothing to say
	Description   string // a sentence that says what to do; empty with Code
	UpstreamError string // the upstream's own words
	Account       string // <upstream>:<user>@<host>
	RequestID     string // api_id of the last m2m request
	Attempts      int    // requests of the row's own action, retries included; those of its live checks are not
	HTTPStatus    int    // of the answer that decided the row, which may be a live check's; 0: none came
	Started       time.Time
	Duration      time.Duration
	Data          Data

	// Cause is what happened, without what to do, where the description says both.
	// It is not recorded.
	Cause string

	// RefusedBefore is why an earlier run saw the SIM refused; empty: none did.
	// It is not recorded.
	RefusedBefore Code

	// CannotTell: the row is still unknown, and a person has looked and could not
	// tell, so that it no longer counts for the exit code. It is not recorded.
	CannotTell bool

	// Ends, where not empty, says why the run cannot go on after this row:
	// credentials refused, an outage too long. It is not recorded.
	Ends Ending
}

// Ending is a reason to end a run.
type Ending string

// The reasons the upstream side can give.
const (
	EndsNot         Ending = ""
	EndsCredentials Ending = "credentials" // exit 77
	EndsOutage      Ending = "outage"      // exit 1
	EndsDisk        Ending = "disk"        // exit 1: the ledger or a picture could not be written
)

// Asked reports whether an upstream was asked anything for the row: its own action, or
// a live check.
func (r *Result) Asked() bool {
	return r.Attempts > 0 || !r.Read() && (r.HTTPStatus != 0 || r.RequestID != "")
}

// Read reports whether the result is that of a read.
func (r *Result) Read() bool { return !r.Action.Irreversible() }
