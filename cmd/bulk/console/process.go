package console

import (
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// Process is all that a command may know of the process it runs in.
type Process struct {
	Args      []string
	Stdin     io.Reader
	Stdout    io.Writer
	Stderr    io.Writer
	Env       func(string) (string, bool)
	Signals   <-chan os.Signal
	Now       func() time.Time
	Leave     func(code int) // ends the process at once; for signals alone
	Watching  *watch         // for signals
	scratches scratches
	Finisher  atomic.Pointer[exec.Cmd] // the command of --on-finish, while it goes on
}
