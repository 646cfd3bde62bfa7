package wire

import (
	"fmt"
	"net/http"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
)

// ruling is what a status line alone means.
type ruling struct {
	verdict jobs.Verdict
	code    jobs.Code
	trouble upstream.Trouble
}

// rulings holds the statuses with a meaning of their own (product.md, Pace;
// upstreams.md for betatel's). The others go by their class.
var rulings = map[int]ruling{
	http.StatusBadRequest:          {jobs.Refused, jobs.BadRequest, upstream.NoTrouble},
	http.StatusUnauthorized:        {jobs.Refused, jobs.AuthFailed, upstream.BadCredentials},
	http.StatusForbidden:           {jobs.Refused, jobs.PermissionDenied, upstream.Forbidden},
	http.StatusNotFound:            {jobs.Refused, jobs.NotFound, upstream.NoTrouble},
	http.StatusMethodNotAllowed:    {jobs.Refused, jobs.BadRequest, upstream.NoTrouble},
	http.StatusUnprocessableEntity: {jobs.Refused, jobs.BadRequest, upstream.NoTrouble},
	http.StatusTooManyRequests:     {jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling},
}

// ByStatus judges an answer by its status line and Retry-After alone, for when
// its body is not readable as the API's own answer. For a read MaybeSent just
// means that no trustworthy answer came.
func ByStatus(status int, h http.Header, now time.Time) upstream.Attempt {
	wait, asked := RetryAfter(h, now)
	r := rule(status, asked)
	a := upstream.Attempt{Verdict: r.verdict, Code: r.code, Trouble: r.trouble, HTTPStatus: status, Detail: sentence(status)}
	if r.trouble == upstream.Throttling || r.trouble == upstream.Down {
		a.RetryAfter = wait
	}
	return a
}

func rule(status int, asked bool) ruling {
	if r, ok := rulings[status]; ok {
		return r
	}
	switch {
	case status == http.StatusServiceUnavailable && asked:
		return ruling{jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling}
	case status >= 500 && status <= 599:
		return ruling{jobs.MaybeSent, jobs.UpstreamError, upstream.Down}
	case status >= 400 && status <= 499:
		return ruling{jobs.Refused, jobs.UpstreamError, upstream.NoTrouble}
	default: // a success nobody can read, a redirect, or no HTTP status at all
		return ruling{jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble}
	}
}

func sentence(status int) string {
	name := fmt.Sprintf("HTTP %d", status)
	if text := http.StatusText(status); text != "" {
		name += " (" + text + ")"
	}
	switch {
	case status >= 200 && status <= 299:
		return "The upstream answered " + name + " with a body that could not be read as its API's."
	case status >= 300 && status <= 399:
		return "The upstream answered " + name + ", a redirect, which was not followed; check its URL."
	default:
		return "The upstream answered " + name + "."
	}
}

// InDoubt judges an answer whose status line came but whose body cannot be
// trusted: cut short, too large, another request's. Nothing is known about the
// row, whatever the status; about the upstream as a whole the status still says
// enough, so that a refused credential ends a run even so.
func InDoubt(status int, h http.Header, now time.Time, code jobs.Code, detail string) upstream.Attempt {
	a := ByStatus(status, h, now)
	a.Verdict, a.Code, a.Detail = jobs.MaybeSent, code, detail
	return a
}
