package mark

import (
	"errors"
	"os"
	"path/filepath"

	"bulk/internal/jobs/durable"
)

// replace puts a file in place whole (0600); with onDisk it is there on return.
// Nobody else writes to its folder meanwhile.
func replace(path string, text []byte, onDisk bool) error {
	beside := path + ".new"
	file, err := os.OpenFile(beside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if onDisk {
		err = errors.Join(err, file.Sync())
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(beside))
	}
	if !onDisk {
		return nil
	}
	return durable.Folder(filepath.Dir(path))
}
