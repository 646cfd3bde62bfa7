package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"bulk/internal/jobs/durable"
)

// Publish writes a file beside path and renames it into place, so that path
// never holds half a file: after an error it is what it was before, unless the
// error says that the file is in place. It is readable by its owner alone
// (0600) and durable when Publish returns. A symbolic link at path is replaced,
// not followed.
//
// The digest is the SHA-256 of the content, 64 lower-case digits. Where record
// is not nil it is called with it when the content is durable, before the
// rename; after its error nothing is renamed.
//
// Files that killed processes left under way in the folder are removed.
func Publish(path string, record func(digest string) error, write func(io.Writer) error) (digest string, err error) {
	return publish(path, 0o600, record, write)
}

// PublishMode is Publish for a file that others may read as mode says, with
// nothing to be recorded.
func PublishMode(path string, mode fs.FileMode, write func(io.Writer) error) error {
	_, err := publish(path, mode, nil, write)
	return err
}

func publish(path string, mode fs.FileMode, record func(digest string) error, write func(io.Writer) error) (digest string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("publishing %s: %w", path, err)
		}
	}()
	if err := ordinary(path); err != nil {
		return "", err
	}
	folder := filepath.Dir(path)
	sweepFor(path)
	b, err := newBeside(path, mode)
	if err != nil {
		return "", err
	}
	defer b.discard()

	if digest, err = b.fill(write); err != nil {
		return "", err
	}
	if record != nil {
		if err := record(digest); err != nil {
			return "", fmt.Errorf("recording its digest: %w", err)
		}
	}
	if err := b.place(); err != nil {
		return "", err
	}
	if err := durable.Folder(folder); err != nil {
		return digest, fmt.Errorf("the file is in place, but may not outlast a power cut: %w", cause(err))
	}
	return digest, nil
}

// sweepFor clears the folder of a file that is to be written.
func sweepFor(path string) {
	sweep(filepath.Dir(path), func(name string) bool { return name == short(path) })
}

// Writable reports, before any work is done, whether Publish can put a file at
// path: make it, and rename it into place. Its error says what to do.
func Writable(path string) error {
	if err := ordinary(path); err != nil {
		return fmt.Errorf("%s %w", path, err)
	}
	folder := filepath.Dir(path)
	switch info, err := os.Stat(folder); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s cannot be written: the folder %s does not exist; make it first, or name a file elsewhere", path, folder)
	case err != nil:
		return fmt.Errorf("%s cannot be written: %w; name a file elsewhere", path, cause(err))
	case !info.IsDir():
		return fmt.Errorf("%s cannot be written: %s is not a folder; name a file elsewhere", path, folder)
	}
	if err := renamable(path); err != nil {
		return fmt.Errorf("%s cannot be written: %w; name a file elsewhere", path, err)
	}
	sweepFor(path)
	b, err := newBeside(path, 0o600)
	if err != nil {
		return fmt.Errorf("%s cannot be written: creating a file in %s: %w; mend the folder, or name a file elsewhere", path, folder, err)
	}
	defer b.discard()
	if err := b.rehearse(); err != nil {
		return fmt.Errorf("%s cannot be written: renaming a file in %s: %w; mend the folder, or name a file elsewhere", path, folder, err)
	}
	if err := replaceable(path); err != nil {
		return fmt.Errorf("%s cannot be replaced: %w, or name a file elsewhere", path, err)
	}
	return nil
}

// ordinary refuses a path that holds what a rename must not replace: a folder,
// or a device such as /dev/null.
func ordinary(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil: // nothing there, or nothing to be seen: creating will tell
		return nil
	case info.IsDir():
		return errors.New("is a folder; name a file in it")
	case !info.Mode().IsRegular():
		return errors.New("is not an ordinary file; name one")
	}
	return nil
}
