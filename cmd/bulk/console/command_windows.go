package console

import (
	"context"
	"os/exec"
	"strconv"
	"syscall"
)

// ShellCommand is a command line as the system's shell takes it. cmd does not
// take its line apart as other programs do, so the line goes there as it is,
// between the two quotation marks that /S takes off. Where it is ended, what it
// began ends with it.
func ShellCommand(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /S /C "` + line + `"`}
	cmd.Cancel = func() error {
		return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
	}
	return cmd
}
