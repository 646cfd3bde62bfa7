// Package durable makes files and renames outlast a loss of power.
package durable

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// File has the content of a file on disk when it returns.
func File(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0) // Windows syncs no file that is open for reading alone
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// Folder has the names in a folder on disk when it returns, so that a file that
// was made in it or renamed into it is found there after a loss of power. Where
// the system syncs no folders (Windows, some network file systems), there is
// nothing to be done.
func Folder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}
