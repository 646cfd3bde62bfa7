package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger"
)

// A table has the newest runs, and those that go on, and says that there are more; what programs read has
// all of them.
func TestManyRunsInATable(t *testing.T) {
	binary, err := realBulk()
	require.NoError(t, err)
	dir := t.TempDir()
	path := filepath.Join(dir, "ledger.db")
	db, err := ledger.Open(t.Context(), path, ledger.Options{Create: true, Now: time.Now})
	require.NoError(t, err)
	for n := range 52 {
		_, err := db.Start(t.Context(), ledger.RunInfo{Kind: ledger.DryRun, Input: fmt.Sprintf("fleet%d.csv", n+1), Digest: "d", Settings: "{}", User: "ann", Host: "box"})
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
	// A process is at the oldest of them.
	at, err := ledger.Open(t.Context(), path, ledger.Options{Now: time.Now})
	require.NoError(t, err)
	release, err := at.HoldRun(t.Context(), 1)
	require.NoError(t, err)
	t.Cleanup(func() { release(); _ = at.Close() })
	list := func(flags ...string) (lines int, said string) {
		cmd := exec.Command(binary, append([]string{"runs", "--ledger", path}, flags...)...)
		cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir}
		var words strings.Builder
		cmd.Stderr = &words
		out, err := cmd.Output()
		require.NoError(t, err, words.String())
		return strings.Count(string(out), "\n"), words.String()
	}
	for _, c := range []struct {
		flags []string
		lines int
		more  bool
	}{
		{[]string{"--table"}, 52, true}, {[]string{"--table", "--all"}, 53, false}, {[]string{"--table", "--input", "fleet"}, 53, false}, {nil, 53, false},
		{[]string{"--all"}, 53, false},
	} {
		lines, said := list(c.flags...)
		require.Equal(t, c.lines, lines, c.flags)
		require.Equal(t, c.more, strings.Contains(said, "the newest 50, and those before that are not over; --all"), said)
	}
}

// What a killed run did is in the ledger: the list does not look as if it did nothing.
func TestKilledRunSaysHowFarItCame(t *testing.T) {
	require.Equal(t, "killed, at least 1,175 of 3,010", (&listedRun{State: killed, Done: 1175, Total: 3010}).inWords())
	require.Equal(t, "killed", (&listedRun{State: killed}).inWords(), "it had said nothing yet")
	require.Equal(t, "finished", (&listedRun{State: "finished", Done: 3, Total: 3}).inWords())
}
