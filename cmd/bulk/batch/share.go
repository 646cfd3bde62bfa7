package batch

import (
	"context"
	"sync"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/internal/upstream"
)

const (
	// shareEvery is how often a process says that it calls an account, and hears who
	// else does.
	shareEvery = time.Second
	// shareLost is how long a process goes by what it heard last. Somebody who came
	// since waits longer than that before its first request.
	shareLost = 2 * time.Second
	shareJoin = 2500 * time.Millisecond
	shareAsk  = 900 * time.Millisecond // for an answer of the ledger
)

// shareRates has the processes that call the same accounts, on whatever machines,
// keep each account's rate together, until stop is called. It returns once this one
// may begin.
func (j *begun) shareRates(intake context.Context) (stop func()) {
	if !j.db.Shared() || j.s.Sandbox {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(intake))
	var sharing, joined sync.WaitGroup
	for u, line := range j.up.lines {
		if line.Rate > 0 {
			joined.Add(1)
			sharing.Go(func() { j.share(ctx, intake, j.up.accounts[u], line, joined.Done) })
		}
	}
	joined.Wait()
	return func() {
		cancel()
		sharing.Wait()
	}
}

// share keeps one account's rate with others. joined is called once the line may
// begin.
func (j *begun) share(ctx, intake context.Context, account string, line *upstream.Line, joined func()) {
	processes, lowest, err := j.askShare(ctx, account, line.Rate)
	heard := time.Now()
	switch {
	case err != nil:
		line.Share(0) // until it can be asked
	case processes > 1:
		j.u.Say("%s is called by %s now: all of them keep to its rate of %g a second together", account, console.Plural(processes-1, "other process", "other processes"), lowest)
		line.Share(part(processes, lowest, line.Rate))
		WaitFor(intake, shareJoin) // by then each of them knows
	}
	joined()
	tick := time.NewTicker(shareEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), shareAsk)
			_ = j.db.Unshare(leaving, account) // one that stays counts for some seconds
			cancel()
			return
		case <-tick.C:
		}
		asked := time.Now()
		processes, lowest, err := j.askShare(ctx, account, line.Rate)
		switch {
		case err == nil:
			heard = asked
			line.Share(part(processes, lowest, line.Rate))
		case time.Since(heard) > shareLost-shareEvery:
			line.Share(0)
		}
	}
}

func (j *begun) askShare(ctx context.Context, account string, rate float64) (processes int, lowest float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, shareAsk)
	defer cancel()
	return j.db.Share(ctx, account, rate)
}

// part is how much of its own rate a process may have.
func part(processes int, lowest, own float64) float64 {
	return min(1, lowest/own/float64(max(processes, 1)))
}
