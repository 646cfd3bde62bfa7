package m2m

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

// Whatever comes, a command counts as done only by an answer that says so, and
// may be sent again only by one that speaks of throttling.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		outcome("success", ""), outcome("success", "<status>active</status>"), failure("invalid iccid"), failure("rate limit exceeded"),
		outcome("accepted", "<error>too many requests</error>"), `<r api_id="8"><api_outcome>success</api_outcome></r>`,
		`<r><outcome>success</outcome><contract_type>1</contract_type><months_remaining>3</months_remaining></r>`,
		outcome("success", "<qr_code>LPA:1$a.b$C</qr_code><qr_status>2</qr_status>"),
		"<?xml version='1.0' encoding='ISO-8859-1'?><r><api_outcome>error</api_outcome><error>f\xfcr</error></r>",
		utf16le(outcome("success", "")), "<html><title>502</title><hr></html>", "", "<r", "hunter&22<\"",
	} {
		f.Add(200, "", []byte(body))
		f.Add(503, "5", []byte(body))
	}
	in := testClient(f, "https://x", nil).in
	f.Fuzz(func(t *testing.T, status int, retryAfter string, body []byte) {
		reply := wire.Reply{Status: status, Header: http.Header{"Retry-After": {retryAfter}}, Body: body}
		for _, op := range []*operation{&setAAGroup, &queryStatus, &queryContract, &queryQRInfo} {
			a := answered(t, in, reply, asked{op: op, apiID: "7", iccid: sim})
			ans, err := parse(body, "")
			switch a.Verdict {
			case jobs.Done:
				require.NoError(t, err)
				require.Equal(t, foldSuccess, ans.said().text)
				require.True(t, !ans.apiID.said || ans.apiID.text == "7")
				require.Empty(t, a.Code)
			case jobs.SurelyNotSent:
				require.Equal(t, jobs.Throttled, a.Code)
				require.True(t, status == 429 || status == 503 || err == nil)
				if err == nil {
					require.NotEqual(t, foldSuccess, ans.said().text)
				}
			default:
				require.NotEmpty(t, a.Code)
				require.NotEmpty(t, a.Detail)
				require.Nil(t, a.Data)
			}
			shown := fmt.Sprint(a.Detail, a.UpstreamError)
			require.NotContains(t, shown, password)
			require.False(t, strings.ContainsAny(shown, "\n\r\x00"))
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answered takes a reply the whole way that answers take.
func answered(t testing.TB, in *inner, reply wire.Reply, q asked) upstream.Attempt {
	sender := in.account.Load().reads
	sender.Client = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		body := io.NopCloser(bytes.NewReader(reply.Body))
		return &http.Response{StatusCode: reply.Status, Header: reply.Header, ContentLength: -1, Body: body}, nil
	})}
	request := in.account.Load().letterhead.request(q.op, q.apiID, q.iccid, "L1")
	return sender.Do(t.Context(), request, maxAnswer, func(r wire.Reply) upstream.Attempt { return in.judge(r, q) })
}

func benchmarkJudge(b *testing.B, body string, op *operation) {
	in := testClient(b, "https://x", nil).in
	reply := wire.Reply{Status: 200, Body: []byte(body)}
	b.ReportAllocs()
	for b.Loop() {
		in.judge(reply, asked{op: op, apiID: "7", iccid: sim})
	}
}

func BenchmarkParseStatus(b *testing.B) {
	benchmarkJudge(b, outcome("success", "<status>active</status>"), &queryStatus)
}

func BenchmarkParseContract(b *testing.B) {
	benchmarkJudge(b, outcome("success", "<contract_type>1</contract_type><months_remaining>3</months_remaining>"), &queryContract)
}

func BenchmarkParseFailure(b *testing.B) { benchmarkJudge(b, failure("invalid iccid"), &queryStatus) }
