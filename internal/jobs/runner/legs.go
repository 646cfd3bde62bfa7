package runner

import "bulk/internal/jobs"

// legs is what the rows that earlier workers did of a run came to, as far as its
// guards count it: they go on counting from leg to leg, until a person or a scheduler
// hands the run over anew.
type legs struct {
	done, failed int
	refused      refusals
	canaries     int // that were sent and are ok
}

// count takes in a result as the guards of its leg did. SIMs that an earlier run saw
// refused are not told from others any more, and count.
func (l *legs) count(result *jobs.Result) {
	if !result.Asked() || result.Outcome == jobs.NotRun {
		return
	}
	l.done++
	if result.Outcome == jobs.Unknown || result.Outcome == jobs.Failed && OnTheWay(result) {
		l.failed++
	}
	if result.Action.Irreversible() {
		l.refused.count(result)
	}
}
