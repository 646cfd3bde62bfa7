package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/ledgers"
	"bulk/internal/upstream/sandbox"
)

// door is a bench of so many commands, slow enough to do something to the ledger
// in the midst of them.
func door(t *testing.T, sims int) *bench {
	t.Helper()
	rows := make([]benchRow, sims)
	for i := range rows {
		rows[i] = benchRow{iccid: card(i), action: "set_aa_group", group: "L100"}
	}
	return prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: 20 * time.Millisecond, Max: 40 * time.Millisecond}, Seed: 1}, rows)
}

const doorWorkers = 4

// doorRun is a run of the bench by a ledger in a folder of its own.
func (b *bench) doorRun(flags ...string) *exec.Cmd {
	return b.run(append([]string{"--ledger", b.path("state/ledger.db"), "--workers", "4", "--preflight", "none"}, flags...)...)
}

// doneSoFar waits until so many commands were done.
func (b *bench) doneSoFar(n int) {
	b.t.Helper()
	require.Eventually(b.t, func() bool { return b.box.Stats().CommandsDone >= n }, scriptPatience, time.Millisecond)
}

// reversed is the bench's file in another order: another input, the same SIMs.
func (b *bench) reversed() (path string) {
	b.t.Helper()
	var lines []string
	text, err := os.ReadFile(b.path("fleet.csv"))
	require.NoError(b.t, err)
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range all[1:] {
		lines = append([]string{line}, lines...)
	}
	b.write("reversed.csv", all[0]+"\n"+strings.Join(lines, "\n")+"\n")
	return b.path("reversed.csv")
}

// onFile makes a run one of another input.
func onFile(cmd *exec.Cmd, path string) *exec.Cmd {
	cmd.Args[2] = path
	return cmd
}

// The folder with the locks is deleted in the midst of a run, and another run of
// the same SIMs begins: the unique key, not the lock, sees to it that no SIM is sent
// two commands.
func TestLockFolderDeletedInMidRun(t *testing.T) {
	b := door(t, 120)
	first := b.doorRun()
	require.NoError(t, first.Start())
	b.doneSoFar(15)
	require.NoError(t, os.RemoveAll(b.path("state/ledger.db.d")))
	code, said := b.finish(onFile(b.later("--ledger", b.path("state/ledger.db"), "--workers", "4", "--preflight", "none", "-o", b.path("second.csv")), b.reversed()))
	_ = first.Wait()
	require.Empty(t, b.box.Stats().CommandedTwice, "%d: %s", code, said)
	require.Contains(t, []int{0, 3, 5}, code, said)
	require.NotZero(t, first.ProcessState.ExitCode(), "it lost the account, and goes no further")
	require.GreaterOrEqual(t, b.box.Stats().CommandsDone, 120-doorWorkers, "the second run does the rest")
}

// The ledger's folder is deleted in the midst of a run, and a run that may begin
// a new one starts: this machine knows what it saw there.
func TestLedgerFolderDeletedInMidRun(t *testing.T) {
	for _, c := range []struct {
		what  string
		state string // of the machine: where marks are
	}{
		{"the marks are elsewhere", "home"},
		{"the marks go with it", "state"},
	} {
		t.Run(c.what, func(t *testing.T) {
			b := door(t, 400)
			b.env = append(b.env, "XDG_STATE_HOME="+b.path(c.state))
			ledger := b.path(filepath.Join(c.state, "bulk"))
			if c.state == "home" {
				ledger = b.path("state")
			}
			first := b.run("--ledger", filepath.Join(ledger, "ledger.db"), "--workers", "4", "--preflight", "none")
			require.NoError(t, first.Start())
			b.doneSoFar(20)
			require.Eventually(t, func() bool {
				marks, _ := filepath.Glob(b.path(c.state + "/bulk/marks/*.mark"))
				return len(marks) > 0
			}, scriptPatience, 10*time.Millisecond, "it is marked while the run goes on")
			require.Eventually(t, func() bool { return os.RemoveAll(ledger) == nil }, scriptPatience, time.Millisecond)
			_ = first.Wait()
			sent := b.box.Stats().CommandsReceived
			require.Less(t, sent, 400, "it was deleted in the midst")

			code, said := b.finish(onFile(b.run("--ledger", filepath.Join(ledger, "ledger.db"), "-o", b.path("second.csv")), b.reversed()))
			require.Equal(t, 4, code, said)
			require.Contains(t, unwrapped(said), "ledger.db is gone: on")
			require.Equal(t, sent, b.box.Stats().CommandsReceived)
			require.Empty(t, b.box.Stats().CommandedTwice)
		})
	}
}

// The file alone, copied after a kill, holds every act; and once it has gone on,
// the one that it was copied from is known to be old.
func TestLedgerCopiedAloneAfterAKill(t *testing.T) {
	b := door(t, 150)
	first := b.doorRun()
	require.NoError(t, first.Start())
	b.doneSoFar(30)
	require.NoError(t, first.Process.Kill())
	_ = first.Wait()
	copyFile(t, b.path("state/ledger.db"), b.path("copy.db"))

	code, said := b.finish(b.later("--ledger", b.path("copy.db"), "--workers", "4", "--preflight", "none"))
	require.Contains(t, []int{3, 5}, code, said)
	require.Empty(t, b.box.Stats().CommandedTwice)
	require.GreaterOrEqual(t, b.box.Stats().CommandsDone, 150-doorWorkers)

	sent := b.box.Stats().CommandsReceived
	code, said = b.finish(b.later("--ledger", b.path("state/ledger.db"), "-o", b.path("third.csv")))
	require.Equal(t, 4, code, said)
	require.Contains(t, unwrapped(said), "is not what this machine saw: act ")
	require.Equal(t, sent, b.box.Stats().CommandsReceived)
}

// A backup is restored after a run that was killed, and so wrote nothing at its
// end: the marks that it made on the way tell.
func TestBackupRestoredAfterAKill(t *testing.T) {
	b := door(t, 400)
	code, said := b.finish(onFile(b.doorRun("-o", b.path("one.csv")), b.one()))
	require.Zero(t, code, said)
	copyFile(t, b.path("state/ledger.db"), b.path("backup.db"))
	before := time.Now()
	first := b.later("--ledger", b.path("state/ledger.db"), "--workers", "1", "--preflight", "none")
	require.NoError(t, first.Start())
	require.Eventually(t, func() bool {
		marks, _ := filepath.Glob(b.path(".local/state/bulk/marks/*.mark"))
		if len(marks) == 0 {
			return false
		}
		info, err := os.Stat(marks[0])
		return err == nil && info.ModTime().After(before.Add(ledgers.MarkEvery))
	}, scriptPatience, 10*time.Millisecond)
	require.NoError(t, first.Process.Kill())
	_ = first.Wait()
	sent := b.receivedAtRest()
	require.Greater(t, sent, 1)
	_ = os.Remove(b.path("state/ledger.db-journal")) // of the other file: with it, this one would be damaged
	copyFile(t, b.path("backup.db"), b.path("state/ledger.db"))
	code, said = b.finish(b.later("--ledger", b.path("state/ledger.db"), "-o", b.path("third.csv")))
	require.Equal(t, 4, code, said)
	require.Contains(t, unwrapped(said), "is not what this machine saw: act ")
	require.Equal(t, sent, b.box.Stats().CommandsReceived)
}

// receivedAtRest is how many commands the sandbox has received once no more come: what
// a process that was killed had written is still read.
func (b *bench) receivedAtRest() (n int) {
	b.t.Helper()
	for last := -1; last != n; {
		last = n
		time.Sleep(100 * time.Millisecond)
		n = b.box.Stats().CommandsReceived
	}
	return n
}

// one is a file with the first SIM alone.
func (b *bench) one() (path string) {
	b.write("one.csv.in", "iccid,action,group\n"+card(0)+",set_aa_group,L100\n")
	return b.path("one.csv.in")
}

// Under a second hard link the ledger would have a second journal and second locks.
func TestLedgerWithASecondHardLink(t *testing.T) {
	b := door(t, 60)
	first := b.doorRun()
	require.NoError(t, first.Start())
	b.doneSoFar(10)
	require.NoError(t, os.Link(b.path("state/ledger.db"), b.path("linked.db")))
	code, said := b.finish(onFile(b.later("--ledger", b.path("linked.db"), "-o", b.path("second.csv")), b.reversed()))
	require.Equal(t, 4, code, said)
	require.Contains(t, unwrapped(said), "hard link")
	_ = first.Wait()
	require.Empty(t, b.box.Stats().CommandedTwice)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, text, 0o600))
}
