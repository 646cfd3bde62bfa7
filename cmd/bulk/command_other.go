//go:build !windows

package main

import (
	"context"
	"os/exec"
)

// shellCommand is a command line as the system's shell takes it.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "sh", "-c", line)
}
