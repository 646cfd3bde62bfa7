package wire_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
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

// dropping serves HTTP below HTTP: of the requests on a connection every second
// is read and never answered; the connection is dropped in its place. It counts
// the requests, and keeps the head of the first.
func dropping(t *testing.T) (address string, requests *atomic.Int32, head *atomic.Pointer[http.Request]) {
	t.Helper()
	requests, head = new(atomic.Int32), new(atomic.Pointer[http.Request])
	answered := map[net.Conn]bool{}
	var mu sync.Mutex
	address = rawRequests(t, func(conn net.Conn, r *http.Request) bool {
		requests.Add(1)
		head.CompareAndSwap(nil, r)
		mu.Lock()
		defer mu.Unlock()
		if answered[conn] {
			return false
		}
		answered[conn] = true
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>")
		return true
	})
	return address, requests, head
}

// rawRequests serves requests below HTTP, one after the other on a connection,
// for as long as serve reports true.
func rawRequests(t *testing.T, serve func(net.Conn, *http.Request) bool) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	each := func(conn net.Conn) {
		defer conn.Close()
		for in := bufio.NewReader(conn); ; {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if !serve(conn, r) {
				return
			}
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go each(conn)
		}
	}()
	return "http://" + l.Addr().String()
}

// TestNothingIsRepeatedBehindOurBack: net/http by itself sends a GET again where
// a kept connection proves dead: 79 requests for 40. Whatever the method, each
// request is on the wire as often as it is sent here.
func TestNothingIsRepeatedBehindOurBack(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "", "POST", "PUT", "DELETE"} {
		for _, body := range []string{"", "<x/>"} {
			if method == "HEAD" || method == "TRACE" && body != "" {
				continue // HEAD answers have no body; TRACE takes none
			}
			t.Run(method+" "+body, func(t *testing.T) {
				address, requests, head := dropping(t)
				s := sender(t)
				answered, stale := 0, 0
				for i := range 40 {
					var reader io.Reader
					if body != "" {
						reader = strings.NewReader(body)
					}
					req, err := http.NewRequest(method, address, reader)
					require.NoError(t, err)
					req.Method = method
					req.Header.Set([]string{"Idempotency-Key", "X-Idempotency-Key", "X-Other"}[i%3], "which would allow it")
					_, a, ok := send(t.Context(), s, req)
					switch {
					case ok:
						answered++
					default:
						stale++
						require.Equal(t, upstream.Stale, a.Trouble, a.Detail)
						require.Equal(t, jobs.MaybeSent, a.Verdict)
						require.Equal(t, jobs.Connection, a.Code)
					}
				}
				require.EqualValues(t, 40, requests.Load(), "on the wire")
				require.Equal(t, 20, answered)
				require.Equal(t, 20, stale)
				if body == "" && method != "POST" && method != "PUT" {
					require.Empty(t, head.Load().TransferEncoding, "an empty body does not show")
					require.Empty(t, head.Load().Header.Get("Content-Length"))
				}
			})
		}
	}
}

// TestADeadConnectionClosesTheOthers: where one that was kept proves dead, the
// next attempt does not try its luck with another of them.
func TestADeadConnectionClosesTheOthers(t *testing.T) {
	var dead atomic.Bool
	gate := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if dead.Load() && r.Header.Get("old") != "" {
			panic(http.ErrAbortHandler)
		}
		<-gate
		_, _ = io.WriteString(w, "<a/>")
	}))
	defer srv.Close()
	var conns atomic.Int32
	transport := client(t, wire.Options{}).Transport.(*http.Transport).Clone()
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conns.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	defer transport.CloseIdleConnections()
	s := &wire.Sender{Client: &http.Client{Transport: transport}}
	done := make(chan bool)
	for range 8 {
		go func() { _, _, ok := send(t.Context(), s, post(t, srv.URL)); done <- ok }()
	}
	require.Eventually(t, func() bool { return conns.Load() == 8 }, 20*time.Second, time.Millisecond)
	close(gate)
	for range 8 {
		require.True(t, <-done)
	}
	dead.Store(true)
	req := post(t, srv.URL)
	req.Header.Set("old", "1")
	_, a, ok := send(t.Context(), s, req)
	require.False(t, ok)
	require.Equal(t, upstream.Stale, a.Trouble)
	_, _, ok = send(t.Context(), s, post(t, srv.URL))
	require.True(t, ok)
	require.EqualValues(t, 9, conns.Load(), "a new connection")
}

// TestAnAnswerCutInItsHead came from an upstream in trouble, also on a connection
// that was kept.
func TestAnAnswerCutInItsHead(t *testing.T) {
	var requests atomic.Int32
	address := rawRequests(t, func(conn net.Conn, _ *http.Request) bool {
		if requests.Add(1) == 1 {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<a/>")
			return true
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Le")
		return false
	})
	s := sender(t)
	_, _, ok := send(t.Context(), s, post(t, address))
	require.True(t, ok)
	_, a, ok := send(t.Context(), s, post(t, address))
	require.False(t, ok)
	require.Equal(t, upstream.Down, a.Trouble)
	require.Equal(t, jobs.MaybeSent, a.Verdict)
}

// TestALostAnswerOnANewConnection is no dead connection: the upstream is in
// trouble.
func TestALostAnswerOnANewConnection(t *testing.T) {
	_, a, ok := send(t.Context(), sender(t), post(t, raw(t, func(net.Conn) {})))
	require.False(t, ok)
	require.Equal(t, upstream.Down, a.Trouble)
}
