// Package brief spares a command that ends at once the garbage collection that the
// start of the program would bring about: what its libraries lay out comes to just as
// much as the first one begins at. docs/decisions/startup.md has the figures.
//
// It is initialised before those libraries, since Go does so in the order of import
// paths, and imports next to nothing.
package brief

import (
	"os"
	"runtime/debug"
	"time"
)

const (
	percent = 400                    // the first collection begins at 16 MiB
	lasts   = 300 * time.Millisecond // what takes longer is not brief
)

func init() {
	if os.Getenv("GOGC") != "" {
		return
	}
	before := debug.SetGCPercent(percent)
	time.AfterFunc(lasts, func() { debug.SetGCPercent(before) })
}
