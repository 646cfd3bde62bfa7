package jobs

// Outcome is how a row ended.
type Outcome string

// The outcomes of the contract.
const (
	OK       Outcome = "ok"       // the upstream confirmed it
	Valid    Outcome = "valid"    // check: nothing wrong with the row
	Planned  Outcome = "planned"  // dry run: all checks passed, would be sent
	Rejected Outcome = "rejected" // a precondition failed; not sent
	Invalid  Outcome = "invalid"  // the row itself is wrong; nothing was sent for it
	Failed   Outcome = "failed"   // the upstream said no, or a read could not be had
	Drift    Outcome = "drift"    // read, but not what expect says
	Unknown  Outcome = "unknown"  // sent, and no trustworthy answer came
	Skipped  Outcome = "skipped"  // a duplicate, or done already
	NotRun   Outcome = "not_run"  // the run ended before it
)

// Outcomes lists every outcome, best first, in the order tables name them.
var Outcomes = []Outcome{OK, Valid, Planned, Skipped, Drift, Rejected, Invalid, Failed, Unknown, NotRun}

// ParseOutcome finds an outcome by its (normal) name.
func ParseOutcome(text string) (Outcome, bool) {
	o := Outcome(NormalName(text))
	for _, known := range Outcomes {
		if o == known {
			return o, true
		}
	}
	return "", false
}
