package report

import "bulk/internal/jobs"

// OutcomeEntry explains an outcome: what it means and what to do about it,
// each a sentence.
type OutcomeEntry struct {
	Outcome jobs.Outcome
	Meaning string
	Cure    string
}

// Outcomes explains every outcome, in the order of jobs.Outcomes.
var Outcomes = []OutcomeEntry{
	{jobs.OK, "The upstream confirmed it.", "Nothing to do."},
	{jobs.Valid, "Nothing is wrong with the row (bulk check).", "Nothing to do."},
	{jobs.Planned, "All checks passed; it would be sent (dry run).", "Have the plan approved and apply it."},
	{jobs.Skipped, "A duplicate, or done already.", "Nothing to do."},
	{jobs.Drift, "It was read, but is not what expect says.", "Mend the SIM or the expectation."},
	{jobs.Rejected, "A precondition failed, so the command was not sent.", "Read error_description, mend what it names and run the row again."},
	{jobs.Invalid, "The row itself is wrong; nothing was sent for it.", "Correct the row in the file."},
	{jobs.Failed, "The upstream said no, or a read could not be had after its retries.", "Read error_description; run again with --only failed."},
	{jobs.Unknown, "A command was sent and no trustworthy answer came: it may have been done.", CureUnknown},
	{jobs.NotRun, "The run ended before this row.", "Continue with --resume."},
}

// ExplainOutcome finds the entry of an outcome.
func ExplainOutcome(o jobs.Outcome) OutcomeEntry {
	for _, e := range Outcomes {
		if e.Outcome == o {
			return e
		}
	}
	return OutcomeEntry{Outcome: o}
}
