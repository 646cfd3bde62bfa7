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

// ExitEntry explains an exit code.
type ExitEntry struct {
	Code    int
	Meaning string // a clause
	Cure    string // a sentence that says what to do
}

// Exits explains every exit code, in the order of the reference.
var Exits = []ExitEntry{
	{ExitOK, "every row is ok, valid, planned or skipped", "Nothing to do."},
	{ExitBroken, "the run broke or was ended by a guard", "Read the last message, mend what it names, then continue with --resume."},
	{ExitRows, "some rows are invalid, rejected or failed", "Look at error_code and error_description in the result file; run the failed rows again with --only failed."},
	{ExitRefused, "refused, nothing was sent", "Read the message: it names what is missing (input, approval, catalogue, ledger, or the flag for an unfinished run)."},
	{ExitUnknown, "some rows are unknown", CureUnknown},
	{ExitDrift, "some SIMs are not as expected", "Look at the rows with outcome drift; mend the SIMs or the expectations."},
	{ExitUsage, "the command line is wrong", "Read the message and --help."},
	{ExitBusy, "another run holds the account", "Wait until it has ended, or give --wait TIME."},
	{ExitCredentials, "the credentials were refused", "Check the credentials before anything is run again, so that the account is not locked."},
	{ExitInterrupted, "interrupted", "Continue with --resume."},
	{ExitTerminated, "terminated", "Continue with --resume."},
}

// ExitMeaning says what an exit code means, as a clause; empty for one that is
// not of the contract.
func ExitMeaning(code int) string {
	for _, e := range Exits {
		if e.Code == code {
			return e.Meaning
		}
	}
	return ""
}
