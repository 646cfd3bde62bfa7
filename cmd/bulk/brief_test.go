package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// A command that ends at once collects no garbage; where GOGC says so it does.
func TestBriefCommands(t *testing.T) {
	binary, err := realBulk()
	require.NoError(t, err)
	collects := func(env ...string) string {
		cmd := exec.Command(binary, "version")
		cmd.Env = append(append(os.Environ(), "GODEBUG=gctrace=1"), env...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	require.NotContains(t, collects(), "gc 1 @")
	require.Contains(t, collects("GOGC=100"), "gc 1 @")
}
