package m2m

import (
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
	password = `hunter&22<"`
	sim      = "8944500000000000001"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func testClient(t testing.TB, address string, change func(*Config)) *Client {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	c := Config{URL: u, Username: "ops & co", Password: password, CheckAPIID: true, Now: func() time.Time { return now }}
	if change != nil {
		change(&c)
	}
	client, err := New(c)
	require.NoError(t, err)
	return client
}

type verdict struct {
	verdict jobs.Verdict
	code    jobs.Code
	trouble upstream.Trouble
}

func (v verdict) of(a upstream.Attempt) verdict { return verdict{a.Verdict, a.Code, a.Trouble} }

var (
	done       = verdict{jobs.Done, "", upstream.NoTrouble}
	doubt      = verdict{jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble}
	down       = verdict{jobs.MaybeSent, jobs.UpstreamError, upstream.Down}
	throttled  = verdict{jobs.SurelyNotSent, jobs.Throttled, upstream.Throttling}
	late       = verdict{jobs.MaybeSent, jobs.Timeout, upstream.Down}
	underWay   = verdict{jobs.MaybeSent, jobs.Timeout, upstream.NoTrouble}
	auth       = verdict{jobs.Refused, jobs.AuthFailed, upstream.BadCredentials}
	noSIM      = verdict{jobs.Refused, jobs.SIMUnknown, upstream.NoTrouble}
	notAllowed = verdict{jobs.Refused, jobs.PermissionDenied, upstream.NoTrouble}
	forbidden  = verdict{jobs.Refused, jobs.PermissionDenied, upstream.Forbidden}
	otherNo    = verdict{jobs.Refused, jobs.UpstreamError, upstream.NoTrouble}
)

func outcome(word, more string) string {
	return `<r api_id="7"><api_outcome>` + word + `</api_outcome>` + more + `</r>`
}

func failure(words string) string {
	return outcome("failure", "<error_description>"+words+"</error_description>")
}

func TestJudgeACommand(t *testing.T) {
	in := testClient(t, "https://x", nil).in
	q := asked{op: &setAAGroup, apiID: "7", iccid: sim}
	for name, c := range map[string]struct {
		status     int
		body       string
		retryAfter string
		want       verdict
		words      string
	}{
		"success":                             {200, outcome("success", ""), "", done, ""},
		"success, other spelling":             {200, outcome(" Suc-Cess ", ""), "", done, ""},
		"success without an api_id":           {200, `<r><api_outcome>success</api_outcome></r>`, "", done, ""},
		"success decides over 500":            {500, outcome("success", ""), "", done, ""},
		"success decides over 429":            {429, outcome("success", ""), "1", done, ""},
		"success with an empty error text":    {200, outcome("success", "<error/>"), "", done, ""},
		"success for the SIM":                 {200, outcome("success", "<iccid>"+sim+"9</iccid>"), "", done, ""},
		"success for another SIM":             {200, outcome("success", "<iccid>8944500000000000002</iccid>"), "", doubt, ""},
		"our SIM, in an attribute":            {200, outcome("success", `<sim iccid="`+sim+`"/>`), "", done, ""},
		"another SIM, in an attribute":        {200, outcome("success", `<sim ICC-ID="8944500000000000002"/>`), "", doubt, ""},
		"another SIM, in the root":            {200, `<r api_id="7" iccid="8944500000000000002"><api_outcome>success</api_outcome></r>`, "", doubt, ""},
		"another api_id":                      {200, `<r api_id="8"><api_outcome>success</api_outcome></r>`, "", doubt, ""},
		"another api_id's refusal":            {200, `<r api_id="8"><api_outcome>failure</api_outcome><error>invalid iccid</error></r>`, "", doubt, ""},
		"another api_id's throttling":         {429, `<r api_id="8"><api_outcome>failure</api_outcome><error>rate limit</error></r>`, "", verdict{jobs.MaybeSent, jobs.BadResponse, upstream.Throttling}, ""},
		"another api_id and 401":              {401, `<r api_id="8"><api_outcome>failure</api_outcome></r>`, "", verdict{jobs.MaybeSent, jobs.BadResponse, upstream.BadCredentials}, ""},
		"two api_ids, ours last":              {200, `<r api_id="8"><api_id>7</api_id><api_outcome>success</api_outcome></r>`, "", doubt, ""},
		"two api_ids":                         {200, `<r api_id="7"><api_id>8</api_id><api_outcome>success</api_outcome></r>`, "", doubt, ""},
		"invalid iccid":                       {200, failure("invalid iccid"), "", noSIM, "invalid iccid"},
		"invalid iccid with 400":              {400, failure("invalid iccid"), "", noSIM, "invalid iccid"},
		"invalid iccid with 500":              {500, failure("invalid iccid"), "", noSIM, "invalid iccid"},
		"invalid iccid with 403":              {403, failure("invalid iccid"), "", noSIM, "invalid iccid"},
		"invalid group":                       {200, failure("invalid group"), "", verdict{jobs.Refused, jobs.GroupNotLive, upstream.NoTrouble}, "invalid group"},
		"invalid content":                     {200, failure("invalid content"), "", verdict{jobs.Refused, jobs.BadRequest, upstream.NoTrouble}, "invalid content"},
		"a failure in words unknown":          {200, failure("no can do"), "", otherNo, "no can do"},
		"a failure without words":             {200, outcome("FAILED", ""), "", otherNo, ""},
		"throttled inside 200":                {200, failure("rate limit exceeded"), "3", throttled, "rate limit exceeded"},
		"a time, not a rate":                  {200, failure("Maximum request time exceeded"), "3", late, ""},
		"a duration, not a rate":              {200, failure("Allowed request duration exceeded"), "", late, ""},
		"no answer within a limit":            {200, failure("Backend did not answer within the request limit"), "", late, ""},
		"a time with 504":                     {504, failure("Max request processing time reached"), "", late, ""},
		"a time with 429":                     {429, failure("Maximum request time exceeded"), "3", late, ""},
		"a time and a rate":                   {200, failure("Timed out: rate limit exceeded"), "", late, ""},
		"accepted":                            {200, failure("Order accepted; notification throttled"), "3", underWay, ""},
		"accepted with 503 R-A":               {503, failure("Order accepted; notification throttled"), "3", underWay, ""},
		"a time and 401":                      {401, failure("timed out"), "", verdict{jobs.MaybeSent, jobs.Timeout, upstream.BadCredentials}, ""},
		"a rate and 401":                      {401, failure("rate limit exceeded"), "", auth, ""},
		"a rate and 403":                      {403, failure("rate limit exceeded"), "3", throttled, ""},
		"an invalid iccid and a time":         {200, failure("invalid iccid; request timed out"), "", noSIM, ""},
		"no permission and a time":            {200, failure("permission denied, request timed out"), "", notAllowed, ""},
		"a rate, to be tried again":           {200, failure("Rate limit exceeded; try again in 60 seconds"), "", throttled, ""},
		"to be tried again is no rate":        {200, failure("Cannot be done now; try again in 60 seconds"), "", otherNo, ""},
		"a failure in words unknown, 504":     {504, failure("no can do"), "", otherNo, "no can do"},
		"a failure in the words of a success": {200, failure("Success."), "", doubt, "Success."},
		"a failure without words, 504":        {504, outcome("failure", ""), "", late, ""},
		"a failure without words, 408":        {408, outcome("failure", ""), "", late, ""},
		"a failure without words, 499":        {499, outcome("failure", ""), "", late, ""},
		"a failure without words, 500":        {500, outcome("failure", ""), "", otherNo, ""},
		"maintenance":                         {200, failure("System under maintenance"), "", verdict{jobs.Refused, jobs.UpstreamError, upstream.Down}, ""},
		"a web page with 408":                 {408, `slow`, "", late, "slow"},
		"a web page with 499":                 {499, ``, "", late, ""},
		"a web page with 409":                 {409, ``, "", verdict{jobs.MaybeSent, jobs.UpstreamError, upstream.NoTrouble}, ""},
		"a login page":                        {200, `<html><title>Log in</title></html>`, "", verdict{jobs.MaybeSent, jobs.AuthFailed, upstream.NoTrouble}, "Log in"},
		"maintenance as a web page":           {200, `<html><title>Maintenance</title></html>`, "", down, "Maintenance"},
		"a gateway's 403 about the rate":      {403, `Too many requests`, "4", verdict{jobs.Refused, jobs.Throttled, upstream.Throttling}, "Too many requests"},
		"credit limit is no throttling":       {200, failure("credit limit exceeded"), "3", otherNo, "credit limit exceeded"},
		"a failure in words unknown, 429":     {429, failure("no can do"), "3", throttled, "no can do"},
		"a failure in words unknown, 503":     {503, failure("no can do"), "", otherNo, "no can do"},
		"a failure in words unknown, 503 R-A": {503, failure("no can do"), "3", throttled, "no can do"},
		"credentials":                         {200, failure("invalid username or password"), "", auth, "invalid username or password"},
		"401 whatever the words":              {401, failure("invalid iccid"), "", auth, "invalid iccid"},
		"no permission":                       {200, failure("no permission"), "", notAllowed, "no permission"},
		"no permission with 403":              {403, failure("no permission"), "", forbidden, "no permission"},
		"403 in words unknown":                {403, failure("no can do"), "", forbidden, "no can do"},
		"an empty outcome with words":         {200, outcome("", "<reason>no can do</reason>"), "", doubt, "no can do"},
		"an empty outcome, known words":       {200, outcome("", "<reason>invalid iccid</reason>"), "", noSIM, "invalid iccid"},
		"an outcome that affirms":             {200, outcome("accepted", "<reason>invalid iccid</reason>"), "", doubt, "invalid iccid"},
		"an outcome that nearly affirms":      {200, outcome("OK", "<reason>no permission</reason>"), "", doubt, "no permission"},
		"a success that is pending":           {200, outcome("success_pending", ""), "", doubt, ""},
		"a success that is none":              {200, outcome("unsuccessful", ""), "", otherNo, ""},
		"a success with an error":             {200, outcome("success", "<error_description>boom</error_description>"), "", doubt, "boom"},
		"a success with an error code":        {200, outcome("success", "<error_code>17</error_code>"), "", doubt, "17"},
		"a success with an error code of 0":   {200, outcome("success", "<error_code>0</error_code>"), "", done, ""},
		"a success with error: none":          {200, outcome("success", "<error>None</error>"), "", done, ""},
		"a success with a description":        {200, outcome("success", "<description>done</description>"), "", done, ""},
		"success for two SIMs, neither ours":  {200, outcome("success", "<iccid>8944500000000000002</iccid><iccid>8944500000000000003</iccid>"), "", doubt, ""},
		"success for ours and another SIM":    {200, outcome("success", "<iccid>"+sim+"</iccid><iccid>8944500000000000003</iccid>"), "", doubt, ""},
		"success for the first digit of ours": {200, outcome("success", "<iccid>8</iccid>"), "", doubt, ""},
		"an empty outcome":                    {200, outcome("", ""), "", doubt, ""},
		"an empty outcome, throttled":         {200, outcome("", "<reason>rate limit</reason>"), "3", verdict{jobs.MaybeSent, jobs.Throttled, upstream.Throttling}, "rate limit"},
		"an unknown outcome":                  {200, outcome("accepted", ""), "", doubt, ""},
		"an unknown outcome with a text":      {200, outcome("accepted", "<description>is being done</description>"), "", doubt, "is being done"},
		"an unknown outcome, known words":     {200, outcome("nope", "<description>invalid iccid</description>"), "", noSIM, "invalid iccid"},
		"an unknown outcome, throttled":       {200, outcome("accepted", "<description>request limit: 9 left</description>"), "", verdict{jobs.MaybeSent, jobs.Throttled, upstream.Throttling}, "request limit: 9 left"},
		"outcomes that differ":                {200, outcome("success", "<api_outcome>failure</api_outcome>"), "", doubt, ""},
		"cut short":                           {200, `<r api_id="7"><api_outcome>success</api_outcome>`, "", doubt, ""},
		"cut short with 404":                  {404, `<r api_id="7"><api_outcome>succ`, "", doubt, ""},
		"cut short with 429":                  {429, `<r api_id="7">`, "3", verdict{jobs.MaybeSent, jobs.BadResponse, upstream.Throttling}, ""},
		"no outcome":                          {200, `<r api_id="7"><status>active</status></r>`, "", doubt, "active"},
		"no outcome but credentials":          {200, `<fault><reason>login failed</reason></fault>`, "", verdict{jobs.MaybeSent, jobs.AuthFailed, upstream.BadCredentials}, "login failed"},
		"no outcome but throttling":           {200, `<fault><reason>rate limit</reason></fault>`, "", doubt, "rate limit"},
		"an empty body":                       {200, ``, "", doubt, ""},
		"a web page":                          {200, `<!DOCTYPE html><html><title>Welcome</title></html>`, "", doubt, "Welcome"},
		"a web page with 404":                 {404, `<html><title>Not here</title><hr></html>`, "", verdict{jobs.Refused, jobs.NotFound, upstream.NoTrouble}, "Not here"},
		"a web page with 429":                 {429, "<html>\n<title>429 Too Many Requests</title><body><hr></body></html>", "9", throttled, "429 Too Many Requests"},
		"a web page with 502":                 {502, `<html><title>502 Bad Gateway</title></html>`, "", down, "502 Bad Gateway"},
		"a web page with 503":                 {503, `Busy`, "", down, "Busy"},
		"a web page with 503 R-A":             {503, `Busy`, "9", throttled, "Busy"},
		"a web page with 401":                 {401, `no`, "", auth, "no"},
		"a web page with 403":                 {403, `no`, "", forbidden, "no"},
		"a redirect":                          {302, ``, "", doubt, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			if c.retryAfter != "" {
				h.Set("Retry-After", c.retryAfter)
			}
			a := in.judge(wire.Reply{Status: c.status, Header: h, Body: []byte(c.body), At: now}, q)
			require.Equal(t, c.want, verdict{}.of(a), a.Detail)
			require.Equal(t, c.status, a.HTTPStatus)
			if c.words != "" {
				require.Equal(t, c.words, a.UpstreamError)
			}
			if a.Verdict != jobs.Done {
				require.NotEmpty(t, a.Detail)
			}
			if a.Trouble == upstream.Throttling && c.retryAfter != "" {
				require.Equal(t, c.retryAfter+"s", a.RetryAfter.String())
			}
		})
	}
}

func TestAPIIDCheckOff(t *testing.T) {
	in := testClient(t, "https://x", func(c *Config) { c.CheckAPIID = false }).in
	a := in.judge(wire.Reply{Status: 200, Body: []byte(`<r api_id="8"><api_outcome>success</api_outcome></r>`)}, asked{op: &setAAGroup, apiID: "7"})
	require.Equal(t, jobs.Done, a.Verdict)
}

func TestInvalidICCIDByOperation(t *testing.T) {
	in := testClient(t, "https://x", nil).in
	for op, want := range map[*operation]jobs.Code{
		&queryStatus: jobs.SIMUnknown, &queryContract: jobs.SIMUnknown, &queryQRInfo: jobs.NotFound, &setAAGroup: jobs.SIMUnknown,
	} {
		a := in.judge(wire.Reply{Status: 200, Body: []byte(failure("invalid iccid"))}, asked{op: op, apiID: "7"})
		require.Equal(t, jobs.Refused, a.Verdict)
		require.Equal(t, want, a.Code, op.name)
	}
}

func TestReadData(t *testing.T) {
	in := testClient(t, "https://x", nil).in
	for name, c := range map[string]struct {
		read reader
		data string
		want jobs.Data // where done
		bad  bool
	}{
		"status":                     {readStatus, "<status>active</status>", jobs.Data{SIMStatus: "active"}, false},
		"status, other spelling":     {readStatus, "<Status> De-Activated </Status>", jobs.Data{SIMStatus: "deactivated"}, false},
		"status, unknown":            {readStatus, "<status>Test Ready</status>", jobs.Data{SIMStatus: "Test Ready"}, false},
		"status, wrapped":            {readStatus, "<sim><x><status>closed</status></x></sim>", jobs.Data{SIMStatus: "closed"}, false},
		"no status":                  {readStatus, "", jobs.Data{}, true},
		"status empty":               {readStatus, "<status/>", jobs.Data{}, true},
		"two statuses":               {readStatus, "<status>active</status><status>closed</status>", jobs.Data{}, true},
		"a status twice":             {readStatus, "<status>active</status><status>active</status>", jobs.Data{SIMStatus: "active"}, false},
		"contract":                   {readContract, "<contract_type>1</contract_type><months_remaining> 07 </months_remaining>", jobs.Data{ContractType: "1", ContractMonths: "7"}, false},
		"contract expired":           {readContract, "<contract_type>02</contract_type><months_remaining>0</months_remaining>", jobs.Data{ContractType: "2", ContractMonths: "0"}, false},
		"contract of unknown type":   {readContract, "<contract_type>rolling</contract_type><months_remaining>3</months_remaining>", jobs.Data{ContractType: "rolling", ContractMonths: "3"}, false},
		"no contract":                {readContract, "<contract_type/><months_remaining></months_remaining>", jobs.Data{}, false},
		"no contract, one element":   {readContract, "<contract_type/>", jobs.Data{}, false},
		"nothing about a contract":   {readContract, "<status>active</status>", jobs.Data{}, true},
		"half a contract":            {readContract, "<contract_type>1</contract_type><months_remaining/>", jobs.Data{}, true},
		"months without a type":      {readContract, "<months_remaining>4</months_remaining>", jobs.Data{}, true},
		"months no whole number":     {readContract, "<contract_type>1</contract_type><months_remaining>3.5</months_remaining>", jobs.Data{}, true},
		"months that differ":         {readContract, "<contract_type>1</contract_type><months_remaining>3</months_remaining><months_remaining>0</months_remaining>", jobs.Data{}, true},
		"QR code":                    {readQRInfo, "<qr_code>LPA:1$a.b$C</qr_code><qr_status>3</qr_status>", jobs.Data{QRCode: "LPA:1$a.b$C", QRStatus: "3"}, false},
		"QR code without its prefix": {readQRInfo, "<qr_code>a.b$C</qr_code><qr_status>9</qr_status>", jobs.Data{QRCode: "a.b$C", QRStatus: "9"}, false},
		"QR status in words":         {readQRInfo, "<qr_status>lost</qr_status>", jobs.Data{QRStatus: "lost"}, false},
		"no QR code at all":          {readQRInfo, "", jobs.Data{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			a := in.judge(wire.Reply{Status: 200, Body: []byte(outcome("success", c.data))}, asked{op: &operation{read: c.read}, apiID: "7"})
			if c.bad {
				require.Equal(t, doubt, verdict{}.of(a))
				require.Nil(t, a.Data)
				require.Contains(t, a.Detail, "The answer is a success, but ")
				return
			}
			require.Equal(t, done, verdict{}.of(a), a.Detail)
			require.Equal(t, &c.want, a.Data)
		})
	}
}
