package notify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// hook answers as it is told to, the last answer for ever.
type hook struct {
	answers []answer
	asked   []time.Duration // since the beginning
	bodies  []string
	begun   time.Time
}

type answer struct {
	status int
	after  string // Retry-After
	body   string
	err    error
	hangs  bool
}

func (h *hook) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	h.asked, h.bodies = append(h.asked, time.Since(h.begun)), append(h.bodies, string(body))
	a := h.answers[min(len(h.asked), len(h.answers))-1]
	if a.hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	header := http.Header{}
	if a.after != "" {
		header.Set("Retry-After", a.after)
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

func TestPost(t *testing.T) {
	const address = "https://hooks.example.com/services/T0/SECRET?sig=SECRET"
	refused := errors.New("dial tcp 192.0.2.1:443: connection refused")
	for _, c := range []struct {
		name    string
		answers []answer
		asked   int
		least   time.Duration // that it takes
		most    time.Duration
		want    string // the error; empty: none
	}{
		{"taken", []answer{{status: 200, body: "ok"}}, 1, 0, 0, ""},
		{"taken without a word", []answer{{status: 204}}, 1, 0, 0, ""},
		{"taken at last", []answer{{status: 503}, {err: refused}, {status: 200}}, 3, 500 * time.Millisecond, 5 * time.Second, ""},
		{"never reached", []answer{{err: refused}}, 4, time.Second, 10 * time.Second, "dial tcp 192.0.2.1:443: connection refused"},
		{"always broken", []answer{{status: 500, body: "<html>"}}, 4, time.Second, 10 * time.Second, "it answered 500 Internal Server Error"},
		{"refused for good", []answer{{status: 404, body: "no_service"}}, 1, 0, 0, "it answered 404 Not Found: no_service"},
		{"an answer that quotes the address", []answer{{status: 404, body: "/services/T0/SECRET was not found"}}, 1, 0, 0, "it answered 404 Not Found"},
		{"sent elsewhere", []answer{{status: 302}}, 1, 0, 0, "it answered 302 Found: redirects are not followed"},
		{"told to wait", []answer{{status: 429, after: "7"}, {status: 200}}, 2, 7 * time.Second, 7 * time.Second, ""},
		{"told to wait too long", []answer{{status: 429, after: "29"}, {status: 429, after: "29"}}, 2, 29 * time.Second, 30 * time.Second, "it answered 429 Too Many Requests"},
		{"told to wait for hours", []answer{{status: 429, after: "7200"}}, 4, time.Second, 10 * time.Second, "it answered 429 Too Many Requests"},
		{"silent", []answer{{hangs: true}}, 3, 29 * time.Second, 30 * time.Second, "no answer came in time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hook{answers: c.answers, begun: time.Now()}
				to, err := ParseTarget(address)
				require.NoError(t, err)
				err = Post(context.Background(), &http.Client{Transport: h}, to, []byte(`{"text":"done"}`))
				if c.want == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, "notifying https://hooks.example.com/***: "+c.want)
					require.NotContains(t, err.Error(), "SECRET")
				}
				require.Len(t, h.asked, c.asked)
				require.Equal(t, `{"text":"done"}`, h.bodies[c.asked-1], "the whole message each time")
				took := time.Since(h.begun)
				require.GreaterOrEqual(t, took, c.least)
				require.LessOrEqual(t, took, c.most)
			})
		})
	}
}

func TestPostOverHTTP(t *testing.T) {
	var kind, body string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		kind, body = r.Header.Get("Content-Type"), string(text)
	}))
	defer server.Close()
	to, err := ParseTarget(server.URL + "/hook")
	require.NoError(t, err)
	require.NoError(t, Post(context.Background(), server.Client(), to, []byte("{}")))
	require.Equal(t, "application/json", kind)
	require.Equal(t, "{}", body)
}
