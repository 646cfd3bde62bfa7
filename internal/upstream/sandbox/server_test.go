package sandbox

import (
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestStartOnLoopbackOnly(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "example.com:0"} {
		_, err := New(Config{}).Start(addr)
		require.ErrorIs(t, err, ErrNotLoopback, addr)
	}
	_, err := New(Config{}).Start("127.0.0.1")
	require.ErrorContains(t, err, "missing port")
	r, err := New(Config{}).Start("localhost:0")
	require.NoError(t, err)
	defer r.Close()
	_, err = New(Config{}).Start(r.Addr())
	require.ErrorIs(t, err, syscall.EADDRINUSE)
}

func TestEnvironment(t *testing.T) {
	_, r := started(t, Config{})
	require.Equal(t, []string{
		"BULK_M2M_URL=http://" + r.Addr(),
		"BULK_M2M_USERNAME=sandbox",
		"BULK_M2M_PASSWORD=sandbox-password",
		"BULK_BETATEL_URL=http://" + r.Addr() + "/api/v1/esim",
		"BULK_BETATEL_API_KEY=sandbox-api-key",
		"BULK_BETATEL_USER_ID=sandbox-user",
	}, r.Environment())
	require.True(t, strings.HasPrefix(r.Addr(), "127.0.0.1:"))
}

func TestPauseAndResume(t *testing.T) {
	s, r := started(t, Config{})
	command := body(setAAGroup, ready, "<group>L100</group>")
	require.NoError(t, send(m2mRequestTo(t.Context(), r.M2MURL(), command)).err)
	r.Pause()
	r.Pause()
	_, err := net.Dial("tcp", r.Addr())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.NoError(t, r.Resume())
	require.NoError(t, r.Resume())
	plainClient.CloseIdleConnections() // as a client that has seen them break would
	require.NoError(t, send(m2mRequestTo(t.Context(), r.M2MURL(), command)).err)
	require.Equal(t, []string{ready}, s.Stats().CommandedTwice, "what was done stays")
	r.Close()
	r.Close()
	require.NoError(t, r.Resume())
	_, err = net.Dial("tcp", r.Addr())
	require.ErrorIs(t, err, syscall.ECONNREFUSED, "closed is closed")
}
