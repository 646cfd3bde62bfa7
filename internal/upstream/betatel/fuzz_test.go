package betatel

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

const flat = `{"iccid":"8944500000000000001","imsi":"234150000000001","state":"ENABLED","last_operation_date":1767225600,` +
	`"activation_code":"LPA:1$a.b$C","eid":"89049032000000000000000000000001","reuse_remaining_count":3,"reuse_enabled":true,` +
	`"profile_reuse_policy":{"reuse_type":"LIMITED","max_count":5},"release_date":1767225600000,"cc_required":false,"cc_retries":10}`

// Whatever comes, a profile is done only inside a 2xx, with a state and for no
// other SIM; it is read the same way twice; and nothing secret is shown.
func FuzzProfile(f *testing.F) {
	for _, body := range []string{
		flat, `{"profile":` + flat + `}`, `{"data":{"profile":{"state":1}}}`, `{"message":"x","statusCode":404}`,
		`{"message":["a",{"b":1}],"error":{"message":"c"}}`, `{"state":"A","imsi":1e999999999,"release_date":"1e400"}`,
		`{"state":"A","State":"B","s_tate":"C"}`, `null`, `[]`, `{"state":"ENABLED"`, `<html>`, key,
	} {
		f.Add(200, []byte(body))
		f.Add(500, []byte(body))
	}
	in := testClient(f, "https://x").in
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		reply := wire.Reply{Status: status, Header: http.Header{}, Body: body}
		a := answered(t, in, reply, func(r wire.Reply) upstream.Attempt { return judgeProfile(r, sim) })
		require.Equal(t, judgeProfile(reply, sim), judgeProfile(reply, sim))
		if a.Verdict == jobs.Done {
			require.True(t, success(status))
			require.NotEmpty(t, a.Data.ProfileState)
			for _, c := range jobs.GetEUICCProfile.Columns() {
				require.True(t, utf8.ValidString(a.Data.Get(c)))
			}
			code := a.Data.ActivationCode
			require.True(t, code == "" || strings.EqualFold(code[:4], "LPA:"))
		} else {
			require.NotEmpty(t, a.Code)
			require.NotEmpty(t, a.Detail)
			require.Nil(t, a.Data)
		}
		require.NotContains(t, a.Detail+a.UpstreamError, key)
		require.NotContains(t, a.Detail+a.UpstreamError, "LPA:1$")
		judgePicture(reply)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answered takes a reply the whole way that answers take.
func answered(t testing.TB, in *inner, reply wire.Reply, judge func(wire.Reply) upstream.Attempt) upstream.Attempt {
	sender := in.account.Load().sender
	sender.Client = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		body := io.NopCloser(bytes.NewReader(reply.Body))
		return &http.Response{StatusCode: reply.Status, Header: reply.Header, ContentLength: -1, Body: body}, nil
	})}
	return sender.Do(t.Context(), in.get(in.account.Load().profile, ""), maxPicture, judge)
}

func BenchmarkParseProfile(b *testing.B) {
	reply := wire.Reply{Status: 200, Body: []byte(flat)}
	b.ReportAllocs()
	for b.Loop() {
		judgeProfile(reply, sim)
	}
}

func BenchmarkCheckPicture(b *testing.B) {
	body := picture(b, 300)
	b.ReportAllocs()
	for b.Loop() {
		_ = checkPicture(body)
	}
}
