//go:build unix

package report

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// keptInPlace says why the file at path cannot be replaced: it cannot be
// changed, or it is somebody else's in a folder such as /tmp, where each may
// remove their own alone.
func keptInPlace(path string, info fs.FileInfo) error {
	if err := unchangeable(path); err != nil {
		return err
	}
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil || folder.Mode()&fs.ModeSticky == 0 {
		return nil
	}
	file, found := info.Sys().(*syscall.Stat_t)
	parent, known := folder.Sys().(*syscall.Stat_t)
	me := uint32(os.Geteuid())
	if found && known && me != 0 && file.Uid != me && parent.Uid != me {
		return errors.New("it is somebody else's, in a folder where only they may replace it")
	}
	return nil
}

// rehearse renames a file under way to a name of the same kind and back, so that
// a folder that lets files be made but not renamed is known for it.
func (b *beside) rehearse() error {
	from := b.file.Name()
	to := strings.TrimSuffix(from, ".tmp") + "0.tmp"
	if err := os.Rename(from, to); err != nil {
		return cause(err)
	}
	if err := os.Rename(to, from); err != nil {
		_ = os.Remove(to)
		return cause(err)
	}
	return nil
}

// tooLong leaves it to the system, which says so when the name is looked for.
func tooLong(string) error { return nil }
