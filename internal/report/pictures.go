package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"bulk/internal/jobs"
	"bulk/internal/jobs/durable"
)

// Pictures saves QR pictures in a folder, which is made (0700) when first
// needed. The pictures are secrets of their SIMs: 0600, and in no error. It is
// safe for many goroutines; do not copy it once it is used.
type Pictures struct {
	Dir string

	mu    sync.Mutex
	ready bool
}

// The names pictures and their precursors may have.
var (
	iccidDigits = regexp.MustCompile(`^[0-9]{19,20}$`)
	pictureName = regexp.MustCompile(`^[0-9]{19,20}(\.m2m)?\.png$`)
)

// IsPicture reports whether a file may be called so by Save.
func IsPicture(name string) bool { return pictureName.MatchString(name) }

// Save writes the picture that an action gave for a SIM, whole or not at all, in
// place of an older one, and returns its path: <Dir>/<iccid>.png for an upstream's
// own picture, <Dir>/<iccid>.m2m.png for one drawn from m2m's code, so that neither
// replaces the other. It is read back before it gets that name. The name comes from
// the ICCID, so one that is not 19 or 20 digits is refused.
func (p *Pictures) Save(action jobs.Action, iccid jobs.ICCID, png []byte) (file string, err error) {
	name, err := PictureName(action, iccid)
	if err != nil {
		return "", err
	}
	if len(png) == 0 {
		return "", fmt.Errorf("saving the QR picture of %s: it is empty", iccid)
	}
	if err := p.makeDir(); err != nil {
		return "", fmt.Errorf("making the folder of QR pictures %s: %w", p.Dir, err)
	}
	file = filepath.Join(p.Dir, name)
	if err := save(file, png); err != nil {
		return "", fmt.Errorf("saving the QR picture %s: %w", file, err)
	}
	return file, nil
}

// PictureName is what Save calls a picture in its folder.
func PictureName(action jobs.Action, iccid jobs.ICCID) (string, error) {
	switch {
	case !iccidDigits.MatchString(string(iccid)):
		return "", errors.New("saving a QR picture: the iccid is not 19 or 20 digits")
	case action == jobs.QueryQRInfo:
		return string(iccid) + ".m2m.png", nil
	}
	return string(iccid) + ".png", nil
}

// SplitPicture splits the path that Save gave, on whatever system, into folder and
// name.
func SplitPicture(file string) (dir, name string) {
	at := strings.LastIndexAny(file, `/\`)
	if at < 0 {
		return ".", file
	}
	return file[:at], file[at+1:]
}

func save(file string, content []byte) error {
	b, err := newBeside(file, 0o600)
	if err != nil {
		return err
	}
	defer b.discard()
	if _, err := b.fill(func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		return err
	}
	saved, err := io.ReadAll(io.NewSectionReader(b.file, 0, math.MaxInt64))
	switch {
	case err != nil:
		return cause(err)
	case !bytes.Equal(saved, content):
		return errors.New("what was read back is not what was written: the disk is not to be trusted")
	}
	return b.place()
}

// FolderWritable reports, before any work is done, whether pictures can be put
// into a folder, which may have to be made. Its error says what to do.
func FolderWritable(dir string) error {
	at := filepath.Clean(dir)
	for {
		info, err := os.Stat(at)
		switch {
		case err == nil && info.IsDir():
			if err := Writable(filepath.Join(at, "picture.png")); err != nil {
				return fmt.Errorf("%s cannot be written to: %w", dir, err)
			}
			return nil
		case err == nil:
			return fmt.Errorf("%s cannot be written to: %s is not a folder", dir, at)
		case !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at):
			return fmt.Errorf("%s cannot be written to: %w", dir, cause(err))
		}
		at = filepath.Dir(at)
	}
}

// makeDir makes the folder once, and clears it of what a killed process left
// half written.
func (p *Pictures) makeDir() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ready {
		return nil
	}
	if err := durable.MakeFolder(p.Dir); err != nil {
		return cause(err)
	}
	sweep(p.Dir, IsPicture)
	p.ready = true
	return nil
}
