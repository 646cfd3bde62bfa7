package wire_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

func TestSendTimesOut(t *testing.T) {
	quiet := make(chan struct{})
	defer close(quiet)
	for name, c := range map[string]struct {
		said   string
		status int
	}{
		"before the head":  {"", 0},
		"inside the body":  {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123", 200},
		"inside the trail": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n", 200},
	} {
		t.Run(name, func(t *testing.T) {
			s := sender(t)
			s.Timeout = 200 * time.Millisecond
			address := raw(t, func(conn net.Conn) { say(c.said)(conn); <-quiet })
			_, a, ok := send(t.Context(), s, post(t, address))
			require.False(t, ok)
			require.Equal(t, jobs.MaybeSent, a.Verdict)
			require.Equal(t, jobs.Timeout, a.Code)
			require.Equal(t, upstream.Down, a.Trouble)
			require.Equal(t, c.status, a.HTTPStatus)
			require.Contains(t, a.Detail, "within 200ms")
		})
	}
}

// A dial or a handshake that never ends is no request.
func TestSendTimesOutInTheHandshake(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never says a word
	require.NoError(t, err)
	defer l.Close()
	s := sender(t)
	s.Timeout = 200 * time.Millisecond
	_, a, ok := send(t.Context(), s, post(t, "https://"+l.Addr().String()))
	require.False(t, ok)
	require.Equal(t, jobs.SurelyNotSent, a.Verdict)
	require.Equal(t, jobs.Connection, a.Code)
}

func TestSendInterrupted(t *testing.T) {
	quiet := make(chan struct{})
	defer close(quiet)
	t.Run("before a connection", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, a, ok := send(ctx, sender(t), post(t, raw(t, say("x"))))
		require.False(t, ok)
		require.Equal(t, jobs.SurelyNotSent, a.Verdict)
		require.Equal(t, jobs.Interrupted, a.Code)
		require.Equal(t, upstream.NoTrouble, a.Trouble)
	})
	t.Run("waiting for the answer", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, a, ok := send(ctx, sender(t), post(t, raw(t, func(net.Conn) { cancel(); <-quiet })))
		require.False(t, ok)
		require.Equal(t, jobs.MaybeSent, a.Verdict)
		require.Equal(t, jobs.Interrupted, a.Code)
		require.Equal(t, upstream.NoTrouble, a.Trouble)
	})
	t.Run("by a deadline of the run", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, a, ok := send(ctx, sender(t), post(t, raw(t, func(net.Conn) { <-quiet })))
		require.False(t, ok)
		require.Equal(t, jobs.Interrupted, a.Code)
	})
	t.Run("reading the body", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		transport := roundTrip(func(*http.Request) (*http.Response, error) {
			body := readFunc(func([]byte) (int, error) { cancel(); return 0, context.Canceled })
			return &http.Response{StatusCode: 200, ContentLength: -1, Body: io.NopCloser(body)}, nil
		})
		s := &wire.Sender{Client: &http.Client{Transport: transport}}
		_, a, ok := send(ctx, s, post(t, "http://127.0.0.1"))
		require.False(t, ok)
		require.Equal(t, jobs.MaybeSent, a.Verdict)
		require.Equal(t, jobs.Interrupted, a.Code)
		require.Equal(t, 200, a.HTTPStatus)
	})
}

type (
	roundTrip func(*http.Request) (*http.Response, error)
	readFunc  func([]byte) (int, error)
)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
func (f readFunc) Read(p []byte) (int, error)                         { return f(p) }
