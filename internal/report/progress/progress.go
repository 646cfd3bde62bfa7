// Package progress shows how far a run is while it goes on: as a bar on a
// terminal, or as a line in the log now and then. What the run does, how fast
// it is and what its messages say is for others to know.
package progress

import (
	"fmt"
	"log/slog"
)

// Progress shows how far a run is.
type Progress interface {
	// Start begins to show what snapshot returns. It is called from another
	// goroutine, a few times a second, until Stop returns. Start once.
	Start(snapshot func() Snapshot)
	// Stop ends it, and returns when nothing will be written any more. It may
	// be called again, and without Start.
	Stop()
}

// Kind is a way to show progress, as --progress spells it.
type Kind string

// The kinds of progress.
const (
	Auto  Kind = "auto" // a bar on a terminal, else lines
	Bar   Kind = "bar"  // one line that is drawn again and again
	Log   Kind = "log"  // a line in the log now and then
	Quiet Kind = "none"
)

// Choose reads --progress and settles auto: a bar on a terminal that can draw
// one, a log elsewhere.
func Choose(asked string, terminal bool) (Kind, error) {
	switch kind := Kind(asked); kind {
	case Auto:
		if terminal {
			return Bar, nil
		}
		return Log, nil
	case Bar, Log, Quiet:
		return kind, nil
	default:
		return "", fmt.Errorf("progress %q is not one of auto, bar, log, none", asked)
	}
}

// New makes the progress of a kind that Choose settled. The bar is drawn on
// screen, through which the log should be written too; lines go to log.
func New(kind Kind, screen *Screen, log *slog.Logger) Progress {
	switch kind {
	case Bar:
		return &bar{screen: screen}
	case Log:
		return &lines{log: log}
	default:
		return quiet{}
	}
}

// quiet shows nothing.
type quiet struct{}

func (quiet) Start(func() Snapshot) {}
func (quiet) Stop()                 {}
