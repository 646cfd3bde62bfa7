package wire_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream"
	"bulk/internal/upstream/wire"
)

const limit = 1000

func client(t *testing.T, o wire.Options) *http.Client {
	t.Helper()
	c, err := wire.NewClient(o)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func post(t *testing.T, address string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader("<x>hunter22</x>"))
	require.NoError(t, err)
	return req
}

func sender(t *testing.T) *wire.Sender {
	return &wire.Sender{Client: client(t, wire.Options{}), Mask: wire.Hiding("hunter22"), Now: func() time.Time { return now }}
}

// send makes an attempt, and reports whether a whole answer came.
func send(ctx context.Context, s *wire.Sender, req *http.Request) (reply wire.Reply, a upstream.Attempt, ok bool) {
	a = s.Do(ctx, req, limit, func(r wire.Reply) upstream.Attempt {
		reply, ok = r, true
		return upstream.Attempt{}
	})
	return reply, a, ok
}

// raw serves every connection with one function, below HTTP. It reads the
// request's head first.
func raw(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					serve(conn)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func say(text string) func(net.Conn) {
	return func(c net.Conn) { _, _ = io.WriteString(c, text) }
}

func TestSendReadsAWholeAnswer(t *testing.T) {
	for name, body := range map[string]string{"empty": "", "short": "<a/>", "just the limit": strings.Repeat("x", limit)} {
		for _, chunked := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					require.Equal(t, "HTTP/1.1", r.Proto)
					require.Empty(t, r.Header.Get("Accept-Encoding"))
					w.WriteHeader(418)
					if chunked {
						w.(http.Flusher).Flush()
					}
					_, _ = io.WriteString(w, body)
				}))
				defer srv.Close()
				reply, _, ok := send(t.Context(), sender(t), post(t, srv.URL))
				require.True(t, ok)
				require.Equal(t, 418, reply.Status)
				require.Equal(t, body, string(reply.Body))
			})
		}
	}
}

func TestSendKeepsConnectionsAlive(t *testing.T) {
	var connections atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "<a/>")
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	s := sender(t)
	for range 20 {
		_, _, ok := send(t.Context(), s, post(t, srv.URL))
		require.True(t, ok)
	}
	require.EqualValues(t, 1, connections.Load())
}

func TestSendGoesWrong(t *testing.T) {
	type want struct {
		verdict jobs.Verdict
		code    jobs.Code
		trouble upstream.Trouble
		status  int
	}
	lost := want{jobs.MaybeSent, jobs.Connection, upstream.Down, 0}
	cut := want{jobs.MaybeSent, jobs.Connection, upstream.Down, 200}
	for name, c := range map[string]struct {
		serve func(net.Conn)
		want
	}{
		"closed without a word":              {func(net.Conn) {}, lost},
		"reset after the request":            {func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }, lost},
		"no HTTP, and it echoes a secret":    {say("hunter22 hunter22\r\n\r\n"), lost},
		"closed inside the head":             {say("HTTP/1.1 200 OK\r\nContent-Le"), lost},
		"head too large":                     {say("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 300<<10) + "\r\n\r\n"), lost},
		"body cut short (length)":            {say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), cut},
		"body cut short (length, no bytes)":  {say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"), cut},
		"body cut short (chunks)":            {say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"), cut},
		"a 401 cut short still ends the run": {say("HTTP/1.1 401 No\r\nContent-Length: 10\r\n\r\n12345"), want{jobs.MaybeSent, jobs.Connection, upstream.BadCredentials, 401}},
		"too large (length)":                 {say("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"), want{jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, 200}},
		"too large (no length)":              {say("HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 1001)), want{jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, 200}},
		"another protocol":                   {say("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"), want{jobs.MaybeSent, jobs.BadResponse, upstream.NoTrouble, 101}},
	} {
		t.Run(name, func(t *testing.T) {
			_, a, ok := send(t.Context(), sender(t), post(t, raw(t, c.serve)))
			require.False(t, ok)
			require.Equal(t, c.want, want{a.Verdict, a.Code, a.Trouble, a.HTTPStatus})
			require.NotContains(t, a.Detail, "hunter22")
			require.NotEmpty(t, a.Detail)
		})
	}
}

func TestSendWithoutAConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	refused := "http://" + l.Addr().String()
	require.NoError(t, l.Close())
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	proxy := func(address string) func(*http.Request) (*url.URL, error) {
		u, err := url.Parse(address)
		return func(*http.Request) (*url.URL, error) { return u, err }
	}
	for name, c := range map[string]struct {
		url       string
		options   wire.Options
		incurable bool
	}{
		"refused":                       {url: refused},
		"a certificate nobody trusts":   {url: untrusted.URL, incurable: true},
		"plain HTTP where TLS is asked": {url: strings.Replace(plain.URL, "http:", "https:", 1), incurable: true},
		"a proxy that is not there":     {url: "https://127.0.0.1:1", options: wire.Options{Proxy: proxy("http://u:hunter22@" + refused[7:])}},
		"a proxy that says no":          {url: "https://127.0.0.1:1", options: wire.Options{Proxy: proxy(plain.URL)}, incurable: true},
		"a proxy that wants a password": {url: "https://127.0.0.1:1", options: wire.Options{Proxy: proxy(answering(t, 407))}, incurable: true},
		"a proxy that forbids it":       {url: "https://127.0.0.1:1", options: wire.Options{Proxy: proxy(answering(t, 403))}, incurable: true},
		"a proxy that cannot reach it":  {url: "https://127.0.0.1:1", options: wire.Options{Proxy: proxy(answering(t, 502))}},
		"a proxy that is busy":          {url: "https://127.0.0.1:1", options: wire.Options{Proxy: proxy(answering(t, 429))}},
		"a proxy that cannot be read":   {url: "https://127.0.0.1:1", options: wire.Options{Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("http://u:pw77@") }}},
	} {
		t.Run(name, func(t *testing.T) {
			s := sender(t)
			s.Client = client(t, c.options)
			_, a, ok := send(t.Context(), s, post(t, c.url))
			require.False(t, ok)
			require.Equal(t, jobs.SurelyNotSent, a.Verdict, a.Detail)
			require.Equal(t, jobs.Connection, a.Code)
			require.Equal(t, upstream.Down, a.Trouble)
			require.Contains(t, a.Detail, "No connection could be made: ")
			require.Equal(t, c.incurable, a.Incurable, a.Detail)
			require.Equal(t, name == "a certificate nobody trusts", strings.Contains(a.Detail, "BULK_CA_FILE"), a.Detail)
			require.NotContains(t, a.Detail, "hunter22")
			require.NotContains(t, a.Detail, "pw77")
		})
	}
}

// answering is a server that answers everything with one status.
func answering(t *testing.T, status int) (address string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(srv.Close)
	return srv.URL
}

// TestANameThatDoesNotExist is what waiting does not cure; a resolver that does
// not answer may.
func TestANameThatDoesNotExist(t *testing.T) {
	for _, found := range []bool{true, false} {
		transport := client(t, wire.Options{}).Transport.(*http.Transport).Clone()
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "host.invalid", IsNotFound: !found, IsTimeout: found}}
		}
		s := sender(t)
		s.Client = &http.Client{Transport: transport}
		_, a, ok := send(t.Context(), s, post(t, "https://host.invalid"))
		require.False(t, ok)
		require.Equal(t, !found, a.Incurable)
		require.Equal(t, jobs.SurelyNotSent, a.Verdict)
	}
}

// TestACertificateOfAnotherHost is as wrong tomorrow.
func TestACertificateOfAnotherHost(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer srv.Close()
	transport := srv.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig.ServerName = "other.example.net"
	s := sender(t)
	s.Client = &http.Client{Transport: transport}
	_, a, ok := send(t.Context(), s, post(t, srv.URL))
	require.False(t, ok)
	require.True(t, a.Incurable, a.Detail)
}

func TestSendFollowsNoRedirect(t *testing.T) {
	var followed atomic.Bool
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			followed.Store(true)
		}
		w.Header().Set("Location", r.Header.Get("To"))
		w.WriteHeader(307)
	}))
	defer srv.Close()
	for _, to := range []string{"/elsewhere", "", "http://[broken"} {
		req := post(t, srv.URL)
		req.Header.Set("To", to)
		reply, _, ok := send(t.Context(), sender(t), req)
		require.True(t, ok, to)
		require.Equal(t, 307, reply.Status)
	}
	require.False(t, followed.Load())
}

// A POST that was written to a kept connection which the server then closes is
// in doubt, and is not sent a second time behind our back.
func TestSendNeverRepeatsAPost(t *testing.T) {
	var requests atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		if requests.Add(1) == 1 {
			_, _ = io.WriteString(w, "<a/>") // keeps the connection
			return
		}
		panic(http.ErrAbortHandler) // closes it without a word
	}))
	defer srv.Close()
	s := sender(t)
	_, _, ok := send(t.Context(), s, post(t, srv.URL))
	require.True(t, ok)
	_, a, ok := send(t.Context(), s, post(t, srv.URL))
	require.False(t, ok)
	require.Equal(t, jobs.MaybeSent, a.Verdict)
	require.Equal(t, jobs.Connection, a.Code)
	require.EqualValues(t, 2, requests.Load())
}
