package wire_test

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream/wire"
)

func TestCAFile(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "HTTP/1.1", r.Proto)
		_, _ = io.WriteString(w, "<a/>")
	}))
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	require.NoError(t, os.WriteFile(file, block, 0o600))

	s := sender(t)
	s.Client = client(t, wire.Options{CAFile: file, Connections: 1024})
	_, _, ok := send(t.Context(), s, post(t, srv.URL))
	require.True(t, ok)

	require.NoError(t, os.WriteFile(file, []byte("nothing"), 0o600))
	_, err := wire.NewClient(wire.Options{CAFile: file})
	require.ErrorContains(t, err, "no PEM certificate")
	_, err = wire.NewClient(wire.Options{CAFile: file + ".no"})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestHTTP1Alone: the loss of one HTTP/2 connection would leave many commands in
// doubt, so it is not spoken even to who offers it.
func TestHTTP1Alone(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600))
	s := sender(t)
	s.Client = client(t, wire.Options{CAFile: file})
	reply, a, ok := send(t.Context(), s, post(t, srv.URL))
	require.True(t, ok, a.Detail)
	require.Equal(t, "HTTP/1.1", string(reply.Body))
}

// TestIdleConnectionsAreClosedInTime: before the most hasty of common servers
// does, lest a command be written just as it closes.
func TestIdleConnectionsAreClosedInTime(t *testing.T) {
	const hasty = 5 * time.Second // Apache's KeepAliveTimeout
	transport := client(t, wire.Options{}).Transport.(*http.Transport)
	require.Less(t, transport.IdleConnTimeout, hasty-500*time.Millisecond)
	require.Positive(t, transport.IdleConnTimeout)
	require.False(t, transport.DisableKeepAlives)
}

func TestOldTLSIsRefused(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	_, a, ok := send(t.Context(), sender(t), post(t, srv.URL))
	require.False(t, ok)
	require.Equal(t, jobs.SurelyNotSent, a.Verdict)
	require.Contains(t, a.Detail, "protocol version")
}
