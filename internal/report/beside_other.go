//go:build !windows

package report

import (
	"os"

	"github.com/gofrs/flock"
)

// hold is a writer's hold on its file beside: a lock, which the system gives
// back when the process ends, however it ends.
type hold struct{ lock *flock.Flock }

func takeHold(file *os.File) hold {
	h := hold{flock.New(file.Name(), flock.SetFlag(os.O_RDWR))}
	// A file system without locks cannot sweep either, so it needs none.
	_ = h.lock.Lock()
	return h
}

func (h hold) release() { h.lock.Close() }

// removeAbandoned removes a file beside that nobody has a hold on.
func removeAbandoned(path string) {
	lock := flock.New(path, flock.SetFlag(os.O_RDWR))
	if free, err := lock.TryLock(); free && err == nil {
		os.Remove(path)
	}
	lock.Close()
}

func (b *beside) replace() error { return cause(os.Rename(b.file.Name(), b.target)) }

// replaceable tells what a rename to path would meet: nothing here, since a
// file that is open may be replaced.
func replaceable(string) error { return nil }
