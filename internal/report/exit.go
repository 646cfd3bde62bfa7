package report

import "bulk/internal/jobs"

// The exit codes of the contract. 2 is left out: a Go crash exits with it.
const (
	ExitOK          = 0   // every row is ok, valid, planned or skipped
	ExitBroken      = 1   // the run broke or was ended by a guard
	ExitRows        = 3   // finished, some rows are invalid, rejected or failed
	ExitRefused     = 4   // nothing was sent
	ExitUnknown     = 5   // some rows are unknown
	ExitDrift       = 6   // drift, and nothing worse
	ExitUsage       = 64  // the command line is wrong
	ExitBusy        = 75  // another run holds the account
	ExitCredentials = 77  // credentials refused
	ExitInterrupted = 130 // by Ctrl-C or SIGHUP
	ExitTerminated  = 143 // by SIGTERM
)

// Ends says what, if anything, ended a run early; several may be true at once.
type Ends struct {
	Credentials bool // an upstream refused them
	Interrupted bool // Ctrl-C or SIGHUP
	Terminated  bool // SIGTERM
	Broken      bool // a guard ended it, or something broke
}

// ExitCode gives the exit code of a run that began, from the outcomes of its
// rows (those copied from an earlier result not counted) and what ended it.
// Several at once: the first of 5, 77, 130 or 143, 1, 3, 6. A row that was not
// run though nothing is said to have ended the run counts as a broken run.
func ExitCode(counts Counts, ends Ends) int {
	switch {
	case counts[jobs.Unknown] > 0:
		return ExitUnknown
	case ends.Credentials:
		return ExitCredentials
	case ends.Terminated:
		return ExitTerminated
	case ends.Interrupted:
		return ExitInterrupted
	case ends.Broken || counts[jobs.NotRun] > 0:
		return ExitBroken
	case counts[jobs.Invalid]+counts[jobs.Rejected]+counts[jobs.Failed] > 0:
		return ExitRows
	case counts[jobs.Drift] > 0:
		return ExitDrift
	default:
		return ExitOK
	}
}

// ExitMeaning says what an exit code means, as a clause; empty for one that is
// not of the contract.
func ExitMeaning(code int) string {
	return map[int]string{
		ExitOK:          "every row is ok, valid, planned or skipped",
		ExitBroken:      "the run broke or was ended by a guard",
		ExitRows:        "some rows are invalid, rejected or failed",
		ExitRefused:     "refused, nothing was sent",
		ExitUnknown:     "some rows are unknown",
		ExitDrift:       "some SIMs are not as expected",
		ExitUsage:       "the command line is wrong",
		ExitBusy:        "another run holds the account",
		ExitCredentials: "the credentials were refused",
		ExitInterrupted: "interrupted",
		ExitTerminated:  "terminated",
	}[code]
}
