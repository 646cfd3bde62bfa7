package batch

import (
	"context"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs/input"
)

// Do takes the job from its input to the exit code: a row of steps, each of which
// takes what the one before has come to, and may refuse. Nothing is sent before
// execute. output names the result file, by whether bulk wrote the input.
func (j *Job) Do(ctx context.Context, options input.Options, output func(written bool) (string, error)) error {
	defer j.close()
	console.OutliveReaders()
	loaded, err := j.load(ctx, options)
	if err != nil {
		return err
	}
	connected, err := loaded.connect(ctx, output)
	if err != nil {
		return err
	}
	opened, err := connected.open(ctx)
	if err != nil {
		return err
	}
	approved, err := opened.approve(ctx)
	if err != nil {
		return err
	}
	begun, err := approved.begin(ctx)
	if err != nil {
		return err
	}
	if j.s.ByWorkers() {
		return begun.handOver(ctx)
	}
	done, err := begun.execute(ctx)
	if err != nil {
		return err
	}
	defer done.signals.Stop()
	return begun.conclude(done, begun.publish(context.WithoutCancel(ctx), done))
}
