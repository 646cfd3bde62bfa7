package sqlite

import (
	"os"
	"testing"
)

// CheckInSlices has every ledger checked as a large one is.
func CheckInSlices(t *testing.T) {
	was := wholeMost
	wholeMost = 0
	t.Cleanup(func() { wholeMost = was })
}

// CountSyncs counts what is synced, files and folders.
func CountSyncs(t *testing.T, synced func(name string)) {
	was := fsync
	fsync = func(file *os.File) error {
		synced(file.Name())
		return was(file)
	}
	t.Cleanup(func() { fsync = was })
}
