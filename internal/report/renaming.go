package report

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// renamable says why a file that can be made beside path cannot be renamed to
// it, as far as that can be known without doing it: nil where nothing is known
// to be in the way. What it finds would else be found when all is done.
func renamable(path string) error {
	if err := tooLong(filepath.Base(path)); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil: // a name that is too long, or a folder that may not be entered
		return cause(err)
	}
	return keptInPlace(path, info)
}
