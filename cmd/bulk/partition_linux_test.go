package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger/postgres/pgtest"
	"bulk/internal/upstream/sandbox"
)

// ownNetwork tells the test that it runs in a network of its own.
const ownNetwork = "BULK_TEST_OWN_NETWORK"

// The machine of a run is cut off from the database, while its upstream can still be
// reached. Another machine gets the account once the server has given the first one up,
// goes on with the same run and ends it. Then the cut heals: the first sends no command
// any more, and writes nothing over what the other did.
func TestPartition(t *testing.T) {
	t.Parallel() // most of it is waiting
	if os.Getenv(ownNetwork) == "" {
		pgtest.Shared(t) // or the test is left out
		if out, err := exec.Command("unshare", "-n", "ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
			t.Skipf("a network of its own cannot be made (it takes root, and ip of iproute2): %v: %s", err, out)
		}
		cmd := exec.Command("unshare", "-n", os.Args[0], "-test.run", "^TestPartition$", "-test.v", "-test.timeout", "10m")
		cmd.Env = append(os.Environ(), ownNetwork+"=1", "BULK_TEST_POSTGRES=")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		return
	}
	route := func(args ...string) {
		out, err := exec.Command("ip", args...).CombinedOutput()
		require.NoError(t, err, string(out))
	}
	route("link", "set", "lo", "up")
	server, err := pgtest.Start("listen_addresses = '127.0.0.1,127.0.0.2'")
	require.NoError(t, err)
	defer server.Stop()
	rows := make([]benchRow, 300)
	for i := range rows {
		rows[i] = benchRow{iccid: card(i), action: "set_aa_group", group: "L100"}
	}
	b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: 20 * time.Millisecond, Max: 100 * time.Millisecond}}, rows).shared(server)
	here := b.ledger
	var said saying
	b.ledger = strings.Replace(here, "127.0.0.1", "127.0.0.2", 1)
	first := b.run("--rate", "m2m=20", "--max-outage", "5m", "-o", b.path("first.csv"))
	first.Env = append(first.Env, "XDG_STATE_HOME="+b.path("first"))
	first.Stdout, first.Stderr = &said, &said
	require.NoError(t, first.Start())
	t.Cleanup(func() { _ = first.Process.Kill() })
	require.Eventually(t, func() bool { return b.box.Stats().CommandsDone >= 40 }, time.Minute, time.Millisecond, "%s", &said)
	route("route", "add", "blackhole", "127.0.0.2/32", "table", "local")

	// What had its intent may leave; nothing else does.
	time.Sleep(2 * time.Second)
	quiet := b.box.Stats().CommandsDone
	require.Never(t, func() bool { return b.box.Stats().CommandsDone != quiet }, 3*time.Second, 50*time.Millisecond)

	b.ledger = here
	second := b.run("--rate", "m2m=100", "--wait", "2m")
	second.Env = append(second.Env, "XDG_STATE_HOME="+b.path("second"))
	code, text := b.finish(second)
	require.Contains(t, []int{0, 5}, code, text)
	outcomes := b.holds(func(string) bool { return true })
	require.Less(t, outcomes["unknown"], 20)
	require.GreaterOrEqual(t, outcomes["ok"], len(rows)-20)

	sent := b.box.Stats().CommandsDone
	route("route", "del", "blackhole", "127.0.0.2/32", "table", "local")
	require.Error(t, first.Wait(), said.String())
	require.Contains(t, []int{1, 5}, first.ProcessState.ExitCode(), said.String())
	require.Contains(t, said.String(), "another process has gone on with this run meanwhile")
	require.NoFileExists(t, b.path("first.csv"))
	require.Equal(t, sent, b.box.Stats().CommandsDone)
	b.holds(func(string) bool { return true })
	b.onceMore()
}
