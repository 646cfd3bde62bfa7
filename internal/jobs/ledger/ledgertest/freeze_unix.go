//go:build unix

package ledgertest

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Freeze stops the child where it is.
func (c *Process) Freeze(t *testing.T) {
	t.Helper()
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGSTOP))
}

// Thaw lets it go on.
func (c *Process) Thaw(t *testing.T) {
	t.Helper()
	require.NoError(t, c.cmd.Process.Signal(syscall.SIGCONT))
}
