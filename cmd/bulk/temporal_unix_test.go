//go:build unix && engine

package main

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"bulk/cmd/bulk/engine/temporal/temporaltest"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/postgres/pgtest"
	"bulk/internal/upstream/sandbox"
)

func init() { afterTests = temporaltest.End }

// brings has a bench's runs brought to workers by a Temporal server.
func brings(s *temporaltest.Server) func(*bench) *bench {
	return func(b *bench) *bench {
		b.engine, b.env = "temporal", append(b.env, "BULK_TEMPORAL="+s.Address)
		return b
	}
}

// The stories of testdata/temporal are about runs that Temporal brings to workers.
func TestScriptsOfTemporal(t *testing.T) {
	server := temporaltest.Shared(t)
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/temporal", UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("BULK_TEMPORAL", server.Address)
			return prepareShared(env)
		},
		Cmds: scriptCommands, Condition: scriptCondition, RequireExplicitExec: true, RequireUniqueNames: true,
	})
}

func TestWorkersOfTemporalKilled(t *testing.T) { workersKilled(t, brings(temporaltest.Shared(t))) }

func TestWorkersOfTemporalReplaced(t *testing.T) { workersReplaced(t, brings(temporaltest.Shared(t))) }

// The Temporal server is killed under a run: rows flow on while it is away, and when it
// is back the run comes to its end as if nothing had been.
func TestTemporalKilledUnderARun(t *testing.T) {
	postgres := pgtest.Shared(t)
	server, err := temporaltest.Start()
	require.NoError(t, err)
	defer server.Stop()
	rows := make([]benchRow, 600)
	for i := range rows {
		rows[i] = benchRow{card(i), "set_aa_group", "L100", ""}
	}
	b := brings(server)(prepared(t, sandbox.Config{}, rows).shared(postgres))
	w := b.worker("machine")
	var worker, desk saying
	w.Stderr = &worker
	require.NoError(t, w.Start())
	t.Cleanup(func() { _ = w.Process.Kill(); _ = w.Wait() })
	cmd := b.run("--engine", "temporal", "--rate", "m2m=20", "--preflight", "none")
	cmd.Stderr = &desk
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	done := func() int { return b.box.Stats().CommandsDone }
	said := func() string { return worker.String() + desk.String() }
	require.Eventually(t, func() bool { return done() > 20 }, time.Minute, time.Millisecond, said())
	for _, away := range []time.Duration{3 * time.Second, 20 * time.Second} { // less, and more, than what a worker is taken for dead after
		server.Halt()
		before, since := done(), time.Now()
		time.Sleep(away)
		during := float64(done()-before) / time.Since(since).Seconds()
		require.Greater(t, during, 15.0, "rows flow on: %s", said())
		require.NoError(t, server.Run())
	}
	select {
	case err := <-ended:
		require.NoError(t, err, said())
	case <-time.After(3 * time.Minute):
		_ = cmd.Process.Kill()
		t.Fatal("the run did not end: " + said())
	}
	require.Equal(t, len(rows), b.holds(func(string) bool { return false })["ok"], said())
	require.Contains(t, worker.String(), "what is under way goes on")
	db, err := ledger.Open(t.Context(), b.ledger, ledger.Options{Now: time.Now})
	require.NoError(t, err)
	defer db.Close()
	starts, err := db.Starts(t.Context(), 1)
	require.NoError(t, err)
	require.Len(t, starts, 2, "the one that handed it over, and one leg")

	server.Halt() // and a worker ends though it is away
	since := time.Now()
	require.NoError(t, w.Process.Signal(syscall.SIGTERM))
	require.NoError(t, w.Wait())
	t.Logf("the worker ended after %s", time.Since(since).Round(100*time.Millisecond))
	require.Less(t, time.Since(since), 30*time.Second)
}

// A worker is cut off from the server, which gives its leg to another one: that finds
// the run taken, and rows flow on as if nothing had been.
func TestTemporalCutOff(t *testing.T) {
	postgres, server := pgtest.Shared(t), temporaltest.Shared(t)
	between := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.New(io.Discard)), t.Name(), "127.0.0.1:0", server.Address)
	require.NoError(t, between.Start())
	defer between.Stop()
	rows := make([]benchRow, 700)
	for i := range rows {
		rows[i] = benchRow{card(i), "set_aa_group", "L100", ""}
	}
	b := brings(server)(prepared(t, sandbox.Config{}, rows).shared(postgres))
	first, second := b.worker("machine-1"), b.worker("machine-2")
	first.Env = append(first.Env, "BULK_TEMPORAL="+between.Listen)
	for _, w := range []*exec.Cmd{first, second} {
		t.Cleanup(func() { _ = w.Process.Kill(); _ = w.Wait() })
	}
	require.NoError(t, first.Start())
	cmd := b.run("--engine", "temporal", "--rate", "m2m=20", "--preflight", "none")
	require.NoError(t, cmd.Start())
	done := func() int { return b.box.Stats().CommandsDone }
	require.Eventually(t, func() bool { return done() > 20 }, time.Minute, time.Millisecond)
	between.Stop()
	require.NoError(t, second.Start())
	before, since := done(), time.Now()
	time.Sleep(25 * time.Second)
	require.NoError(t, between.Start())
	require.NoError(t, cmd.Wait())
	require.Greater(t, float64(len(rows)-before)/time.Since(since).Seconds(), 15.0, "rows flow on")
	require.Equal(t, len(rows), b.holds(func(string) bool { return false })["ok"])
	db, err := ledger.Open(t.Context(), b.ledger, ledger.Options{Now: time.Now})
	require.NoError(t, err)
	defer db.Close()
	starts, err := db.Starts(t.Context(), 1)
	require.NoError(t, err)
	require.Len(t, starts, 2, "the one that handed it over, and one leg")
}

// Who can write to the server can knock, start and end as they like: what is not
// approved in the ledger is not sent, and what is there comes to its end.
func TestWhoCanWriteToTemporal(t *testing.T) {
	postgres, server := pgtest.Shared(t), temporaltest.Shared(t)
	ctx := t.Context()
	c, err := server.Client()
	require.NoError(t, err)
	defer c.Close()
	b := brings(server)(prepared(t, sandbox.Config{}, []benchRow{{card(0), "set_aa_group", "L100", ""}}).shared(postgres))
	db, err := ledger.Open(ctx, b.ledger, ledger.Options{Now: time.Now})
	require.NoError(t, err)
	defer db.Close()
	w := b.worker("machine")
	require.NoError(t, w.Start())
	t.Cleanup(func() { _ = w.Process.Kill(); _ = w.Wait() })
	code, said := b.finish(b.detached())
	require.Zero(t, code, said)

	id := fmt.Sprintf("bulk-run-%s-1", db.ID())
	described, err := c.DescribeWorkflow(ctx, id, "")
	require.NoError(t, err)
	looks := func() (n int) {
		for events := c.GetWorkflowHistory(ctx, id, "", false, 1); events.HasNext(); {
			e, err := events.Next()
			require.NoError(t, err)
			if e.GetActivityTaskCompletedEventAttributes() != nil {
				n++
			}
		}
		return n
	}
	require.Eventually(t, func() bool { return looks() > 0 }, time.Minute, 100*time.Millisecond)
	for range 3 {
		before := looks()
		require.NoError(t, c.SignalWorkflow(ctx, id, "", "knock", "approved"))
		require.NoError(t, c.SignalWorkflow(ctx, id, "", "approve", true))
		require.Eventually(t, func() bool { return looks() > before }, time.Minute, 100*time.Millisecond)
	}
	again, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "mine", TaskQueue: described.RawResponse.GetExecutionConfig().GetTaskQueue().GetName()}, "Run", 1)
	require.NoError(t, err)
	time.Sleep(3 * time.Second)
	require.Zero(t, b.box.Stats().M2M.Requests)
	require.NoError(t, c.TerminateWorkflow(ctx, again.GetID(), "", ""))
	require.NoError(t, c.TerminateWorkflow(ctx, id, "", "for a whim"))

	run, _, err := db.Run(ctx, 1)
	require.NoError(t, err)
	require.NoError(t, db.Approve(ctx, 1, ledger.Approval{User: "ann", Digest: run.Digest, SIMs: 1})) // and nobody knocks
	wait := b.run()
	wait.Args = []string{b.binary, "runs", "wait", "1", "--ledger", b.ledger, "-o", b.path("out.csv")}
	code, said = b.finish(wait)
	require.Zero(t, code, said)
	require.Equal(t, 1, b.box.Stats().CommandsDone)
}
