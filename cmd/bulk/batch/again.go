package batch

import (
	"encoding/json"
	"fmt"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
)

// goesOn takes over, from the run that is continued, the rule about what was
// done before.
func (j *approved) goesOn() error {
	var r settings.RowSettings
	if err := json.Unmarshal([]byte(j.unfinished.Settings), &r); err != nil {
		return fmt.Errorf("reading the settings of run %d: %w", j.unfinished.ID, err)
	}
	if j.again = r.Again; r.Again > 0 {
		j.note(fmt.Sprintf("run %d was begun with --again %d: SIMs that were done before it are sent a command again, none that it did itself",
			j.unfinished.ID, r.Again))
	}
	return nil
}

// sameSettings reports whether a run can be continued with these settings.
func sameSettings(recorded, now string) bool {
	return withoutAgain(recorded) == withoutAgain(now)
}

// withoutAgain is a record of settings without what a continued run takes over.
func withoutAgain(record string) string {
	var r settings.RowSettings
	if err := json.Unmarshal([]byte(record), &r); err != nil {
		return record
	}
	r.Again, r.Catalog = 0, ""
	return r.Text()
}

// overrides says which done acts --again overrides: those that were settled
// before the run began. What it did itself is not among them.
func (j *approved) overrides() jobs.Again {
	switch {
	case j.again == 0:
		return jobs.Again{}
	case j.unfinished != nil:
		return jobs.Again{Run: j.unfinished.ID, Before: j.unfinished.StartedAt}
	}
	return jobs.Again{Before: j.started}
}

// exactly refuses a run that would send a second command to another number of
// SIMs than --again says. Of a run that is continued some are done already.
func (j *approved) exactly() error {
	c := &j.changes
	if j.unfinished != nil || c.again == j.again {
		return nil
	}
	what := "none of the input's SIMs that would be sent a command was done before"
	if c.again > 0 {
		what = fmt.Sprintf("%s (line %s)", console.Plural(c.again, "SIM of the input was done before", "SIMs of the input were done before"), lines(c.againLines, c.again))
	}
	return console.Refused(fmt.Sprintf("--again %d: %s", j.again, what), "are these the SIMs that are meant? look at them: bulk runs --iccid ICCID", "nothing was sent")
}

// carriedAgain repeats --again for the command that applies a plan made with it.
func (j *approved) carriedAgain() string {
	if j.again == 0 {
		return ""
	}
	return fmt.Sprintf(" --again %d --reason %s", j.again, console.Shell(j.s.Reason))
}
