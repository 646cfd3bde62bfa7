package betatel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

const (
	key = "key-hunter22"
	sim = "8944500000000000001"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testClient(t testing.TB, address string) *Client {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	c, err := New(Config{BaseURL: u, APIKey: key, UserID: "u1", Now: func() time.Time { return now }})
	require.NoError(t, err)
	return c
}

type verdict struct {
	verdict jobs.Verdict
	code    jobs.Code
	trouble upstream.Trouble
}

var (
	done      = verdict{jobs.Done, "", upstream.NoTrouble}
	doubt     = verdict{jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble}
	down      = verdict{jobs.MaybeSent, jobs.UpstreamError, upstream.Down}
	throttled = verdict{jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling}
	auth      = verdict{jobs.Refused, jobs.AuthFailed, upstream.BadCredentials}
	notFound  = verdict{jobs.Refused, jobs.NotFound, upstream.NoTrouble}
	badICCID  = verdict{jobs.Refused, jobs.BadRequest, upstream.NoTrouble}
)

func TestJudgeProfile(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   verdict
		words  string
	}{
		"a profile":                      {200, `{"state":"ENABLED"}`, done, ""},
		"for the SIM":                    {200, `{"state":"ENABLED","iccid":8944500000000000001}`, done, ""},
		"for another SIM":                {200, `{"state":"ENABLED","iccid":"8944500000000000002"}`, doubt, ""},
		"for the SIM, rounded":           {200, `{"state":"ENABLED","iccid":8944500000000000000}`, doubt, ""},
		"for the SIM and another":        {200, `{"iccid":"8944500000000000002","profile":{"state":"ENABLED","iccid":"8944500000000000001"}}`, doubt, ""},
		"with its check digit":           {200, `{"state":"ENABLED","iccid":"89445000000000000019F"}`, done, ""},
		"beside an error":                {200, `{"state":"ENABLED","error":"boom"}`, doubt, "boom"},
		"beside no error":                {200, `{"state":"ENABLED","error":null,"errorCode":0,"error_text":"none","errors":[]}`, done, ""},
		"beside another's error":         {200, `{"state":"ENABLED","last_error":"boom"}`, done, ""},
		"no state":                       {200, `{"iccid":"8944500000000000001"}`, doubt, ""},
		"state null":                     {200, `{"state":null}`, doubt, ""},
		"state an object":                {200, `{"state":{"a":1}}`, doubt, ""},
		"an empty object":                {200, `{}`, doubt, ""},
		"null":                           {200, `null`, doubt, "null"},
		"a list":                         {200, `[{"state":"ENABLED"}]`, doubt, ""},
		"cut short":                      {200, `{"state":"ENABLED","activation_code":"a.b$C`, doubt, ""},
		"followed by more":               {200, `{"state":"ENABLED"}{"activation_code":"a.b$C"}`, doubt, ""},
		"a web page":                     {200, `<html><title>Welcome</title>`, doubt, "Welcome"},
		"empty":                          {200, ``, doubt, ""},
		"an error inside 200":            {200, `{"message":"no such eUICC","statusCode":404}`, notFound, "no such eUICC"},
		"an error inside 200, wrapped":   {200, `{"error":{"message":"no such eUICC","status_code":"404"}}`, notFound, "no such eUICC"},
		"bad key inside 200":             {200, `{"message":"bad key","statusCode":401}`, auth, "bad key"},
		"statusCode 200 is no error":     {200, `{"message":"hm","statusCode":200}`, doubt, "hm"},
		"a state beside a statusCode":    {200, `{"state":"ERROR","statusCode":404}`, done, ""},
		"400":                            {400, `{"message":["iccid too short","iccid no digits"],"error":"Bad Request","statusCode":400}`, badICCID, "iccid too short; iccid no digits"},
		"401":                            {401, `{"message":"Invalid API key ` + key + `","statusCode":401}`, auth, "Invalid API key " + key},
		"403":                            {403, `no`, verdict{jobs.Refused, jobs.PermissionDenied, upstream.Forbidden}, "no"},
		"404":                            {404, `{"message":"eUICC not found","statusCode":404}`, notFound, "eUICC not found"},
		"404 in plain text":              {404, "Not\nFound", notFound, "Not Found"},
		"404 with another body":          {404, `{"state":"ENABLED"}`, notFound, ""},
		"403 of a rate limit":            {403, `{"message":"Rate limit exceeded","statusCode":403}`, verdict{jobs.Refused, jobs.Throttled, upstream.Throttling}, "Rate limit exceeded"},
		"403 of a rate limit, a page":    {403, `Too many requests`, verdict{jobs.Refused, jobs.Throttled, upstream.Throttling}, "Too many requests"},
		"408":                            {408, ``, verdict{jobs.MaybeSent, jobs.Timeout, upstream.Down}, ""},
		"421":                            {421, ``, down, ""},
		"425":                            {425, ``, down, ""},
		"499":                            {499, ``, verdict{jobs.MaybeSent, jobs.Timeout, upstream.Down}, ""},
		"a login page":                   {200, `<html><title>Sign in</title><style>p {}</style></html>`, verdict{jobs.MaybeSent, jobs.AuthFailed, upstream.NoTrouble}, "Sign in"},
		"maintenance":                    {200, `<html><title>Maintenance</title></html>`, down, "Maintenance"},
		"429":                            {429, ``, throttled, ""},
		"500":                            {500, `{"error":"boom"}`, down, "boom"},
		"500 with a profile":             {500, `{"state":"ENABLED"}`, down, ""},
		"502":                            {502, `<html><h1>Bad Gateway</h1>`, down, "Bad Gateway"},
		"503":                            {503, ``, down, ""},
		"a redirect":                     {302, ``, doubt, ""},
		"an activation code in an error": {404, `{"message":"no LPA:1$a.b$SECRET nor a.b$SECRET"}`, notFound, "no LPA:1$a.b$SECRET nor a.b$SECRET"},
	} {
		t.Run(name, func(t *testing.T) {
			a := judgeProfile(wire.Reply{Status: c.status, Header: http.Header{}, Body: []byte(c.body)}, sim)
			require.Equal(t, c.want, verdict{a.Verdict, a.Code, a.Trouble}, a.Detail)
			require.Equal(t, c.words, a.UpstreamError)
			require.Equal(t, c.status, a.HTTPStatus)
			require.Equal(t, a.Verdict == jobs.Done, a.Detail == "")
			require.NotContains(t, a.Detail, "a.b$")
		})
	}
	a := judgeProfile(wire.Reply{Status: 503, Header: http.Header{"Retry-After": {"9"}}}, sim)
	require.Equal(t, throttled, verdict{a.Verdict, a.Code, a.Trouble})
	require.Equal(t, 9*time.Second, a.RetryAfter)
}

func picture(t testing.TB, side int) []byte { return oblong(t, side, side) }

func oblong(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return b.Bytes()
}

// vast is a PNG whose head alone claims a size.
func vast(width, height uint32) []byte {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	head = append(binary.BigEndian.AppendUint32(head, height), 8, 0, 0, 0, 0)
	b := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	return binary.BigEndian.AppendUint32(append(b, head...), crc32.ChecksumIEEE(head))
}

func TestJudgePicture(t *testing.T) {
	good := picture(t, 300)
	broken := bytes.Clone(good)
	broken[len(broken)/2] ^= 0xFF
	for name, c := range map[string]struct {
		status int
		body   []byte
		want   verdict
	}{
		"a picture":               {200, good, done},
		"a large picture":         {200, picture(t, 1100), done},
		"a picture with 404":      {404, good, notFound},
		"cut short":               {200, good[:len(good)-20], doubt},
		"a signature alone":       {200, good[:8], doubt},
		"broken":                  {200, broken, doubt},
		"as wide as may be":       {200, oblong(t, 4096, 1), done},
		"as high as may be":       {200, oblong(t, 1, 4096), done},
		"too wide":                {200, oblong(t, 4097, 1), doubt},
		"too high":                {200, oblong(t, 1, 4097), doubt},
		"absurdly large":          {200, vast(1<<31-1, 1<<31-1), doubt},
		"a JPEG":                  {200, []byte("\xff\xd8\xff\xe0"), doubt},
		"empty":                   {200, nil, doubt},
		"an error inside 200":     {200, []byte(`{"message":"no such eSIM","statusCode":404}`), notFound},
		"a profile in its place":  {200, []byte(`{"state":"ENABLED"}`), doubt},
		"500 with words":          {500, []byte(`boom`), down},
		"a text that is no error": {200, []byte(`LPA:1$a.b$C`), doubt},
	} {
		t.Run(name, func(t *testing.T) {
			a := judgePicture(wire.Reply{Status: c.status, Header: http.Header{}, Body: c.body})
			require.Equal(t, c.want, verdict{a.Verdict, a.Code, a.Trouble}, a.Detail)
			require.Equal(t, c.want == done, a.Picture != nil)
			require.NotContains(t, fmt.Sprint(a.Detail, a.UpstreamError), "LPA")
		})
	}
}

func TestWhatAnAnswerSpeaksOf(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		about  upstream.About
	}{
		"404":                       {404, `{"message":"eUICC not found","statusCode":404}`, upstream.AboutSIM},
		"404 by its message alone":  {404, `{"message":"not found"}`, upstream.AboutSIM},
		"400":                       {400, `{"statusCode":400}`, upstream.AboutSIM},
		"404 inside 200":            {200, `{"message":"no","statusCode":404}`, upstream.AboutSIM},
		"another SIM's profile":     {200, `{"state":"A","iccid":"8944500000000000002"}`, upstream.AboutSIM},
		"404 of a gateway":          {404, `<h1>404 page not found</h1>`, upstream.AboutNothing},
		"404 of some other service": {404, `{"path":"/api"}`, upstream.AboutNothing},
		"an empty object":           {200, `{}`, upstream.AboutNothing},
		"401":                       {401, `{"message":"no","statusCode":401}`, upstream.AboutAccount},
		"403":                       {403, `{"message":"no","statusCode":403}`, upstream.AboutAccount},
		"406 about a session":       {406, `{"message":"session expired"}`, upstream.AboutAccount},
		"200 about a user":          {200, `{"message":"unknown user"}`, upstream.AboutAccount},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.about, judgeProfile(wire.Reply{Status: c.status, Body: []byte(c.body)}, sim).About)
		})
	}
	for body, foreign := range map[string]bool{`{"message":"no"}`: false, `{"statusCode":403}`: false, `{"path":"/api"}`: true, `{}`: true, `no`: true, ``: true} {
		require.Equal(t, foreign, judgeProfile(wire.Reply{Status: 403, Body: []byte(body)}, sim).Foreign, body)
	}
	a := judgePicture(wire.Reply{Status: 200, Body: []byte(`<title>Log in</title>`)})
	require.Equal(t, []any{jobs.AuthFailed, upstream.AboutAccount}, []any{a.Code, a.About})
}
