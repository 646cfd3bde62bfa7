//go:build !windows

package console

import (
	"context"
	"os"
)

// terminalNames are what to open to read from the terminal, and to write to it.
var terminalNames = []terminalName{{"/dev/tty", os.O_RDWR}}

type terminalName struct {
	name string
	flag int
}

func closeTerminal(f *os.File) { _ = f.Close() }

// awaitSignal has nothing to wait for: a signal ends the reading.
func awaitSignal(context.Context) {}
