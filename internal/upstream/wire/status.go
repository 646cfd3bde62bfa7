package wire

import (
	"fmt"
	"net/http"

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
// upstreams.md for betatel's). The others go by their class. These alone let a
// command count as failed.
var rulings = map[int]ruling{
	http.StatusBadRequest:            {jobs.Refused, jobs.BadRequest, upstream.NoTrouble},
	http.StatusUnauthorized:          {jobs.Refused, jobs.AuthFailed, upstream.BadCredentials},
	http.StatusForbidden:             {jobs.Refused, jobs.PermissionDenied, upstream.Forbidden},
	http.StatusNotFound:              {jobs.Refused, jobs.NotFound, upstream.NoTrouble},
	http.StatusMethodNotAllowed:      {jobs.Refused, jobs.BadRequest, upstream.NoTrouble},
	http.StatusRequestEntityTooLarge: {jobs.Refused, jobs.BadRequest, upstream.NoTrouble},
	http.StatusUnsupportedMediaType:  {jobs.Refused, jobs.BadRequest, upstream.NoTrouble},
	http.StatusUnprocessableEntity:   {jobs.Refused, jobs.BadRequest, upstream.NoTrouble},

	http.StatusTooManyRequests: {jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling},

	// Somebody on the way gave up: the upstream may have done it all the same.
	http.StatusRequestTimeout:     {jobs.MaybeSent, jobs.Timeout, upstream.Down},
	statusClientClosed:            {jobs.MaybeSent, jobs.Timeout, upstream.Down},
	http.StatusMisdirectedRequest: {jobs.MaybeSent, jobs.UpstreamError, upstream.Down},
	http.StatusTooEarly:           {jobs.MaybeSent, jobs.UpstreamError, upstream.Down},

	http.StatusProxyAuthRequired: {jobs.MaybeSent, jobs.AuthFailed, upstream.NoTrouble},
}

// statusClientClosed is nginx's word for a client that left before its upstream
// had answered.
const statusClientClosed = 499

// ByStatus judges an answer by its status line and Retry-After alone, for when
// its body is not readable as the API's own answer. The status may be another
// than the reply's, where the body names one. For a read MaybeSent just means
// that no trustworthy answer came.
func ByStatus(status int, reply Reply) upstream.Attempt {
	wait, asked := reply.RetryAfter()
	r := rule(status, asked)
	a := upstream.Attempt{Verdict: r.verdict, Code: r.code, Trouble: r.trouble, HTTPStatus: reply.Status, Detail: sentence(status)}
	if r.trouble == upstream.Throttling {
		a.RetryAfter = wait
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		a.About = upstream.AboutAccount
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
		return ruling{jobs.MaybeSent, jobs.UpstreamError, upstream.NoTrouble}
	default: // a success nobody can read, a redirect, or no HTTP status at all
		return ruling{jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble}
	}
}

func name(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("HTTP %d (%s)", status, text)
	}
	return fmt.Sprintf("HTTP %d", status)
}

func sentence(status int) string {
	switch {
	case status >= 200 && status <= 299:
		return "The upstream answered " + name(status) + " with a body that could not be read as its API's."
	case status >= 300 && status <= 399:
		return "The upstream answered " + name(status) + ", a redirect, which was not followed; check its URL."
	default:
		return "The upstream answered " + name(status) + "."
	}
}

// InDoubt judges an answer whose status line came but whose body cannot be
// trusted: cut short, too large, another request's. Nothing is known about the
// row, whatever the status; about the upstream as a whole the status still says
// enough, so that a refused credential ends a run even so.
func InDoubt(reply Reply, code jobs.Code, detail string) upstream.Attempt {
	a := ByStatus(reply.Status, reply)
	a.Verdict, a.Code, a.Detail = jobs.MaybeSent, code, detail
	return a
}
