//go:build unix

package sqlite

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// inodeOf is a file's number in its file system, and when anything of it was last
// changed, which no program can set.
func inodeOf(file *os.File) (string, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d of %d", stat.Ino, stat.Ctim.Nano()), nil
}

// hardLinks is how many names a file has.
func hardLinks(path string) (int, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Nlink), nil
	}
	return 1, nil
}
