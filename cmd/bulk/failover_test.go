package main

import (
	"fmt"
	"net/url"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger/postgres/pgtest"
	"bulk/internal/upstream/sandbox"
)

// pair is a server and its standby, and a bench whose runs work by a ledger on whichever
// of them takes writes.
type pair struct {
	*bench
	primary, standby *pgtest.Server
}

func paired(t *testing.T, commands int) *pair {
	t.Helper()
	pgtest.Shared(t) // or the test is left out
	primary, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(primary.Stop)
	standby, err := primary.Standby()
	require.NoError(t, err)
	t.Cleanup(standby.Stop)
	rows := make([]benchRow, commands)
	for i := range rows {
		rows[i] = benchRow{iccid: card(i), action: "set_aa_group", group: "L100"}
	}
	p := &pair{prepared(t, sandbox.Config{Latency: sandbox.Latency{Min: time.Millisecond, Max: 20 * time.Millisecond}}, rows).shared(primary), primary, standby}
	u, err := url.Parse(p.ledger)
	require.NoError(t, err)
	u.Host = fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", primary.Port, standby.Port)
	q := u.Query()
	q.Set("target_session_attrs", "read-write")
	u.RawQuery = q.Encode()
	p.ledger = u.String()
	return p
}

// started starts a run and waits until so many commands were done.
func (p *pair) started(commands int) (run *exec.Cmd, said *saying) {
	p.t.Helper()
	run, said = p.run("--rate", "m2m=200", "--max-outage", "60s"), &saying{}
	run.Stdout, run.Stderr = said, said
	require.NoError(p.t, run.Start())
	p.t.Cleanup(func() { _ = run.Process.Kill() })
	p.doneAtLeast(commands, said)
	return run, said
}

func (p *pair) doneAtLeast(commands int, said *saying) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return p.box.Stats().CommandsDone >= commands }, time.Minute, time.Millisecond, "%s", said)
}

// failsOver kills the primary as a crash does, and makes a server of the standby.
func (p *pair) failsOver() {
	p.t.Helper()
	p.primary.Halt()
	require.NoError(p.t, p.standby.Do("SELECT pg_promote(true)"))
}

// A synchronous standby takes over in the middle of a run: the run waits for it and
// comes to its end; nothing is lost, and nothing sent twice.
func TestFailoverToASynchronousStandby(t *testing.T) {
	t.Parallel()
	p := paired(t, 900)
	require.NoError(t, p.primary.Do("ALTER SYSTEM SET synchronous_standby_names = '*'"))
	require.NoError(t, p.primary.Do("SELECT pg_reload_conf()"))
	require.Eventually(t, func() bool {
		return p.primary.Holds("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
	}, time.Minute, 50*time.Millisecond)
	run, said := p.started(250)
	p.failsOver()
	require.NoError(t, run.Wait(), said.String())
	require.NotContains(t, said.String(), "a failover may lose acts")
	outcomes := p.holds(func(string) bool { return false })
	require.Equal(t, len(p.rows), outcomes["ok"], said.String())
	require.True(t, p.standby.Holds("SELECT NOT pg_is_in_recovery()"))
	p.onceMore()
}

// A standby that had fallen behind takes over: acts are gone that were confirmed. The run
// ends, and nothing irreversible is begun by that history before a person has looked:
// what it lacks would be sent a second time.
func TestFailoverToAStandbyThatLagged(t *testing.T) {
	t.Parallel()
	p := paired(t, 900)
	run, said := p.started(150)
	require.NoError(t, p.standby.Do("ALTER SYSTEM SET primary_conninfo = ''"))
	require.NoError(t, p.standby.Do("SELECT pg_reload_conf()"))
	require.Eventually(t, func() bool { return p.primary.Holds("SELECT count(*) = 0 FROM pg_stat_replication") }, time.Minute, 50*time.Millisecond)
	p.doneAtLeast(p.box.Stats().CommandsDone+100, said)
	p.failsOver()
	require.Error(t, run.Wait(), said.String())
	require.Contains(t, said.String(), "a failover may lose acts that were confirmed")
	require.Contains(t, []int{1, 5}, run.ProcessState.ExitCode(), said.String())
	require.Empty(t, p.box.Stats().CommandedTwice)
	sent, ok, lost := p.box.Stats().CommandsDone, 0, 0
	for i, r := range p.results() {
		s, _ := p.box.SIM(p.rows[i].iccid)
		switch r["outcome"] {
		case "ok":
			ok++
			require.Equal(t, 1, s.CommandsDone, r)
			if r["error_description"] == "Done; the ledger has lost it." {
				lost++
			}
		case "not_run":
			require.Zero(t, s.CommandsDone, "sent, and the result file says that it was not: %v", r)
		default:
			require.Equal(t, "unknown", r["outcome"], r)
		}
	}
	require.Greater(t, ok, 200)
	require.Positive(t, lost)

	code, text := p.finish(p.run("-o", p.path("refused.csv")))
	require.Equal(t, 4, code, text)
	require.Contains(t, text, "is not what this machine saw")
	require.Equal(t, sent, p.box.Stats().CommandsDone)

	// What the result file says is brought back; then the rest of the file is done.
	code, text = p.finish(p.command("ledger", "import", p.path("out.csv"), "--reason", "failover", "--ledger", p.ledger))
	require.Zero(t, code, text)
	code, text = p.finish(p.run())
	require.Contains(t, []int{0, 5}, code, text)
	require.Equal(t, len(p.rows), p.box.Stats().CommandsDone+len(p.unsent()), text)
	require.Empty(t, p.box.Stats().CommandedTwice)
}

// command is another of bulk's commands, on the machine of the bench's runs.
func (b *bench) command(args ...string) *exec.Cmd {
	cmd := b.run()
	cmd.Args = append([]string{b.binary}, args...)
	return cmd
}
