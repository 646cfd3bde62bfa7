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
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	p := &process{
		args: os.Args[1:], stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		env: os.LookupEnv, signals: signals, now: time.Now, leave: os.Exit,
	}
	os.Exit(p.profiled(func() int { return p.run(context.Background()) }))
}

// process is all that a command may know of the process it runs in.
type process struct {
	args      []string
	stdin     io.Reader
	stdout    io.Writer
	stderr    io.Writer
	env       func(string) (string, bool)
	signals   <-chan os.Signal
	now       func() time.Time
	leave     func(code int) // ends the process at once; for signals alone
	watching  *watch         // for signals
	scratches scratches
	finisher  atomic.Pointer[exec.Cmd] // the command of --on-finish, while it goes on
}

// run does one command and returns the exit code.
func (p *process) run(ctx context.Context) int {
	u := newUI(p)
	ctx, w := p.watch(ctx, u)
	defer w.stop()
	p.watching = w
	root := newRoot(&sources{process: p}, u)
	root.SetArgs(p.args)
	cmd, err := root.ExecuteContextC(ctx)
	u.command = cmd.CommandPath()
	return u.exit(w.ended(sourced(cmd, err), cmd.Name() == "run" || cmd.Name() == "apply" || cmd.Name() == "check"))
}
