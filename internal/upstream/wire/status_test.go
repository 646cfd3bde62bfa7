package wire_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want time.Duration
		ok   bool
	}{
		"absent":             {"", 0, false},
		"seconds":            {"7", 7 * time.Second, true},
		"with spaces":        {" 7 ", 7 * time.Second, true},
		"zero":               {"0", 0, true},
		"a day":              {"86400", 24 * time.Hour, true},
		"beyond any number":  {"99999999999999999999999999", 366 * 24 * time.Hour, true},
		"negative":           {"-5", 0, false},
		"a fraction":         {"1.5", 1500 * time.Millisecond, true},
		"a tiny fraction":    {"0.0000000001", 1, true},
		"a bare fraction":    {".5", 500 * time.Millisecond, true},
		"two points":         {"1.5.0", 0, false},
		"a point":            {".", 0, false},
		"an exponent":        {"1e9", 0, false},
		"a word":             {"soon", 0, false},
		"a date":             {"Sun, 01 Mar 2026 12:01:30 GMT", 90 * time.Second, true},
		"a date in the past": {"Sun, 01 Mar 2026 11:00:00 GMT", 0, true},
		"a date far away":    {"Mon, 01 Mar 2027 11:00:00 GMT", 365*24*time.Hour - time.Hour, true},
		"an RFC 850 date":    {"Sunday, 01-Mar-26 12:00:10 GMT", 10 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			if c.text != "" {
				h.Set("Retry-After", c.text)
			}
			got, ok := wire.RetryAfter(h, now)
			require.Equal(t, c.want, got)
			require.Equal(t, c.ok, ok)
		})
	}
}

func TestByStatus(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		retryAfter string
		verdict    jobs.Verdict
		code       jobs.Code
		trouble    upstream.Trouble
		wait       time.Duration
	}{
		"200 unreadable":              {200, "", jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, 0},
		"204":                         {204, "", jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, 0},
		"301":                         {301, "", jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, 0},
		"308":                         {308, "9", jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, 0},
		"400":                         {400, "", jobs.Refused, jobs.BadRequest, upstream.NoTrouble, 0},
		"401":                         {401, "", jobs.Refused, jobs.AuthFailed, upstream.BadCredentials, 0},
		"402":                         {402, "", jobs.MaybeSent, jobs.UpstreamError, upstream.NoTrouble, 0},
		"403":                         {403, "", jobs.Refused, jobs.PermissionDenied, upstream.Forbidden, 0},
		"404":                         {404, "", jobs.Refused, jobs.NotFound, upstream.NoTrouble, 0},
		"405":                         {405, "", jobs.Refused, jobs.BadRequest, upstream.NoTrouble, 0},
		"407":                         {407, "", jobs.MaybeSent, jobs.AuthFailed, upstream.NoTrouble, 0},
		"408":                         {408, "3", jobs.MaybeSent, jobs.Timeout, upstream.Down, 0},
		"409":                         {409, "", jobs.MaybeSent, jobs.UpstreamError, upstream.NoTrouble, 0},
		"413":                         {413, "", jobs.Refused, jobs.BadRequest, upstream.NoTrouble, 0},
		"415":                         {415, "", jobs.Refused, jobs.BadRequest, upstream.NoTrouble, 0},
		"421":                         {421, "", jobs.MaybeSent, jobs.UpstreamError, upstream.Down, 0},
		"422":                         {422, "", jobs.Refused, jobs.BadRequest, upstream.NoTrouble, 0},
		"425":                         {425, "", jobs.MaybeSent, jobs.UpstreamError, upstream.Down, 0},
		"429":                         {429, "", jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling, 0},
		"429 with Retry-After":        {429, "3", jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling, 3 * time.Second},
		"499":                         {499, "", jobs.MaybeSent, jobs.Timeout, upstream.Down, 0},
		"500":                         {500, "", jobs.MaybeSent, jobs.UpstreamError, upstream.Down, 0},
		"502 with Retry-After":        {502, "3", jobs.MaybeSent, jobs.UpstreamError, upstream.Down, 0},
		"503":                         {503, "", jobs.MaybeSent, jobs.UpstreamError, upstream.Down, 0},
		"503 with Retry-After":        {503, "3", jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling, 3 * time.Second},
		"503 with Retry-After 0":      {503, "0", jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling, 0},
		"503 with unreadable R.-A.":   {503, "soon", jobs.MaybeSent, jobs.UpstreamError, upstream.Down, 0},
		"504":                         {504, "", jobs.MaybeSent, jobs.UpstreamError, upstream.Down, 0},
		"599":                         {599, "", jobs.MaybeSent, jobs.UpstreamError, upstream.Down, 0},
		"a status that is none (999)": {999, "", jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			if c.retryAfter != "" {
				h.Set("Retry-After", c.retryAfter)
			}
			a := wire.ByStatus(c.status, wire.Reply{Status: c.status, Header: h, At: now})
			require.Equal(t, c.verdict, a.Verdict)
			require.Equal(t, c.code, a.Code)
			require.Equal(t, c.trouble, a.Trouble)
			require.Equal(t, c.wait, a.RetryAfter)
			require.Equal(t, c.status, a.HTTPStatus)
			require.NotEmpty(t, a.Detail)
		})
	}
}

func TestInDoubtKeepsTheTroubleOnly(t *testing.T) {
	a := wire.InDoubt(wire.Reply{Status: 401}, jobs.BadResponse, "The answer bears another api_id.")
	require.Equal(t, upstream.Attempt{Verdict: jobs.MaybeSent, Code: jobs.BadResponse, HTTPStatus: 401,
		Detail: "The answer bears another api_id.", Trouble: upstream.BadCredentials, About: upstream.AboutAccount}, a)
}

// TestWhatAStatusAloneSays: whatever the page, only the two statuses that the
// contract names let a command be sent again, and only eight make it failed.
func TestWhatAStatusAloneSays(t *testing.T) {
	failed := []int{400, 401, 403, 404, 405, 413, 415, 422}
	for status := 100; status <= 999; status++ {
		for _, retryAfter := range []string{"", "5"} {
			for _, body := range []string{"", loginPage, "too many requests", "We will be back soon", "timed out", "accepted"} {
				r := wire.Reply{Status: status, Header: http.Header{"Retry-After": {retryAfter}}, Body: []byte(body), At: now}
				for _, a := range []upstream.Attempt{wire.ByStatus(status, r), wire.Foreign(r)} {
					want := jobs.MaybeSent
					switch {
					case status == 429 || status == 503 && retryAfter != "":
						want = jobs.SurelyNotSent
					case slices.Contains(failed, status):
						want = jobs.Refused
					}
					require.Equal(t, want, a.Verdict, status)
				}
			}
		}
	}
}
