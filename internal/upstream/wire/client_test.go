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
