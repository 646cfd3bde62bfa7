package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/dicetest"
	"bulk/internal/upstream/sandbox"
)

// moments is how often a process is killed at each kind of moment.
func moments() int {
	if long() {
		return 20
	}
	return 2
}

// killedAt starts a command and kills it a random while after a moment has come.
// It reports whether that was before the command's own end.
func killedAt(t *testing.T, dice *rand.Rand, cmd *exec.Cmd, within time.Duration, moment func() bool) bool {
	t.Helper()
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	for deadline := time.Now().Add(scriptPatience); !moment(); {
		select {
		case <-ended:
			return false
		case <-time.After(200 * time.Microsecond):
			require.True(t, time.Now().Before(deadline), "the moment never came")
		}
	}
	select {
	case <-ended:
		return false
	case <-time.After(time.Duration(dice.Int64N(int64(within)))):
	}
	_ = cmd.Process.Kill()
	<-ended
	return cmd.ProcessState.ExitCode() < 0
}

func (b *bench) found(pattern string) []string {
	b.t.Helper()
	names, err := filepath.Glob(b.path(pattern))
	require.NoError(b.t, err)
	return names
}

// Killed while it publishes its results: they are published by the next start,
// whole, and nothing is left beside them.
func TestKilledWhilePublishing(t *testing.T) {
	dice := dicetest.For(t)
	const sims, reads = 30, 3000
	kills := 0
	// A fast machine may have published before the kill; not every time.
	for n := 0; n < moments() || kills == 0 && n < 30; n++ {
		rows := make([]benchRow, 0, sims+reads)
		for i := range sims {
			rows = append(rows, benchRow{iccid: card(i), action: "set_aa_group", group: "L100"})
		}
		for i := range reads { // which make the file long
			rows = append(rows, benchRow{iccid: card(sims + i), action: "query_status"})
		}
		b := prepared(t, sandbox.Config{}, rows)
		publishing := func() bool {
			return b.box.Stats().CommandsDone == sims && len(b.found(".out.csv.bulk-*.tmp"))+len(b.found("out.csv")) > 0
		}
		if killedAt(t, dice, b.run("--report", b.path("r.json"), "--report", b.path("r.prom")), 40*time.Millisecond, publishing) {
			kills++
		}
		code, said := b.finish(b.later())
		require.Zero(t, code, said)
		results := b.results()
		require.Len(t, results, len(rows))
		for i, r := range results {
			require.Equal(t, []string{rows[i].iccid, fmt.Sprint(i + 2)}, []string{r["iccid"], r["line"]})
			require.Contains(t, []string{"ok", "skipped"}, r["outcome"]) // the latter where the kill came too late
		}
		require.Empty(t, b.found(".*.tmp"))
		require.Equal(t, sims, b.box.Stats().CommandsReceived)
		b.onceMore()
	}
	require.NotZero(t, kills)
}

// Killed while the command of --on-finish goes on: the run has ended, and a
// scheduler's next start does nothing of it again.
func TestKilledDuringOnFinish(t *testing.T) {
	dice := dicetest.For(t)
	for range moments() {
		rows := killRows(10)
		b := prepared(t, sandbox.Config{}, rows)
		begun := func() bool { return len(b.found("begun")) == 1 }
		killed := killedAt(t, dice, b.run("--timeout", "1s", "--command-timeout", "1s", "--on-finish", "touch begun; sleep 20"), 20*time.Millisecond, begun)
		require.True(t, killed)
		sent := b.box.Stats().CommandsReceived
		b.holds(func(iccid string) bool { return iccid == card(3) }) // its answer is cut
		code, said := b.finish(b.later())
		require.Equal(t, 3, code, said)
		require.Equal(t, sent, b.box.Stats().CommandsReceived)
		b.onceMore()
	}
}

// Killed while its canaries are on their way: what became of them bars the rest,
// at every start that nobody watches, until a person has looked.
func TestKilledDuringCanaries(t *testing.T) {
	dice := dicetest.For(t)
	const sims, canaries = 20, 3
	for n := range moments() {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			rows := make([]benchRow, sims)
			for i := range rows {
				rows[i] = benchRow{iccid: card(i), action: "set_aa_group", group: "L100"}
			}
			b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: 30 * time.Millisecond, Max: 60 * time.Millisecond}, Seed: dice.Uint64()}, rows)
			canary := []string{"--canary", fmt.Sprint(canaries), "--preflight", "none"}
			flying := func() bool { return b.box.Stats().CommandsReceived > 0 }
			killedAt(t, dice, b.run(canary...), 100*time.Millisecond, flying)
			doubt := b.intents()
			sent := b.box.Stats().CommandsReceived
			for range 2 {
				code, said := b.finish(b.later(canary...))
				if len(doubt) == 0 {
					require.Zero(t, code, said)
					break
				}
				if sent > canaries { // they were over: what was killed are rows like any
					require.Contains(t, []int{0, 3, 5}, code, said)
					break
				}
				require.Contains(t, []int{1, 4, 5}, code, said)
				require.LessOrEqual(t, b.box.Stats().CommandsReceived, sent+canaries, "the rest waits: %s", said)
			}
			for _, iccid := range doubt {
				verdict := "--not-done"
				if s, _ := b.box.SIM(iccid); s.CommandsDone > 0 {
					verdict = "--done"
				}
				resolve := b.later()
				resolve.Args = []string{b.binary, "resolve", iccid, verdict, "--reason", "looked", "--ledger", b.ledger}
				code, said := b.finish(resolve)
				require.Zero(t, code, said)
			}
			code, said := b.finish(b.later(canary...))
			require.Zero(t, code, said)
			require.Empty(t, b.box.Stats().CommandedTwice)
			require.Equal(t, sims, b.box.Stats().CommandsDone)
		})
	}
}

// Killed while it commands SIMs a second time because a person said so: resumed,
// it commands none a third time.
func TestKilledDuringAgain(t *testing.T) {
	dice := dicetest.For(t)
	const sims = 60
	for range moments() {
		rows := make([]benchRow, sims)
		for i := range rows {
			rows[i] = benchRow{iccid: card(i), action: "set_aa_group", group: "L100"}
		}
		b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: time.Millisecond, Max: 20 * time.Millisecond}, Seed: dice.Uint64()}, rows)
		flags := []string{"--workers", fmt.Sprint(killWorkers), "--preflight", "none", "--max-in-doubt", "0", "--max-failures", "none"}
		code, said := b.finish(b.run(flags...))
		require.Zero(t, code, said)

		again := b.later(append(flags, "--again", fmt.Sprint(sims), "--reason", "the portal lost them")...)
		again.Args = without(again.Args, "--resume")
		second := func() bool { return b.box.Stats().CommandsReceived > sims }
		killedAt(t, dice, again, 60*time.Millisecond, second)
		inDoubt := b.intents()
		for range 2 {
			code, said = b.finish(b.later(flags...))
			require.Contains(t, []int{0, 3, 5}, code, said)
		}
		sent := 0
		for iccid, n := range b.box.Commands() {
			require.LessOrEqual(t, n, 2, iccid)
			sent += n
		}
		require.GreaterOrEqual(t, sent, 2*sims-len(inDoubt), said)
	}
}

func without(args []string, word string) (kept []string) {
	for _, arg := range args {
		if arg != word {
			kept = append(kept, arg)
		}
	}
	return kept
}
