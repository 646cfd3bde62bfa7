package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/upstream/sandbox"
)

const diskWorkers = 8

// diskBench is slow enough to be met half-way.
func diskBench(t *testing.T, n int) *bench {
	var rows []benchRow
	for i := range n {
		rows = append(rows, benchRow{card(i), "set_aa_group", "L100", ""})
	}
	return prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: 5 * time.Millisecond, Max: 25 * time.Millisecond}}, rows)
}

// smallDisk mounts a disk of a given size.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("a small disk cannot be mounted (it takes root): %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir
}

func readOnly(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.Command("mount", "-o", "remount,ro", dir).CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestDiskTroubleBeforeTheRun(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags func(t *testing.T, b *bench) []string
		want  string
	}{
		{"the output's folder is missing", func(_ *testing.T, b *bench) []string {
			return []string{"-o", b.path("nowhere/out.csv")}
		}, "nowhere does not exist"},
		{"the output's folder is read-only", func(t *testing.T, b *bench) []string {
			dir := smallDisk(t, "1m")
			readOnly(t, dir)
			return []string{"-o", filepath.Join(dir, "out.csv")}
		}, "read-only"},
		{"the ledger's folder is read-only", func(t *testing.T, b *bench) []string {
			dir := smallDisk(t, "1m")
			readOnly(t, dir)
			return []string{"--ledger", filepath.Join(dir, "ledger.db")}
		}, "read-only"},
		{"the ledger is read-only", func(t *testing.T, b *bench) []string {
			dir := smallDisk(t, "64m")
			ledger := filepath.Join(dir, "ledger.db")
			code, said := b.finish(b.run("--ledger", ledger))
			require.Zero(t, code, said)
			b.write("fleet.csv", "iccid,action,group\n"+card(99)+",set_aa_group,L100\n") // another input
			readOnly(t, dir)
			return []string{"--ledger", ledger}
		}, "read-only"},
		{"there is no room for the ledger", func(t *testing.T, b *bench) []string {
			return []string{"--ledger", filepath.Join(smallDisk(t, "4m"), "ledger.db")}
		}, "no space left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := diskBench(t, 3)
			flags := c.flags(t, b)
			before := b.box.Stats().M2M.Requests
			code, said := b.finish(b.run(flags...))
			require.Equal(t, 4, code, said)
			require.Contains(t, said, c.want)
			require.Contains(t, said, "bulk: hint: ")
			require.Equal(t, before, b.box.Stats().M2M.Requests, "nothing was sent: %s", said)
		})
	}
}

// midway starts a run, does something once so many commands are done, and waits
// for the end. It tells how many were done when that something was over.
func midway(t *testing.T, b *bench, cmd *exec.Cmd, commands int, do func()) (code int, said string, done int) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return b.box.Stats().CommandsDone >= commands }, 20*time.Second, time.Millisecond)
	do()
	done = b.box.Stats().CommandsDone
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), out.String(), done
}

// unwrapped is a text with the line breaks taken out.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

// pasted runs a command that a message gave, with FILE filled in.
func pasted(t *testing.T, b *bench, said, pattern string) {
	t.Helper()
	command := regexp.MustCompile(pattern).FindString(said)
	require.NotEmpty(t, command, "the message must give the command: %s", said)
	words := strings.Fields(strings.Replace(command, "FILE", b.path("out.csv"), 1))
	cmd := b.run()
	cmd.Args = append([]string{b.binary}, words[1:]...)
	code, said := b.finish(cmd)
	require.Zero(t, code, said)
}

func TestOutputFolderGoneWhileRunning(t *testing.T) {
	b := diskBench(t, 80)
	require.NoError(t, os.Mkdir(b.path("results"), 0o700))
	code, said, _ := midway(t, b, b.run("-o", b.path("results/out.csv"), "--workers", fmt.Sprint(diskWorkers)), 20, func() {
		require.NoError(t, os.RemoveAll(b.path("results")))
	})
	require.Equal(t, 1, code, said)
	require.Contains(t, said, "the ledger has every result")
	require.Equal(t, 80, b.box.Stats().CommandsDone, "the results are safe in the ledger, so the run goes on")
	pasted(t, b, said, `bulk runs 1 -o FILE --ledger \S+`)
	require.Equal(t, map[string]int{"ok": 80}, b.holds(never))
}

func never(string) bool { return false }

func TestLedgerGoneWhileRunning(t *testing.T) {
	for _, c := range []struct {
		name string
		gone func(state string) error
	}{
		{"its file", func(state string) error { return os.Remove(filepath.Join(state, "ledger.db")) }},
		{"its folder", func(state string) (err error) {
			for range 50 { // a commit may make its journal there meanwhile
				if err = os.RemoveAll(state); err == nil {
					break
				}
			}
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := diskBench(t, 120)
			require.NoError(t, os.Mkdir(b.path("state"), 0o700))
			cmd := b.run("--ledger", b.path("state/ledger.db"), "--workers", fmt.Sprint(diskWorkers))
			code, said, done := midway(t, b, cmd, 20, func() { require.NoError(t, c.gone(b.path("state"))) })
			require.Equal(t, 1, code, said)
			require.Contains(t, unwrapped(said), "the ledger is gone")
			require.Contains(t, said, "--resume", "the command that continues")
			sent := b.box.Stats().CommandsDone
			require.LessOrEqual(t, sent, done+diskWorkers, "only what was on its way")
			require.Less(t, sent, 120)
			if c.name != "its folder" { // which holds the copy of the input
				require.Equal(t, sent, b.agrees(120), "the result file has what the ledger lost")
			}
			// With nobody there to ask, a missing ledger is no clean history.
			code, said = b.finish(b.later("--ledger", b.path("state/ledger.db")))
			require.Equal(t, 4, code, said)
			require.Equal(t, sent, b.box.Stats().CommandsDone)
		})
	}
}

// agrees holds a result file of so many rows against the sandbox: what was done
// is ok, the rest was not run. It counts what is ok.
func (b *bench) agrees(rows int) (ok int) {
	b.t.Helper()
	results := b.results()
	require.Len(b.t, results, rows)
	for _, r := range results {
		s, _ := b.box.SIM(r["iccid"])
		require.Equal(b.t, map[bool]string{true: "ok", false: "not_run"}[s.CommandsDone == 1], r["outcome"], "%v", r)
		ok += s.CommandsDone
	}
	return ok
}

func TestDiskFullWhileRunning(t *testing.T) {
	b := diskBench(t, 150)
	disk := smallDisk(t, "8390k") // of which 8 MiB are kept for this very case
	ledger := filepath.Join(disk, "ledger.db")
	code, said := b.finish(b.run("--ledger", ledger, "-o", filepath.Join(disk, "out.csv"), "--workers", fmt.Sprint(diskWorkers)))
	require.Equal(t, 1, code, said)
	require.Contains(t, unwrapped(said), "the disk is full")
	sent := b.box.Stats().CommandsDone
	t.Logf("the disk was full after %d commands", sent)
	require.Less(t, sent, 150, said)
	require.Positive(t, sent)
	out, err := exec.Command("mount", "-o", "remount,size=64m", disk).CombinedOutput()
	require.NoError(t, err, string(out))

	// What was done is in the ledger, and nothing is in doubt. The room that was
	// kept for that may have served the result file as well.
	if text, err := os.ReadFile(filepath.Join(disk, "out.csv")); err == nil {
		b.write("out.csv", string(text))
	} else {
		pasted(t, b, said, `bulk runs 1 -o FILE --ledger \S+`)
	}
	require.Equal(t, sent, b.agrees(150))

	code, said = b.finish(b.run("--ledger", ledger))
	require.Zero(t, code, said)
	require.Equal(t, map[string]int{"ok": 150}, b.holds(never))
}
