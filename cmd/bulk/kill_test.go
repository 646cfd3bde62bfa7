package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/dicetest"
	"bulk/internal/jobs/ledger/postgres/pgtest"
	"bulk/internal/upstream/sandbox"
)

const killWorkers = 8

// The real binary is killed with SIGKILL at random moments, again and again, and
// resumed until it is done.
func TestKilledAgainAndAgain(t *testing.T) {
	dice := dicetest.For(t)
	campaigns, most := 1, 6
	if long() {
		campaigns, most = 14, 30
	}
	kills := 0
	for n := range campaigns {
		t.Run(fmt.Sprint("campaign ", n), func(t *testing.T) { kills += campaign(t, dice, most, nil) })
	}
	t.Logf("%d kills in all", kills)
	require.Greater(t, kills, campaigns*most/3)
}

// campaign takes one file to its end through at most so many kills, by a ledger of
// its own: in a file, or on a server.
func campaign(t *testing.T, dice *rand.Rand, most int, server *pgtest.Server) (kills int) {
	rows := killRows(40 * most)
	b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: time.Millisecond, Max: 40 * time.Millisecond}, Seed: dice.Uint64()}, rows)
	if server != nil {
		b.shared(server)
	}
	hadReason := map[string]bool{}
	for _, r := range rows {
		if loses(r.fault) {
			hadReason[r.iccid] = true
		}
	}
	designed := len(hadReason)
	flags := []string{"--workers", fmt.Sprint(killWorkers), "--timeout", "3s", "--command-timeout", "3s", "--max-in-doubt", "0", "--max-failures", "none", "--retries", "3"}
	code := -1
	for {
		cmd := b.run(flags...)
		if kills == most {
			var said string
			code, said = b.finish(cmd)
			t.Log(said)
			break
		}
		require.NoError(t, cmd.Start())
		moment := time.Duration(dice.Int64N(int64(500 * time.Millisecond)))
		timer := time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		timer.Stop()
		if code = cmd.ProcessState.ExitCode(); code >= 0 {
			break // it was faster
		}
		kills++
		flying := b.intents()
		require.LessOrEqual(t, len(flying), killWorkers, "more in doubt than were in flight, killed after %s", moment)
		for _, iccid := range flying {
			hadReason[iccid] = true
		}
	}
	require.Equal(t, 5, code, "some rows are unknown, none is left")
	outcomes := b.holds(func(iccid string) bool { return hadReason[iccid] })
	require.Zero(t, outcomes["not_run"])
	t.Logf("%d kills, %v; %d rows were made to be unknown", kills, outcomes, designed)
	b.likeUndisturbed(flags)
	b.onceMore()
	return kills
}

// likeUndisturbed holds the result file against that of a run on the same fleet
// that nobody killed: they differ in times and attempts, and where a kill left
// a doubt.
func (b *bench) likeUndisturbed(flags []string) {
	b.t.Helper()
	calm := prepared(b.t, sandbox.Config{}, b.rows)
	code, said := calm.finish(calm.run(flags...))
	require.Equal(b.t, 5, code, said)
	want := calm.results()
	for i, got := range b.results() {
		if got["outcome"] == "unknown" {
			continue
		}
		for _, column := range []string{"started_at", "duration_ms", "attempts", "request_id"} {
			delete(got, column)
			delete(want[i], column)
		}
		require.Equal(b.t, want[i], got)
	}
}

// killRows are commands, some to SIMs with a fault, among them reads and
// duplicates.
func killRows(n int) (rows []benchRow) {
	faults := map[int]string{
		3:  "set_aa_group:cut",            // done, the answer is lost
		13: "set_aa_group:html",           // not done, and nobody can tell
		23: "set_aa_group:429=1",          // surely not done at first
		33: "set_aa_group:throttle-200=1", // likewise
		43: "set_aa_group:reset-after",    // done, the connection is lost
		53: "set_aa_group:reset-before",   // not done, the connection is lost
		63: "set_aa_group:403",            // refused
		73: "query_status:reset-before=2", // a read that works at the third attempt
		83: "set_aa_group:other-spelling", // done, and said so in other words
		93: "set_aa_group:500-readable",   // done, and said so under another status
	}
	for i := range n {
		fault := faults[i%100]
		rows = append(rows, benchRow{card(i), "set_aa_group", "L100", fault})
		switch i % 10 {
		case 5:
			rows = append(rows, benchRow{card(i), "query_status", "", fault})
		case 7:
			rows = append(rows, benchRow{card(i), "set_aa_group", "L100", fault})
		}
	}
	return rows
}

// loses reports whether a SIM's fault leaves its command in doubt, kill or no.
func loses(fault string) bool {
	switch fault {
	case "set_aa_group:cut", "set_aa_group:html", "set_aa_group:reset-after", "set_aa_group:reset-before":
		return true
	}
	return false
}
