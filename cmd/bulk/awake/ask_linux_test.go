package awake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestTheCommandThatHoldsTheLock: it lives until it is released, sees nothing of
// our environment, and a system without it is no trouble.
func TestTheCommandThatHoldsTheLock(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("BULK_M2M_PASSWORD", "hunter22")
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	said := filepath.Join(dir, "said")
	script := "#!/bin/sh\n{ echo \"$@\"; env; } > " + said + ".new; mv " + said + ".new " + said + "; cat; echo over >> " + said + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "systemd-inhibit"), []byte(script), 0o755))

	release := ask("run 7 of fleet.csv")
	require.NotNil(t, release)
	require.Eventually(t, func() bool { _, err := os.Stat(said); return err == nil }, 20*time.Second, time.Millisecond)
	text, err := os.ReadFile(said)
	require.NoError(t, err)
	require.Equal(t, "--what=sleep:idle --who=bulk --why=run 7 of fleet.csv --mode=block cat", strings.Split(string(text), "\n")[0])
	require.NotContains(t, string(text), "hunter22")
	require.NotContains(t, string(text), "over")
	release()

	t.Setenv("PATH", t.TempDir())
	require.Nil(t, ask("no such system"))
}
