package m2m

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
)

// reason is what the words of a failure mean.
type reason struct {
	words   *regexp.Regexp // over the words as plain makes them
	verdict jobs.Verdict
	code    jobs.Code
	trouble upstream.Trouble
	detail  string
}

// requests are the words for what a rate limit limits. "calls" alone is not
// one: a SIM makes calls too.
const requests = `(requests?|queries|api calls?)`

// reasons are tried in this order. Only "invalid iccid", "invalid group" and
// "invalid content" are documented words; the rest are those that the listed
// causes of failure are likely to use (upstreams.md, 1).
var reasons = sync.OnceValue(func() []reason {
	return []reason{
		{ // before throttling: "too many failed login requests" must end the run
			regexp.MustCompile(`\b(failed|invalid|incorrect|wrong|unsuccessful) (log ?in|sign ?in|logon|authentication)|\baccount (is |has been )?locked`),
			jobs.Refused, jobs.AuthFailed, upstream.BadCredentials,
			"The upstream refused the credentials.",
		},
		{
			regexp.MustCompile(`\bthrottl` +
				`|\btoo many (\w+ ){0,3}` + requests + `\b` +
				`|\b(rate|requests?|api|api calls?|queries) ?limit(s|ed|er|ing)?\b` +
				`|\blimit(ed)? (\w+ ){0,3}` + requests + `\b` +
				`|\b` + requests + ` (\w+ ){0,2}per (second|minute|hour|day)\b` +
				`|\b(maximum|max|allowed|exceeded) (\w+ ){0,3}` + requests + `\b` +
				`|\brequests? (rate|frequency)\b|\bslow down\b`),
			jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling,
			"The upstream limits the rate of requests.",
		},
		{
			regexp.MustCompile(`\bcredentials?\b|\bauthenticat|\bunauthori[sz]ed\b|\buser ?names?\b|\bpass ?words?\b|\blog ?in\b|\blogon\b` +
				`|\bauthori[sz]ation (\w+ )?(failed|failure|required|missing|invalid)\b`),
			jobs.Refused, jobs.AuthFailed, upstream.BadCredentials,
			"The upstream refused the credentials.",
		},
		{
			regexp.MustCompile(`\bpermissions?\b|\bforbidden\b|\baccess (is |was )?denied\b|\b(insufficient|no|lack\w*|missing) (rights?|privileges?)\b` +
				`|\bnot (allowed|permitted|authori[sz]ed|entitled) to\b|\b(operation|action|access|account|user|request) (is )?not (allowed|permitted|authori[sz]ed)\b`),
			jobs.Refused, jobs.PermissionDenied, upstream.NoTrouble,
			"The account may not do this.",
		},
		{
			regexp.MustCompile(`\b(invalid|unknown|wrong) ?(iccid|identifier)\b|\b(iccid|identifier) (is )?(invalid|unknown|not found)\b`),
			jobs.Refused, jobs.SIMUnknown, upstream.NoTrouble,
			"The upstream does not know this SIM under this account.",
		},
		{
			regexp.MustCompile(`\b(invalid|unknown|wrong) ?group\b|\bgroup (is )?(invalid|unknown|not found)\b`),
			jobs.Refused, jobs.GroupNotLive, upstream.NoTrouble,
			"The upstream refused the group: it is unknown or not of type live.",
		},
		{
			regexp.MustCompile(`\b(invalid|missing|bad|unknown) ?(content|parameters?|values?)\b|\b(content|parameter|value) (is )?(invalid|missing|not allowed)\b`),
			jobs.Refused, jobs.BadRequest, upstream.NoTrouble,
			"The upstream refused the request as wrong.",
		},
	}
})

// quotas finds each quota spoken of with the word before it, since a SIM has
// quotas too, and those say nothing about our requests.
var (
	quotas   = regexp.MustCompile(`(?:(\w+) )?\bquotas?\b`)
	simQuota = regexp.MustCompile(`^(data|sms|mms|voice|usage|traffic|roaming|sim|allowance|credit|minutes)$`)
)

// classify finds what the words of a failure mean; nil: nothing we know.
func classify(words string) *reason {
	words = plain(words)
	for i := range reasons() {
		r := &reasons()[i]
		if r.words.MatchString(words) || r.code == jobs.Throttled && speaksOfQuota(words) {
			return r
		}
	}
	return nil
}

func speaksOfQuota(words string) bool {
	for _, m := range quotas.FindAllStringSubmatch(words, -1) {
		if !simQuota.MatchString(m[1]) {
			return true
		}
	}
	return false
}

// plain makes words comparable: lower case, one space for all that is neither
// letter nor digit.
func plain(words string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(words), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}

// rule decides what a readable failure means. Its words come before its HTTP
// status, but for 401, which is a refusal of the credentials whatever they say;
// where the words say nothing we know, the status may.
func (q asked) rule(words string, status int, retryAfter bool) reason {
	r := classify(words)
	switch {
	case status == http.StatusUnauthorized:
		return reason{verdict: jobs.Refused, code: jobs.AuthFailed, trouble: upstream.BadCredentials, detail: reasons()[0].detail}
	case r == nil && (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable && retryAfter):
		return reason{verdict: jobs.SurelyNotSent, code: jobs.Throttled, trouble: upstream.Throttling, detail: "The upstream limits the rate of requests."}
	case status == http.StatusForbidden && (r == nil || r.code == jobs.PermissionDenied):
		return reason{verdict: jobs.Refused, code: jobs.PermissionDenied, trouble: upstream.Forbidden, detail: "The account may not do this."}
	case r == nil:
		return reason{verdict: jobs.Refused, code: jobs.UpstreamError, detail: "The upstream reported a failure."}
	case r.code == jobs.SIMUnknown:
		return q.invalidICCID()
	default:
		return *r
	}
}

// invalidICCID says what "invalid iccid" means for each operation: the words
// are the same for an unknown SIM and for one in the wrong state.
func (q asked) invalidICCID() reason {
	r := reason{verdict: jobs.Refused, code: jobs.SIMUnknown}
	switch q.operation {
	case opQueryQRInfo:
		r.code, r.detail = jobs.NotFound, "The upstream knows no such SIM, or the SIM has no QR code."
	case opSetAAGroup:
		r.detail = "The upstream does not know this SIM under this account, or the SIM is not in a pending group."
	default:
		r.detail = "The upstream does not know this SIM under this account."
	}
	return r
}
