package m2m

import (
	"errors"

	"bulk/internal/jobs"
)

var queryStatus = operation{name: "query_status", read: readStatus}

// simStates are the documented spellings of status.
var simStates = []string{"active", "deactivated", "closed"}

// readStatus needs a status. A documented one is given in its documented
// spelling, since the checks compare it; any other as it came.
func readStatus(a *answer, d *jobs.Data) error {
	if err := once("status", a.status); err != nil {
		return err
	}
	if a.status.text == "" {
		return errors.New("it has no status")
	}
	d.SIMStatus = a.status.text
	for _, state := range simStates {
		if fold(a.status.text) == state {
			d.SIMStatus = state
		}
	}
	return nil
}
