package postgres

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// Only what leaves this machine must be encrypted.
func TestLocal(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "127.0.0.2", "::1"} {
		require.True(t, local(&net.TCPAddr{IP: net.ParseIP(ip), Port: 5432}), ip)
	}
	require.True(t, local(&net.UnixAddr{Name: "/run/postgresql/.s.PGSQL.5432", Net: "unix"}))
	for _, ip := range []string{"10.0.0.7", "192.0.2.1", "2001:db8::1", "0.0.0.0"} {
		require.False(t, local(&net.TCPAddr{IP: net.ParseIP(ip), Port: 5432}), ip)
	}
}
