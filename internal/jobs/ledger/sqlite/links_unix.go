//go:build unix

package sqlite

import (
	"os"
	"syscall"
)

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
