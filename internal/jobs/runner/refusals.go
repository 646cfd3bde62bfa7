package runner

import (
	"fmt"

	"bulk/internal/jobs"
)

// refusals counts the irreversible rows that a live check or the upstream
// refused, of those for which a request was sent. SIMs that an earlier run saw
// refused for the same reason say nothing new and are left out.
type refusals struct {
	limit   Limit
	asked   int
	refused int
	codes   map[jobs.Code]int
}

// count takes in a result and reports whether too many were refused.
func (r *refusals) count(result *jobs.Result) bool {
	no := refused(result)
	if no && result.Code == result.RefusedBefore {
		return false
	}
	r.asked++
	if no {
		r.refused++
		r.codes[result.Code]++
	}
	return no && r.limit.Reached(r.refused, r.asked)
}

// refused reports whether a row for which a request was sent was told no: by
// what a live check found, or by the upstream.
func refused(result *jobs.Result) bool {
	switch result.Outcome {
	case jobs.Rejected:
		return true
	case jobs.Failed:
		return !OnTheWay(result) && result.Code != jobs.AuthFailed
	}
	return false
}

// common says what the refused rows have in common.
func (r *refusals) common() string {
	var most jobs.Code
	for code, n := range r.codes {
		if n > r.codes[most] || n == r.codes[most] && code < most {
			most = code
		}
	}
	of := ""
	if n := r.codes[most]; n < r.refused {
		of = fmt.Sprintf(", and of these %d", n)
	}
	return fmt.Sprintf("%d of %d%s: %s", r.refused, r.asked, of, inCommon(most))
}

// inCommon is what many rows with a code probably have in common.
func inCommon(c jobs.Code) string {
	switch c {
	case jobs.SIMNotPending:
		return "the SIM is not in a pending group; wrong file, or done by somebody else?"
	case jobs.SIMUnknown:
		return "the upstream does not know the SIM; wrong file, or wrong account?"
	case jobs.SIMClosed:
		return "the SIM is closed; an old file?"
	case jobs.ContractInForce:
		return "a contract is in force; wrong file?"
	case jobs.GroupNotLive:
		return "the upstream takes the group for none that is live; an old catalogue, or wrong account?"
	case jobs.StateChanged:
		return "the SIM is no longer as the plan saw it; an old plan, or is somebody else at work?"
	case jobs.PermissionDenied:
		return "the account may not do this; wrong account?"
	}
	return fmt.Sprintf("%s; look at upstream_error in the results", c)
}
