// Package scratch keeps temporary folders that do not outlive their process:
// what a killed one leaves behind, the next to make a folder there removes.
package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

const (
	prefix   = "bulk-scratch-"
	lockName = "lock"
	// unlocked is the age from which a folder without a lock is one whose
	// process was killed between making the two.
	unlocked = time.Hour
)

// Dir is a temporary folder of this process. Its lock shows to others that the
// process is alive; a process id would not, since in a container every bulk may
// be number 1.
type Dir struct {
	Path string
	lock *flock.Flock
}

// New makes a folder in parent that only its owner can enter, and removes those
// there whose processes are no more. parent is made where it is missing.
func New(parent string) (*Dir, error) {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	Sweep(parent)
	for {
		path, err := os.MkdirTemp(parent, prefix+"*") // 0700
		if err != nil {
			return nil, fmt.Errorf("making a temporary folder: %w", err)
		}
		lock := flock.New(filepath.Join(path, lockName), flock.SetPermissions(0o600))
		// A file system without locks cannot sweep either, so it needs none.
		if err := lock.Lock(); errors.Is(err, fs.ErrNotExist) {
			continue // swept away between its making and its lock
		}
		if _, err := os.Stat(lock.Path()); err == nil {
			return &Dir{Path: path, lock: lock}, nil
		}
		_ = lock.Close()
	}
}

// Remove removes the folder and all that is in it. It may be called again.
func (d *Dir) Remove() error {
	_ = d.lock.Close() // some systems remove no file that is open
	return os.RemoveAll(d.Path)
}

// Sweep removes the folders in parent whose processes are no more. It is best
// effort.
func Sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.IsDir() && strings.HasPrefix(entry.Name(), prefix) {
			sweep(filepath.Join(parent, entry.Name()))
		}
	}
}

func sweep(dir string) {
	path := filepath.Join(dir, lockName)
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		if made, err := os.Lstat(dir); err == nil && time.Since(made.ModTime()) > unlocked {
			_ = os.RemoveAll(dir)
		}
		return
	case err != nil || !info.Mode().IsRegular(): // not ours, or not made by us
		return
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDWR))
	if free, err := lock.TryLock(); !free || err != nil {
		return
	}
	_ = os.RemoveAll(dir) // under the lock, so that nobody begins to use it
	_ = lock.Close()
	_ = os.RemoveAll(dir) // some systems kept the lock file, which was open
}

// SweepOld removes the files in folder that match one of the patterns, as
// [filepath.Match] has them, and were not written for so long. It is for what
// earlier versions left without a lock, and best effort.
func SweepOld(folder string, age time.Duration, patterns ...string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) < age {
			continue
		}
		for _, pattern := range patterns {
			if matches, err := filepath.Match(pattern, entry.Name()); err == nil && matches {
				_ = os.Remove(filepath.Join(folder, entry.Name()))
				break
			}
		}
	}
}
