// Command bulk runs a CSV of SIM actions against the m2m and betatel APIs, fast
// and within their limits, and never does an irreversible thing twice, by
// surprise, or without leaving a record.
//
// This package is the commands: flags in, exit code out. It is the only place
// that ends the process, reads its arguments and environment, and listens to
// signals; what it wires together lives in internal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "bulk/cmd/bulk/brief"
	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
)

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	p := &console.Process{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Env: os.LookupEnv, Signals: signals, Now: time.Now, Leave: os.Exit,
	}
	os.Exit(profiled(p, func() int { return run(context.Background(), p) }))
}

// run does one command and returns the exit code.
func run(ctx context.Context, p *console.Process) int {
	u := console.NewUI(p)
	ctx, w := p.Watch(ctx, u)
	defer w.Stop()
	p.Watching = w
	sources := &settings.Sources{Process: p}
	root := newRoot(sources, u)
	root.SetArgs(p.Args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = misnamed(cmd)
	}
	tellUnheard(ctx, sources, u, cmd, err)
	u.Command = cmd.CommandPath()
	return u.Exit(w.Ended(settings.Sourced(cmd, err), cmd.Name() == "run" || cmd.Name() == "apply" || cmd.Name() == "check"))
}
