package report

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// hold is a writer's hold on its file beside. It takes nothing more than the
// open file: Windows does not let another process remove it.
type hold struct{}

func takeHold(*os.File) hold { return hold{} }

func (hold) release() {}

// abandonedAfter is how old a file beside is that nobody will rename any more.
// Its writer closes it first, so that for a moment it is not open.
const abandonedAfter = time.Hour

// removeAbandoned removes a file beside that is old and not open.
func removeAbandoned(path string) {
	if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > abandonedAfter {
		os.Remove(path)
	}
}

// Virus scanners and indexers open each new file for a moment, and a rename
// that meets them fails.
const (
	replacePatience = 2 * time.Second
	replacePoll     = 50 * time.Millisecond
)

func (b *beside) replace() error {
	if err := b.file.Close(); err != nil {
		return cause(err)
	}
	err := patiently(func() error { return os.Rename(b.file.Name(), b.target) })
	if blocked(err) && ordinary(b.target) == nil && blocked(open(b.target, windows.GENERIC_READ, 0)) {
		return &InUse{b.target, programsWith(b.target)}
	}
	return cause(err)
}

// replaceable tells, without changing anything, what a rename to path would
// meet: an [InUse] where another program keeps the file in place.
func replaceable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil // nothing there
	}
	if info.Mode().Perm()&0o200 == 0 {
		return errors.New("it is marked read-only; take the mark off it")
	}
	err = patiently(func() error {
		return open(path, windows.DELETE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE)
	})
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return &InUse{path, programsWith(path)}
	}
	return nil // whatever else it is, making the file will tell
}

// patiently tries again for a while what another program blocks.
func patiently(try func() error) error {
	for end := time.Now().Add(replacePatience); ; time.Sleep(replacePoll) {
		if err := try(); !blocked(err) || time.Now().After(end) {
			return err
		}
	}
}

// blocked reports whether an error may come from another program that has the
// file open. A rename says then that access is denied.
func blocked(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, windows.ERROR_USER_MAPPED_FILE) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// open tries whether a file could be opened so; share is what others may do
// meanwhile.
func open(path string, access, share uint32) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	handle, err := windows.CreateFile(name, access, share, nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return err
	}
	return windows.CloseHandle(handle)
}
