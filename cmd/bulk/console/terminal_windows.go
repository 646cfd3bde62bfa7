package console

import (
	"context"
	"os"
	"time"
)

// terminalNames are what to open to read from the console, and to write to it.
// Its modes can be set by those alone who may do both.
var terminalNames = []terminalName{{"CONIN$", os.O_RDWR}, {"CONOUT$", os.O_RDWR}}

type terminalName struct {
	name string
	flag int
}

// closeTerminal lets a console go. Closing waits for a read that a signal has left
// behind, and that one for a line.
func closeTerminal(f *os.File) { go f.Close() }

// signalDelay is how long a Ctrl-C may take to come after it has ended the
// reading of a line.
const signalDelay = 250 * time.Millisecond

// awaitSignal waits for the signal that may have ended the reading, which the
// console tells of by another way.
func awaitSignal(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(signalDelay):
	}
}
