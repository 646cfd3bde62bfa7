package batch

import (
	"fmt"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/report/human"
	"bulk/internal/report/progress"
)

// boundMeter finds out whether --max-in-doubt, and not the rate, sets the speed
// at present: for most of the last seconds rows waited for the answers of others.
type boundMeter struct {
	most   int // --max-in-doubt
	at     time.Time
	before time.Duration // for how long it had set the speed by then
	bound  bool
}

// look says so in a snapshot. soFar is for how long the bound has set the speed
// in all.
func (m *boundMeter) look(s *progress.Snapshot, soFar time.Duration, now time.Time) {
	if m.at.IsZero() {
		m.at = now
	}
	if span := now.Sub(m.at); span >= meterSpan {
		m.bound = soFar-m.before > span/2
		m.at, m.before = now, soFar
	}
	for i := range s.Upstreams {
		if u := &s.Upstreams[i]; m.bound && m.most > 0 && u.Name == jobs.SetAAGroup.Upstream() && u.Trouble == progress.None {
			u.Trouble, u.Detail = progress.Waiting, fmt.Sprintf("--max-in-doubt %d", m.most)
		}
	}
}

// boundNote says in the summary that the bound set the speed, where it did for
// a good part of the time; empty: it did not.
func boundNote(most int, bound, elapsed time.Duration) string {
	if most == 0 || bound < time.Second || bound < elapsed/10 {
		return ""
	}
	return fmt.Sprintf("for %s of %s answers set the speed, not the rate: never more than %s may be unanswered or unknown together (--max-in-doubt %d)",
		human.Duration(bound), human.Duration(elapsed), console.Plural(most, "command", "commands"), most)
}
