package temporal

import (
	"time"

	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Standing is what is to be done with a run, by the ledger.
type Standing string

// They. Histories hold these words: they do not change.
const (
	Waits Standing = "waits" // for an approval, or it is paused
	Ready Standing = "ready" // a leg may begin
	Over  Standing = "over"  // it is no longer the workers'
)

const (
	lookEvery  = 30 * time.Second // while a run waits: a knock may be lost
	roundsMost = 200              // looks in one history
	afterError = time.Second

	lookWithin = time.Minute
	lookAgain  = 5 * time.Second
	legWithin  = 7 * 24 * time.Hour
	// A worker that has not been heard of for so long is dead, as far as the server knows.
	deadAfter = 15 * time.Second
	// What makes legs fail again and again says itself when it is to be tried again.
	legAgain = time.Second
)

// run is the workflow of a run: leg after leg, each by what the ledger says. Where
// histories of it may be under way, a change to the order of its steps goes behind
// workflow.GetVersion; TestRecordedHistories replays some.
func run(ctx workflow.Context, number int64) error {
	knocks := workflow.GetSignalChannel(ctx, knock)
	for range roundsMost {
		standing, err := look(ctx, number)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			_ = workflow.Sleep(ctx, afterError)
		case standing == Over && !heard(knocks):
			return nil
		case standing == Waits:
			await(ctx, knocks)
		case standing == Ready:
			// Whatever became of the leg, the ledger says how far the run is. A leg that was
			// to be cancelled and then was not heard of ends as if its time were up.
			if err := leg(ctx, number); err != nil && ctx.Err() == nil {
				_ = workflow.Sleep(ctx, afterError)
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return workflow.NewContinueAsNewError(ctx, workflowName, number)
}

// heard takes the knocks that came, and reports whether one did.
func heard(knocks workflow.ReceiveChannel) (any bool) {
	for knocks.ReceiveAsync(nil) {
		any = true
	}
	return any
}

// await waits for a knock, or until it is time to look without one.
func await(ctx workflow.Context, knocks workflow.ReceiveChannel) {
	if heard(knocks) {
		return
	}
	timed, stop := workflow.WithCancel(ctx)
	workflow.NewSelector(ctx).
		AddReceive(knocks, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) }).
		AddFuture(workflow.NewTimer(timed, lookEvery), func(workflow.Future) {}).
		AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {}).
		Select(ctx)
	stop()
}

func look(ctx workflow.Context, number int64) (standing Standing, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: lookWithin,
		RetryPolicy:         &sdk.RetryPolicy{InitialInterval: lookAgain, BackoffCoefficient: 1},
	})
	err = workflow.ExecuteActivity(ctx, lookName, number).Get(ctx, &standing)
	return standing, err
}

func leg(ctx workflow.Context, number int64) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: legWithin,
		HeartbeatTimeout:    deadAfter,
		WaitForCancellation: true,
		RetryPolicy:         &sdk.RetryPolicy{InitialInterval: legAgain, BackoffCoefficient: 1},
	})
	return workflow.ExecuteActivity(ctx, legName, number).Get(ctx, nil)
}
