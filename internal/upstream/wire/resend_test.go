package wire_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream/wire"
)

// failingConn breaks at its second write, after letting through some bytes.
type failingConn struct {
	net.Conn
	writes  atomic.Int32
	through int
}

func (c *failingConn) Write(p []byte) (int, error) {
	if c.writes.Add(1) == 1 {
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:c.through])
	return n, errors.New("broken pipe")
}

// What net/http does by itself with a POST on a kept connection that proves to
// be dead: another connection where not a byte was written, nothing otherwise.
// This is what makes GetBody safe for commands; see Send.
func TestSendOnADeadConnection(t *testing.T) {
	for name, c := range map[string]struct {
		through int
		ok      bool
	}{
		"not a byte written": {0, true},
		"one byte written":   {1, false},
	} {
		t.Run(name, func(t *testing.T) {
			var requests, dials atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
				requests.Add(1)
				_, _ = io.WriteString(w, "<a/>")
			}))
			defer srv.Close()
			transport := client(t, wire.Options{}).Transport.(*http.Transport).Clone()
			transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
				if err == nil && dials.Add(1) == 1 {
					conn = &failingConn{Conn: conn, through: c.through}
				}
				return conn, err
			}
			defer transport.CloseIdleConnections()
			s := &wire.Sender{Client: &http.Client{Transport: transport}}
			_, _, ok := send(t.Context(), s, post(t, srv.URL))
			require.True(t, ok)
			_, a, ok := send(t.Context(), s, post(t, srv.URL))
			require.Equal(t, c.ok, ok)
			if c.ok {
				require.EqualValues(t, 2, requests.Load())
				return
			}
			require.Equal(t, jobs.MaybeSent, a.Verdict)
			require.EqualValues(t, 1, requests.Load())
			require.EqualValues(t, 1, dials.Load())
		})
	}
}
