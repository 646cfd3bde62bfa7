package wire

import (
	"bytes"
	"html"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/words"
)

// Foreign judges an answer that is not the API's own, a gateway's or a portal's
// page perhaps: by its status, and by what a person would read in it. A login
// page says that the credentials are not taken, one about maintenance that the
// upstream is down, and a 403 may be a gateway's way of limiting the rate. None
// of that makes a command done or not done; the status alone says so.
func Foreign(reply Reply) upstream.Attempt {
	a := ByStatus(reply.Status, reply)
	a.Foreign = true
	a.UpstreamError = reply.Text()
	switch {
	case reply.Status >= 500 && reply.Status <= 599, a.Trouble != upstream.NoTrouble && a.Trouble != upstream.Forbidden:
	case asksLogin(reply):
		a.About = upstream.AboutAccount
		if a.Code == jobs.BadResponse {
			a.Code, a.Detail = jobs.AuthFailed, "The upstream answered "+name(reply.Status)+" with its login page: it does not take the credentials."
		}
	case a.Trouble == upstream.Forbidden && words.TooFastIn(a.UpstreamError):
		a.Code, a.Trouble, a.Detail = jobs.Throttled, upstream.Throttling, "The upstream answered HTTP 403 (Forbidden) and says that it limits the rate of requests."
		a.RetryAfter, _ = reply.RetryAfter()
	case words.MaintenanceIn(a.UpstreamError):
		a.Trouble, a.Detail = upstream.Down, "The upstream answered "+name(reply.Status)+" with a page about maintenance."
		if a.Code == jobs.BadResponse {
			a.Code = jobs.UpstreamError
		}
	case words.SpeakOfAccount(a.UpstreamError):
		a.About = upstream.AboutAccount
	}
	return a
}

// asksLogin reports whether an answer is a login page, or a redirect to one.
func asksLogin(reply Reply) bool {
	if reply.Status >= 300 && reply.Status <= 399 {
		to, err := url.Parse(reply.Header.Get("Location"))
		return err == nil && loginPath().MatchString(to.Path)
	}
	body := reply.Body[:min(len(reply.Body), maxPlain)]
	if passwordField().Match(body) {
		return true
	}
	title := titleOf(string(body))
	return title != "" && words.LoginIn(title)
}

// maxPlain is how many bytes of a body are looked at for words to quote.
const maxPlain = 16 << 10

var (
	title         = pattern(`(?is)<title[^>]*>(.*?)</title`)
	unseen        = pattern(`(?is)<(script|style)\b.*?(</(script|style)>|$)|<!--.*?(-->|$)`)
	anyTags       = pattern(`(?s)<[^>]*(>|$)`)
	passwordField = pattern(`(?i)<input\b[^>]*\btype\s*=\s*["']?password\b`)
	loginPath     = pattern(`(?i)log-?[io]n|sign-?in|/account/|/auth|/sso\b|oauth|saml`) // /Account/Login.aspx
)

// pattern compiles an expression when it is first needed: most runs never see a
// page.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

func titleOf(text string) string {
	if t := title().FindStringSubmatch(text); t != nil {
		return t[1]
	}
	return ""
}

// Text is what a person would read in the body of an answer that is not the
// API's: the title of a web page, else the text without tags, as one line
// without secrets. A picture or other binary content has none.
func (r Reply) Text() string {
	if bytes.HasPrefix(r.Body, []byte("\x89PNG")) {
		return ""
	}
	// Secrets go before the tags do: one with a < in it would lose its end and
	// no longer be known. Twice the length, so that none is halved by the cut.
	text := r.mask.Hide(string(r.Body[:min(len(r.Body), 2*maxPlain)]))
	text = text[:min(len(text), maxPlain)]
	if strings.IndexByte(text, 0) >= 0 {
		return ""
	}
	if t := titleOf(text); t != "" {
		text = t
	}
	text = anyTags().ReplaceAllString(unseen().ReplaceAllString(text, " "), " ")
	return r.mask.Words(html.UnescapeString(text))
}

// RetryAfter is how long the answer asks to wait; see [RetryAfter].
func (r Reply) RetryAfter() (wait time.Duration, asked bool) { return RetryAfter(r.Header, r.At) }
