//go:build !windows

package console

import (
	"context"
	"os/exec"
	"syscall"
)

// ShellCommand is a command line as the system's shell takes it. Where it is
// ended, what it began ends with it. It has no terminal: who asks there for a password
// fails at once, where it would be stopped as a group in the background.
func ShellCommand(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}
