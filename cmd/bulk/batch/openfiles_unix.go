//go:build unix

package batch

import (
	"math"
	"syscall"
)

// openFileLimit is how many files this process may have open at once. The
// runtime has raised it as far as the system lets it.
func openFileLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || uint64(limit.Cur) > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(limit.Cur)
}
