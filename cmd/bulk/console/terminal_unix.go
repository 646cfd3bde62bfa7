//go:build !windows

package console

import "os"

// terminalNames are what to open to read from the terminal, and to write to it.
var terminalNames = []terminalName{{"/dev/tty", os.O_RDWR}}

type terminalName struct {
	name string
	flag int
}
