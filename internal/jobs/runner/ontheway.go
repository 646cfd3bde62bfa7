package runner

import "bulk/internal/jobs"

// OnTheWay reports whether a row failed for reasons of transport, throttling or
// unreadable answers, and not because an upstream said no.
func OnTheWay(result *jobs.Result) bool {
	switch result.Code {
	case jobs.Throttled, jobs.Timeout, jobs.Connection, jobs.BadResponse:
		return true
	case jobs.UpstreamError:
		return result.HTTPStatus >= 500
	}
	return false
}
