package batch

import (
	"context"
	"fmt"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/runner"
)

// mostCanaries is how many starts of an input in a row a canary may end before a
// start that nobody watches is refused.
const mostCanaries = 2

// canaryIsHeeded refuses a start of an input that its canary has ended again and
// again, where nobody is there: a scheduler would try one SIM after the other.
func (j *approved) canaryIsHeeded(ctx context.Context) error {
	if j.changes.total == 0 || j.u.Interactive() || j.s.Restart {
		return nil
	}
	ended, err := j.db.EndedBy(ctx, j.runInfo(), string(runner.BadCanary))
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	if ended < mostCanaries {
		return nil
	}
	return console.Refused(fmt.Sprintf("the canary has ended the last %d starts of this input", ended),
		"what is wrong with the input, the group or the account? the results of those starts say what the upstream answered",
		"once that is mended: start it from a terminal, or with --restart", "nothing was sent")
}
