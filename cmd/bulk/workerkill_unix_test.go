//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/dicetest"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/postgres/pgtest"
	"bulk/internal/upstream/sandbox"
)

// worker is bulk worker for the bench's account, on a machine of its own.
func (b *bench) worker(machine string) *exec.Cmd {
	cmd := exec.Command(b.binary, "worker", "--ledger", b.ledger, "--accounts", "m2m", "--log-level", "warn", "--log-format", "json")
	cmd.Dir, cmd.Env = b.dir, append(b.run().Env, "XDG_STATE_HOME="+b.path(machine))
	cmd.Stderr = os.Stderr
	return cmd
}

// handedRows are commands, some to SIMs of which nobody can tell what became of them,
// and one read.
func handedRows(n int) (rows []benchRow) {
	for i := range n {
		fault := map[int]string{23: "set_aa_group:html", 141: "set_aa_group:403"}[i%200]
		if i%2000 == 7 { // each costs an undisturbed run half a minute of its pace
			fault = "set_aa_group:throttle-200=1"
		}
		rows = append(rows, benchRow{card(i), "set_aa_group", "L100", fault})
	}
	return append(rows, benchRow{card(0), "query_status", "", ""})
}

var handedFlags = []string{"--rate", "m2m=200", "--timeout", "3s", "--command-timeout", "3s", "--max-in-doubt", "1000", "--max-failures", "none", "--max-refusals", "none", "--retries", "3"}

// Workers are killed again and again, and where there is time some are frozen for good:
// the run comes to what an undisturbed one on one machine comes to, no SIM is sent a
// command twice, and who waits for it is none the wiser.
func TestWorkersKilled(t *testing.T) { workersKilled(t, (*bench).itself) }

func workersKilled(t *testing.T, brought func(*bench) *bench) {
	server := pgtest.Shared(t)
	dice := dicetest.For(t)
	rows, kills, freezes := 240, 3, 0
	if long() {
		rows, kills, freezes = 6000, 20, 10
	}
	b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: time.Millisecond, Max: 40 * time.Millisecond}, Seed: dice.Uint64()}, handedRows(rows)).shared(server)
	b = brought(b)
	machines := 0
	var frozen []*exec.Cmd
	var recoveries []time.Duration
	start := func() *exec.Cmd {
		machines++
		w := b.worker(fmt.Sprint("machine-", machines))
		require.NoError(t, w.Start())
		t.Cleanup(func() { _ = w.Process.Kill(); _ = w.Wait() })
		return w
	}
	workers := []*exec.Cmd{start(), start()}
	desk := b.run(append(handedFlags, "--engine", b.engine)...)
	var said saying
	desk.Stdout, desk.Stderr = &said, &said
	require.NoError(t, desk.Start())
	ended := make(chan struct{})
	go func() { _ = desk.Wait(); close(ended) }()

	for n := range kills + freezes {
		enough := func() bool { return b.box.Stats().CommandsDone > n*rows/(kills+freezes+1) }
		require.Eventually(t, enough, 2*time.Minute, time.Millisecond, "kill %d of %d: rows do not flow; %s", n, kills, said.String())
		time.Sleep(time.Duration(dice.Int64N(int64(100 * time.Millisecond))))
		for i, w := range workers {
			if n < freezes {
				require.NoError(t, w.Process.Signal(syscall.SIGSTOP))
				frozen = append(frozen, w)
			} else {
				require.NoError(t, w.Process.Kill())
			}
			workers[i] = start()
		}
		ended := time.Now()
		time.Sleep(200 * time.Millisecond) // what was on its way arrives
		before := b.box.Stats().CommandsDone
		require.Eventually(t, func() bool { return b.box.Stats().CommandsDone > before }, 2*time.Minute, 10*time.Millisecond, "after kill %d; %s", n, said.String())
		recoveries = append(recoveries, time.Since(ended).Round(100*time.Millisecond))
	}
	slices.Sort(recoveries)
	t.Logf("rows flowed again after %v in the median, %v", recoveries[len(recoveries)/2], recoveries)
	select {
	case <-ended:
	case <-time.After(4 * time.Minute):
		_ = desk.Process.Kill()
		t.Fatal("the run did not end: " + said.String())
	}
	for _, w := range frozen {
		_ = w.Process.Signal(syscall.SIGCONT) // what it had on its way it may not send any more
	}
	time.Sleep(time.Duration(len(frozen)) * 500 * time.Millisecond)
	require.Equal(t, 5, desk.ProcessState.ExitCode(), said.String())
	outcomes := b.holds(func(string) bool { return true })
	require.Zero(t, outcomes["not_run"])
	require.Less(t, outcomes["unknown"], rows/4)
	t.Logf("%d legs ended by force, %v", 2*(kills+freezes), outcomes)
	b.likeUndisturbed(handedFlags)
	if freezes == 0 {
		b.onceMore()
	} else {
		b.onceMoreBut(b.unsent())
	}
}

// A worker that was frozen, and whose run another has ended meanwhile, comes back: it
// sends no command, and what the ledger and the result file say stays as it is.
func TestAFrozenWorkerComesBack(t *testing.T) {
	server := pgtest.Shared(t)
	ctx := t.Context()
	var rows []benchRow
	for i := range 150 {
		rows = append(rows, benchRow{card(i), "set_aa_group", "L100", ""}, benchRow{card(i), "query_status", "", ""})
	}
	b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: 20 * time.Millisecond, Max: 60 * time.Millisecond}}, rows).shared(server)
	var frozenSaid saying
	frozen := b.worker("machine-1")
	frozen.Stderr = &frozenSaid
	require.NoError(t, frozen.Start())
	t.Cleanup(func() { _ = frozen.Process.Kill(); _ = frozen.Wait() })
	desk := b.run("--rate", "m2m=100", "--engine", "postgres")
	require.NoError(t, desk.Start())
	require.Eventually(t, func() bool { return b.box.Stats().CommandsDone > 30 }, time.Minute, time.Millisecond)
	require.NoError(t, frozen.Process.Signal(syscall.SIGSTOP))
	other := b.worker("machine-2")
	require.NoError(t, other.Start())
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })

	// As the other worker does to one that is not heard of for long enough.
	conn, err := pgx.Connect(ctx, b.ledger)
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	require.NoError(t, err)
	_ = desk.Wait()
	// What the frozen one had on its way may be done, and the other cannot know.
	outcomes := b.holds(func(string) bool { return true })
	require.Positive(t, outcomes["unknown"])
	require.Equal(t, 5, desk.ProcessState.ExitCode())
	db, err := ledger.Open(ctx, b.ledger, ledger.Options{Now: time.Now})
	require.NoError(t, err)
	defer db.Close()
	all := func() string {
		info, _, err := db.Run(ctx, 1)
		require.NoError(t, err)
		starts, err := db.Starts(ctx, 1)
		require.NoError(t, err)
		text := fmt.Sprintf("%+v\n%+v\n", info, starts)
		for r, err := range db.Results(ctx, 1) {
			require.NoError(t, err)
			text += fmt.Sprintf("%+v\n", r)
		}
		return text
	}
	before, sent := all(), b.box.Stats().CommandsDone
	require.NoError(t, frozen.Process.Signal(syscall.SIGCONT))
	require.Eventually(t, func() bool { return strings.Contains(frozenSaid.String(), "leaves it alone") }, 30*time.Second, 10*time.Millisecond, "%s", &frozenSaid)
	require.Equal(t, before, all())
	require.Equal(t, sent, b.box.Stats().CommandsDone)
	b.onceMore()
}

// A worker that is told to end hands its run on: nothing becomes unknown, and the run's
// end is that of one on one machine.
func TestWorkersReplaced(t *testing.T) { workersReplaced(t, (*bench).itself) }

func workersReplaced(t *testing.T, brought func(*bench) *bench) {
	server := pgtest.Shared(t)
	rows := make([]benchRow, 300)
	for i := range rows {
		rows[i] = benchRow{card(i), "set_aa_group", "L100", ""}
	}
	b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: time.Millisecond, Max: 40 * time.Millisecond}}, rows).shared(server)
	b = brought(b)
	desk := b.run("--rate", "m2m=300", "--canary", "5", "--engine", b.engine)
	require.NoError(t, desk.Start())
	for n := range 4 {
		w := b.worker(fmt.Sprint("machine-", n))
		require.NoError(t, w.Start())
		require.Eventually(t, func() bool { return b.box.Stats().CommandsDone > n*60 }, time.Minute, time.Millisecond)
		if n < 3 {
			require.NoError(t, w.Process.Signal(syscall.SIGTERM))
			require.NoError(t, w.Wait(), "it ends as it should")
			continue
		}
		t.Cleanup(func() { _ = w.Process.Kill(); _ = w.Wait() })
	}
	require.NoError(t, desk.Wait())
	outcomes := b.holds(func(string) bool { return false })
	require.Equal(t, len(rows), outcomes["ok"])
}

// Whoever can write to what brings runs to workers cannot have anything sent: an
// approval that is not in the ledger, of these bytes and of so many SIMs, is none.
func TestNothingIsSentUnapproved(t *testing.T) {
	server := pgtest.Shared(t)
	ctx := t.Context()
	for name, approval := range map[string]*ledger.Approval{
		"nobody's":       nil,
		"of other bytes": {User: "eve", Digest: strings.Repeat("0", 64), SIMs: 10},
		"of fewer SIMs":  {User: "ann", SIMs: 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := prepared(t, sandbox.Config{}, []benchRow{{card(0), "set_aa_group", "L100", ""}, {card(1), "set_aa_group", "L100", ""}, {card(2), "set_aa_group", "L100", ""}}).shared(server)
			db, err := ledger.Open(ctx, b.ledger, ledger.Options{Now: time.Now})
			require.NoError(t, err)
			defer db.Close()
			code, said := b.finish(b.detached())
			require.Zero(t, code, said)
			run, found, err := db.Run(ctx, 1)
			require.NoError(t, err)
			require.True(t, found)
			h, handed, err := db.HandoverOf(ctx, 1)
			require.NoError(t, err)
			require.True(t, handed && h.Waits)
			given, err := settings.ReadHanded(h.Job)
			require.NoError(t, err)
			require.Equal(t, []string{"m2m=0"}, given.Flags["rate"])
			if approval != nil {
				if approval.Digest == "" {
					approval.Digest = run.Digest
				}
				require.NoError(t, db.Approve(ctx, 1, *approval))
			}
			h.Waits = false // as somebody might who can write to the list
			require.NoError(t, db.HandOver(ctx, h))
			w := b.worker("machine")
			require.NoError(t, w.Start())
			t.Cleanup(func() { _ = w.Process.Kill(); _ = w.Wait() })
			require.Eventually(t, func() bool {
				h, _, err := db.HandoverOf(ctx, 1)
				return err == nil && !h.Over.IsZero()
			}, 20*time.Second, 50*time.Millisecond)
			h, _, err = db.HandoverOf(ctx, 1)
			require.NoError(t, err)
			require.Contains(t, h.Ending, "approv")
			require.Zero(t, b.box.Stats().M2M.Requests)
		})
	}
}

// A run by which every worker dies before it settled a row is not begun for ever.
func TestNothingIsSettled(t *testing.T) {
	server := pgtest.Shared(t)
	b := prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: time.Minute, Max: time.Minute}}, []benchRow{{card(0), "query_status", "", ""}}).shared(server)
	desk := b.run("--engine", "postgres", "--timeout", "5m")
	var said saying
	desk.Stderr = &said
	require.NoError(t, desk.Start())
	for n := range 3 {
		w := b.worker("machine")
		require.NoError(t, w.Start())
		require.Eventually(t, func() bool { return b.box.Stats().M2M.Requests > n }, time.Minute, time.Millisecond, "%s", said.String())
		require.NoError(t, w.Process.Kill())
		_ = w.Wait()
	}
	w := b.worker("machine")
	require.NoError(t, w.Start())
	t.Cleanup(func() { _ = w.Process.Kill(); _ = w.Wait() })
	_ = desk.Wait()
	require.Equal(t, 1, desk.ProcessState.ExitCode(), said.String())
	require.Contains(t, said.String(), "3 workers in a row began with it and settled no row")
	require.Equal(t, 3, b.box.Stats().M2M.Requests)
	require.Equal(t, "not_run", b.results()[0]["outcome"])
}

// detached hands the bench's file over without an approval.
func (b *bench) detached() *exec.Cmd {
	cmd := b.run("--engine", b.engine, "--detach")
	for i, arg := range cmd.Args {
		if arg == "--yes" {
			cmd.Args = append(cmd.Args[:i:i], cmd.Args[i+1:]...)
			break
		}
	}
	return cmd
}
