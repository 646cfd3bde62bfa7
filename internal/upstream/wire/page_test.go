package wire_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

func TestText(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"text":           {" Bad Gateway\n", "Bad Gateway"},
		"the title":      {"<html><head><title>502 Bad &amp; Gateway</title></head><body>x</body></html>", "502 Bad & Gateway"},
		"tags and style": {"<h1>Sorry</h1><style>p{}</style><!-- no --><p>later", "Sorry later"},
		"an open tag":    {"Sorry <a href='", "Sorry"},
		"a picture":      {"\x89PNG\r\n\x1a\n", ""},
		"binary":         {"ab\x00cd", ""},
		"nothing":        {"", ""},
		"secrets":        {`<b>p&lt;w&gt;&#34;</b> p<w>" p&lt;w&gt;&quot;`, "*** *** ***"},
		"a secret cut":   {"<!--" + strings.Repeat("x", 16<<10-15) + "-->seen long secret", "seen ***"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &wire.Sender{Mask: wire.Hiding(`p<w>"`, "long secret"), Client: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, ContentLength: -1, Body: io.NopCloser(strings.NewReader(c.in))}, nil
			})}}
			var text string
			s.Do(t.Context(), post(t, "http://127.0.0.1"), 1<<20, func(r wire.Reply) upstream.Attempt { text = r.Text(); return upstream.Attempt{} })
			require.Equal(t, c.want, text)
		})
	}
}

func reply(status int, body string, header ...string) wire.Reply {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return wire.Reply{Status: status, Header: h, Body: []byte(body), At: now}
}

const (
	loginPage = `<html><head><title>Account</title></head><body><form><input name="u"><INPUT class=x type='password' name="p"></form></body></html>`
	busyPage  = `<html><title>Sorry</title><p>We are down for maintenance</p></html>`
)

func TestForeign(t *testing.T) {
	for name, c := range map[string]struct {
		reply   wire.Reply
		verdict jobs.Verdict
		code    jobs.Code
		trouble upstream.Trouble
		about   upstream.About
	}{
		"a page":                          {reply(200, "<title>Welcome</title>"), jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, upstream.AboutNothing},
		"a page about SIMs is no answer":  {reply(200, "<title>SIM Insight</title>"), jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, upstream.AboutNothing},
		"a login page":                    {reply(200, loginPage), jobs.MaybeSent, jobs.AuthFailed, upstream.NoTrouble, upstream.AboutAccount},
		"a login page by its title":       {reply(200, "<title>Log in - SIM Insight</title>"), jobs.MaybeSent, jobs.AuthFailed, upstream.NoTrouble, upstream.AboutAccount},
		"a login page with 404":           {reply(404, loginPage), jobs.Refused, jobs.NotFound, upstream.NoTrouble, upstream.AboutAccount},
		"a login page with 500":           {reply(500, loginPage), jobs.MaybeSent, jobs.UpstreamError, upstream.Down, upstream.AboutNothing},
		"a redirect to a login page":      {reply(302, "", "Location", "/Account/Login.aspx?ReturnUrl=%2f"), jobs.MaybeSent, jobs.AuthFailed, upstream.NoTrouble, upstream.AboutAccount},
		"a redirect to another host's":    {reply(303, "", "Location", "https://id.example/oauth2/authorize"), jobs.MaybeSent, jobs.AuthFailed, upstream.NoTrouble, upstream.AboutAccount},
		"a redirect to elsewhere":         {reply(307, "", "Location", "/elsewhere?from=login"), jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, upstream.AboutNothing},
		"a redirect to nowhere":           {reply(302, "", "Location", "http://[broken"), jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, upstream.AboutNothing},
		"words of a session":              {reply(200, "session expired"), jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, upstream.AboutAccount},
		"words of a user with 400":        {reply(400, "unknown user"), jobs.Refused, jobs.BadRequest, upstream.NoTrouble, upstream.AboutAccount},
		"407":                             {reply(407, ""), jobs.MaybeSent, jobs.AuthFailed, upstream.NoTrouble, upstream.AboutAccount},
		"maintenance":                     {reply(200, "<title>Maintenance</title>"), jobs.MaybeSent, jobs.UpstreamError, upstream.Down, upstream.AboutNothing},
		"maintenance, in the text":        {reply(200, "We will be back soon"), jobs.MaybeSent, jobs.UpstreamError, upstream.Down, upstream.AboutNothing},
		"maintenance with 404":            {reply(404, "<p>We are down for maintenance</p>"), jobs.Refused, jobs.NotFound, upstream.Down, upstream.AboutNothing},
		"403":                             {reply(403, "<title>Forbidden</title>"), jobs.Refused, jobs.PermissionDenied, upstream.Forbidden, upstream.AboutAccount},
		"403 of a rate limit":             {reply(403, "<p>Too many requests</p>", "Retry-After", "2"), jobs.Refused, jobs.Throttled, upstream.Throttling, upstream.AboutAccount},
		"429 whatever the page":           {reply(429, loginPage), jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling, upstream.AboutNothing},
		"401 whatever the page":           {reply(401, busyPage), jobs.Refused, jobs.AuthFailed, upstream.BadCredentials, upstream.AboutAccount},
		"a title hides what is below it":  {reply(200, busyPage), jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, upstream.AboutNothing},
		"nothing at all":                  {reply(200, ""), jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, upstream.AboutNothing},
		"a picture in place of an answer": {reply(200, "\x89PNG\r\n"), jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, upstream.AboutNothing},
	} {
		t.Run(name, func(t *testing.T) {
			a := wire.Foreign(c.reply)
			require.True(t, a.Foreign)
			require.Equal(t, []any{c.verdict, c.code, c.trouble, c.about}, []any{a.Verdict, a.Code, a.Trouble, a.About}, a.Detail)
			require.NotEmpty(t, a.Detail)
			require.Equal(t, c.reply.Status, a.HTTPStatus)
		})
	}
}
