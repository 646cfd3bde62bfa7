package temporal

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/engine"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/ledger"
)

var _ engine.Engine = (*Engine)(nil)

// Engine brings runs to this worker by way of a Temporal server.
type Engine struct {
	At       *settings.Temporal
	DB       *ledger.DB
	Identity string // of this worker, for who looks at the server
	Log      *slog.Logger
	Say      func(format string, args ...any)
	Warn     func(format string, args ...any)
}

const (
	reconnect = 5 * time.Second
	healthy   = 10 * time.Second // how often the server is asked whether it is there
	stopMost  = 10 * time.Minute // what is under way when the worker ends has by its own limits
	throttle  = time.Second      // of beats: a cancellation is heard of with one
)

// Serve is part of [engine.Engine]. A server that is away is waited for.
func (e *Engine) Serve(ctx context.Context, accounts []string, leg engine.Legs) error {
	var legs sync.WaitGroup
	defer legs.Wait()
	h := hands{db: e.DB, do: leg, turns: &turns{}, end: ctx, legs: &legs, warn: e.Warn}
	for told := false; ; {
		err := e.serve(ctx, accounts, h)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !told {
			e.Warn("%v; it is tried again", err)
		}
		told = err != nil
		if !batch.WaitFor(ctx, reconnect) {
			return nil
		}
	}
}

// serve has the server bring tasks until ctx ends, or the server will not.
func (e *Engine) serve(ctx context.Context, accounts []string, h hands) error {
	c, err := connect(e.At, e.Identity, e.Log)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := reach(ctx, c, e.At); err != nil {
		return err
	}
	broken := make(chan error, 1)
	p := &polling{e: e, c: c, hands: h, broken: broken, queues: map[string]worker.Worker{}}
	defer p.stop()
	if err := p.poll(accounts); err != nil {
		return err
	}
	e.Say("this worker asks Temporal at %s for work as well", e.At.Address)
	return e.until(ctx, c, broken, func() error {
		if err := e.DB.RereadNames(ctx); err != nil {
			return nil // the ledger is away: who has a run knows
		}
		return p.poll(accounts)
	})
}

// polling is the queues that a worker takes tasks from.
type polling struct {
	e      *Engine
	c      client.Client
	hands  hands
	broken chan<- error
	queues map[string]worker.Worker
}

// poll has tasks taken from the queues of these accounts, by the names that they have
// now, as well: somebody may have said since that one has another.
func (p *polling) poll(accounts []string) error {
	var names []string
	for _, account := range accounts {
		if name := p.e.DB.OneName(account); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, some := range subsets(names) {
		q := queue(p.e.DB.ID(), some)
		if p.queues[q] != nil {
			continue
		}
		own := p.hands
		own.accounts = some
		w := p.e.worker(p.c, q, &own, p.broken)
		if err := w.Start(); err != nil {
			return &Unreached{At: p.e.At.TemporalAt, cause: err}
		}
		p.queues[q] = w
	}
	return nil
}

// stop ends the workers, once the legs that they are at have ended.
func (p *polling) stop() {
	var all sync.WaitGroup
	for _, w := range p.queues {
		all.Go(w.Stop)
	}
	all.Wait()
}

func (e *Engine) worker(c client.Client, queue string, h *hands, broken chan<- error) worker.Worker {
	w := worker.New(c, queue, worker.Options{
		WorkerStopTimeout:            stopMost,
		MaxHeartbeatThrottleInterval: throttle, DefaultHeartbeatThrottleInterval: throttle,
		OnFatalError: func(err error) {
			select {
			case broken <- err:
			default:
			}
		},
	})
	register(w, h)
	return w
}

// register says by which names the server knows what a worker does.
func register(w worker.Registry, h *hands) {
	w.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: workflowName})
	w.RegisterActivityWithOptions(h.look, activity.RegisterOptions{Name: lookName})
	w.RegisterActivityWithOptions(h.leg, activity.RegisterOptions{Name: legName})
}

// until waits until the worker is to end, or cannot go on, and says when the server is
// away: legs under way go on without it. Now and then renamed is called.
func (e *Engine) until(ctx context.Context, c client.Client, broken <-chan error, renamed func() error) error {
	tick := time.NewTicker(healthy)
	defer tick.Stop()
	for away := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case err := <-broken:
			return &Unreached{At: e.At.TemporalAt, cause: err}
		case <-tick.C:
			err := reach(ctx, c, e.At)
			switch {
			case err != nil && !away && ctx.Err() == nil:
				e.Warn("%v; what is under way goes on", err)
			case err == nil && away:
				e.Say("Temporal at %s is back", e.At.Address)
			}
			if away = err != nil; away {
				continue
			}
			if err := renamed(); err != nil {
				return err
			}
		}
	}
}
