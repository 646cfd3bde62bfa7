package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/dicetest"
	"bulk/internal/jobs/ledger/postgres/pgtest"
	"bulk/internal/upstream/sandbox"
)

// The real binary, on a ledger in a database, is killed again and again: with the
// same result, but for times and doubts, as one that was never killed and has its
// ledger in a file.
func TestKilledAgainAndAgainOnASharedLedger(t *testing.T) {
	server := pgtest.Shared(t)
	dice := dicetest.For(t)
	wanted, most := 3, 5
	if long() {
		wanted, most = 100, 20
	}
	kills := 0
	for n := 0; kills < wanted && !t.Failed(); n++ {
		t.Run(fmt.Sprint("campaign ", n), func(t *testing.T) { kills += campaign(t, dice, most, server) })
	}
	t.Logf("%d kills in all", kills)
}

// The server is killed again and again under a run, which waits for it and comes to
// its end as if nothing had been: no command twice, no row in doubt, none lost.
func TestServerKilledUnderARun(t *testing.T) {
	pgtest.Shared(t)
	server, err := pgtest.Start()
	require.NoError(t, err)
	defer server.Stop()
	dice := dicetest.For(t)
	crashes := 3
	if long() {
		crashes = 20
	}
	rows := make([]benchRow, 400*crashes)
	for i := range rows {
		rows[i] = benchRow{iccid: card(i), action: "set_aa_group", group: "L100"}
	}
	b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: time.Millisecond, Max: 20 * time.Millisecond}, Seed: dice.Uint64()}, rows).shared(server)
	cmd := b.run("--workers", "8", "--max-outage", "60s")
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for n := range crashes {
		enough := func() bool { return b.box.Stats().CommandsDone > n*len(rows)/crashes+20 }
		require.Eventually(t, enough, scriptPatience, time.Millisecond)
		time.Sleep(time.Duration(dice.Int64N(int64(50 * time.Millisecond))))
		if n%2 == 0 {
			server.Halt() // SIGQUIT
		} else {
			require.NoError(t, server.Kill())
		}
		time.Sleep(time.Duration(dice.Int64N(int64(500 * time.Millisecond))))
		require.NoError(t, server.Run())
	}
	select {
	case err = <-ended:
	case <-time.After(2 * time.Minute):
		_ = cmd.Process.Kill()
		t.Fatal("the run did not end: " + said.String())
	}
	require.NoError(t, err, said.String())
	outcomes := b.holds(func(string) bool { return false })
	require.Equal(t, len(rows), outcomes["ok"], said.String())
	b.onceMore()
}

// Two machines start the same file by one ledger at the same moment, again and
// again, and are killed at random: no SIM is sent a command twice.
func TestTwoMachinesAtOnce(t *testing.T) {
	server := pgtest.Shared(t)
	dice := dicetest.For(t)
	rounds := 6
	if long() {
		rounds = 40
	}
	rows := make([]benchRow, 120*rounds)
	for i := range rows {
		rows[i] = benchRow{iccid: card(i), action: "set_aa_group", group: "L100", fault: map[bool]string{true: "set_aa_group:429=1"}[i%6 == 0]}
	}
	b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: time.Millisecond, Max: 20 * time.Millisecond}, Seed: dice.Uint64()}, rows).shared(server)
	// On a slow machine both may be killed before they begin: then they live longer.
	longest := 600 * time.Millisecond
	for n := 0; n < rounds || b.box.Stats().CommandsDone <= rounds && n < 20*rounds; n++ {
		var ends []chan struct{}
		for machine := range 2 {
			cmd := b.run("--workers", "4", "--max-in-doubt", "0", "--max-failures", "none", "--wait", "300ms", "-o", b.path(fmt.Sprintf("machine-%d.csv", machine)))
			cmd.Env = append(cmd.Env, fmt.Sprintf("XDG_STATE_HOME=%s", b.path(fmt.Sprintf("state-%d", machine))))
			require.NoError(t, cmd.Start())
			timer := time.AfterFunc(time.Duration(dice.Int64N(int64(longest))), func() { _ = cmd.Process.Kill() })
			end := make(chan struct{})
			ends = append(ends, end)
			go func() { _ = cmd.Wait(); timer.Stop(); close(end) }()
		}
		for _, end := range ends {
			<-end
		}
		require.Empty(t, b.box.Stats().CommandedTwice)
		if b.box.Stats().CommandsDone <= n {
			longest += longest / 4
		}
	}
	require.Greater(t, b.box.Stats().CommandsDone, rounds)
	code, said := b.finish(b.run("--workers", "8", "--max-in-doubt", "0", "--max-failures", "none", "--wait", "30s"))
	require.Contains(t, []int{0, 3, 5}, code, said)
	require.Empty(t, b.box.Stats().CommandedTwice)
}
