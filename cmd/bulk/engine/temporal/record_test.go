//go:build unix && engine

package temporal

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/encoding/protojson"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/engine/temporal/temporaltest"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/postgres/pgtest"
)

var update = flag.Bool("update", false, "keep the histories that the server has in the end")

func TestMain(m *testing.M) {
	os.Exit(pgtest.Main(func() int {
		defer temporaltest.End()
		return m.Run()
	}))
}

// pages is a ledger of one run that changes under the workflow's eyes.
type pages struct {
	mu  sync.Mutex
	now page
}

func (p *pages) turn(to page) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = to
}

func (p *pages) open() *page {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now
	return &now
}

func (p *pages) Run(ctx context.Context, run int64) (ledger.RunInfo, bool, error) {
	return p.open().Run(ctx, run)
}

func (p *pages) HandoverOf(ctx context.Context, run int64) (ledger.Handover, bool, error) {
	return p.open().HandoverOf(ctx, run)
}

func (p *pages) Wanted(ctx context.Context, run int64) (ledger.Control, bool, error) {
	return p.open().Wanted(ctx, run)
}

// Each kind of a run's way goes through a real server, and its history is what a worker
// of a later version must be able to go on with. With -update it is kept in testdata.
func TestHistoriesAreRecorded(t *testing.T) {
	server := temporaltest.Shared(t)
	over := page{handover: ledger.Handover{Over: time.Now()}}
	for name, c := range map[string]struct {
		first  page
		do     func(ctx context.Context, leg int, p *pages) (batch.Next, error)
		beside func(t *testing.T, c client.Client, id string, p *pages)
		end    error
	}{
		"approved": {first: page{handover: ledger.Handover{Waits: true}},
			do: func(_ context.Context, _ int, p *pages) (batch.Next, error) { p.turn(over); return batch.Over, nil },
			beside: func(t *testing.T, c client.Client, id string, p *pages) {
				time.Sleep(2 * time.Second)
				p.turn(page{})
				require.NoError(t, c.SignalWorkflow(t.Context(), id, "", knock, nil))
			}},
		"lost_knock": {first: page{handover: ledger.Handover{Waits: true}},
			do: func(_ context.Context, _ int, p *pages) (batch.Next, error) { p.turn(over); return batch.Over, nil },
			beside: func(_ *testing.T, _ client.Client, _ string, p *pages) {
				time.Sleep(2 * time.Second)
				p.turn(page{})
			}},
		"paused": {
			do: func(_ context.Context, leg int, p *pages) (batch.Next, error) {
				if leg == 1 {
					p.turn(page{want: batch.WantPause})
					return batch.Later, nil
				}
				p.turn(over)
				return batch.Over, nil
			},
			beside: func(t *testing.T, c client.Client, id string, p *pages) {
				time.Sleep(3 * time.Second)
				p.turn(page{want: batch.WantRun})
				require.NoError(t, c.SignalWorkflow(t.Context(), id, "", knock, nil))
			}},
		"handed_on": {
			do: func(_ context.Context, leg int, p *pages) (batch.Next, error) {
				if leg < 4 {
					return batch.Again, nil
				}
				p.turn(over)
				return batch.Over, nil
			}},
		"cancelled": {
			do: func(ctx context.Context, _ int, _ *pages) (batch.Next, error) {
				<-ctx.Done()
				time.Sleep(2 * time.Second) // what is under way finishes
				return batch.Again, nil
			},
			beside: func(t *testing.T, c client.Client, id string, _ *pages) {
				time.Sleep(2 * time.Second)
				require.NoError(t, c.CancelWorkflow(t.Context(), id, ""))
			}, end: errors.New("canceled")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := quiet{slog.New(slog.DiscardHandler)}
			cl, err := connect(&settings.Temporal{TemporalAt: settings.TemporalAt{Address: server.Address, Namespace: client.DefaultNamespace}}, "worker", said.log)
			require.NoError(t, err)
			defer cl.Close()
			p, legs := &pages{now: c.first}, 0
			h := &hands{db: p, turns: &turns{}, end: t.Context(), legs: &sync.WaitGroup{}, warn: t.Logf}
			h.do = func(ctx context.Context, _ int64) (batch.Next, error) { legs++; return c.do(ctx, legs, p) }
			w := worker.New(cl, queue(name, nil), worker.Options{MaxHeartbeatThrottleInterval: throttle, DefaultHeartbeatThrottleInterval: throttle})
			register(w, h)
			require.NoError(t, w.Start())
			defer w.Stop()
			id := workflowID(name, 12)
			going, err := cl.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: queue(name, nil)}, workflowName, 12)
			require.NoError(t, err)
			if c.beside != nil {
				c.beside(t, cl, id, p)
			}
			err = going.Get(t.Context(), nil)
			if c.end != nil {
				require.ErrorContains(t, err, c.end.Error())
			} else {
				require.NoError(t, err)
			}
			var whole historypb.History
			for events := cl.GetWorkflowHistory(t.Context(), id, going.GetRunID(), false, 1); events.HasNext(); {
				e, err := events.Next()
				require.NoError(t, err)
				whole.Events = append(whole.Events, e)
			}
			require.Less(t, len(whole.Events), 60)
			if *update {
				text, err := protojson.MarshalOptions{Multiline: true, Indent: " "}.Marshal(&whole)
				require.NoError(t, err)
				text = bytes.ReplaceAll(text, []byte(`"`+console.Host()+":"), []byte(`"worker:`))
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(filepath.Join("testdata", name+".json"), append(text, '\n'), 0o644))
			}
		})
	}
}
