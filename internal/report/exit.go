package report

import "bulk/internal/jobs"

// The exit codes of the contract. 2 is left out: a Go crash exits with it.
const (
	ExitOK          = 0   // every row is ok, valid, planned or skipped
	ExitBroken      = 1   // the run broke or was ended by a guard
	ExitRows        = 3   // finished; some rows are invalid, rejected or failed, or still unknown from an earlier run
	ExitRefused     = 4   // nothing was sent
	ExitUnknown     = 5   // some rows became unknown in this run
	ExitDrift       = 6   // drift, and nothing worse
	ExitPlanned     = 7   // rows are planned, and nothing worse; only where that was asked for
	ExitTime        = 8   // time was up; the rest is for --resume
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
	TimeUp      bool // --until or --max-duration
	Detailed    bool // planned rows have an exit code of their own

	StillUnknown int // of the unknown rows, those that an earlier run left in doubt
	CannotTell   int // of these, those that a person looked at and could not tell: they do not count
}

// precedence lists what gives a run an exit code of its own; of several that
// hold the first counts.
var precedence = []struct {
	code  int
	holds func(Counts, Ends) bool
}{
	{ExitUnknown, func(c Counts, e Ends) bool { return c[jobs.Unknown] > e.StillUnknown }},
	{ExitCredentials, func(_ Counts, e Ends) bool { return e.Credentials }},
	{ExitTerminated, func(_ Counts, e Ends) bool { return e.Terminated }},
	{ExitInterrupted, func(_ Counts, e Ends) bool { return e.Interrupted }},
	// A row that was not run though nothing is said to have ended the run
	// counts as a broken run.
	{ExitBroken, func(c Counts, e Ends) bool { return e.Broken || c[jobs.NotRun] > 0 && !e.TimeUp }},
	{ExitTime, func(_ Counts, e Ends) bool { return e.TimeUp }},
	{ExitRows, func(c Counts, e Ends) bool {
		return c[jobs.Invalid]+c[jobs.Rejected]+c[jobs.Failed] > 0 || e.StillUnknown > e.CannotTell
	}},
	{ExitDrift, func(c Counts, _ Ends) bool { return c[jobs.Drift] > 0 }},
	{ExitPlanned, func(c Counts, e Ends) bool { return e.Detailed && c[jobs.Planned] > 0 }},
}

// ExitCode gives the exit code of a run that began, from the outcomes of its
// rows (those copied from an earlier result not counted) and what ended it.
// Several at once: the first of 5, 77, 130 or 143, 1, 8, 3, 6, 7.
func ExitCode(counts Counts, ends Ends) int {
	for _, p := range precedence {
		if p.holds(counts, ends) {
			return p.code
		}
	}
	return ExitOK
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
	{ExitRows, "some rows are invalid, rejected, failed or still unknown", "Look at error_code and error_description in the result file; run the failed rows again with --only failed."},
	{ExitRefused, "refused, nothing was sent", "Read the message: it names what is missing (input, approval, catalogue, ledger, or the flag for an unfinished run)."},
	{ExitUnknown, "some rows became unknown in this run", CureUnknown},
	{ExitDrift, "some SIMs are not as expected", "Look at the rows with outcome drift; mend the SIMs or the expectations."},
	{ExitPlanned, "rows are planned", "Have the plan looked at, then: bulk apply. It is given only with --detailed-exitcode."},
	{ExitTime, "time was up before all rows were done", "Continue with --resume."},
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
