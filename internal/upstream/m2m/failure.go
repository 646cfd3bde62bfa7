package m2m

import (
	"net/http"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/words"
)

// rule decides what a readable failure means. Its words come before its HTTP
// status, but for 401, which ends the run whatever they say; where the words
// say nothing we know, the status may.
func (q asked) rule(text string, status int, retryAfter bool) reason {
	meaning := words.Of(text)
	r := q.op.reason(meaning)
	switch {
	case status == http.StatusUnauthorized && r.verdict == jobs.MaybeSent:
		r.trouble = upstream.BadCredentials
		return r
	case status == http.StatusUnauthorized:
		return reasons[words.Credentials]
	case meaning == words.Unknown && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && retryAfter):
		return reasons[words.TooFast]
	case meaning == words.Unknown && text == "" && (status == http.StatusGatewayTimeout || status == http.StatusRequestTimeout || status == 499):
		return reasons[words.TimedOut]
	case status == http.StatusForbidden && (meaning == words.Unknown || meaning == words.Permission):
		r = reasons[words.Permission]
		r.trouble = upstream.Forbidden
		return r
	default:
		return r
	}
}

// about says what a readable failure speaks of.
func about(text string, status int) upstream.About {
	switch {
	case words.SpeakOfSIM(text):
		return upstream.AboutSIM
	case words.SpeakOfAccount(text), status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return upstream.AboutAccount
	}
	return upstream.AboutNothing
}
