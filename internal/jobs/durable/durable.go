// Package durable makes files and renames outlast a loss of power.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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

// MakeFolder makes a folder for its owner alone (0700), and those above it that
// are missing. All of them are found after a loss of power; but a folder that may
// not be read cannot be synced.
func MakeFolder(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	var missing []string
	for at := path; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, at)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	for _, made := range missing {
		if err := Folder(filepath.Dir(made)); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}
