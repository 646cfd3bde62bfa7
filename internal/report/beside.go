package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// beside is a file under way: written under a hidden name in its target's own
// folder, and renamed into place when it is whole. While it is under way its
// writer has a hold on it. A process id would not show whether the writer is
// alive, since in a container every bulk may be number 1.
type beside struct {
	target string
	file   *os.File
	hold   hold
	placed bool
}

// newBeside creates the file that is to become target, readable as mode says.
// Call discard in the end, whatever happens.
func newBeside(target string, mode fs.FileMode) (*beside, error) {
	for {
		file, err := os.CreateTemp(filepath.Dir(target), fmt.Sprintf(".%s.bulk-%d-*.tmp", short(target), os.Getpid()))
		if err != nil {
			return nil, cause(err)
		}
		b := &beside{target: target, file: file, hold: takeHold(file)}
		if !b.linked() { // swept away between its making and its hold
			b.discard()
			continue
		}
		if err := file.Chmod(mode); err != nil {
			b.discard()
			return nil, cause(err)
		}
		return b, nil
	}
}

// linked reports whether the name still leads to the file.
func (b *beside) linked() bool {
	named, err := os.Stat(b.file.Name())
	if err != nil {
		return false
	}
	held, err := b.file.Stat()
	return err == nil && os.SameFile(named, held)
}

// fill lets write write the content and makes it durable. The digest is the
// content's SHA-256, 64 digits in lower case.
func (b *beside) fill(write func(io.Writer) error) (digest string, err error) {
	hash := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(b.file, hash), 1<<17)
	if err := write(out); err != nil {
		return "", err
	}
	if err := out.Flush(); err != nil {
		return "", cause(err)
	}
	if err := b.file.Sync(); err != nil {
		return "", cause(err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// place renames the file to its target. The error is an [InUse] where another
// program has the target open and the system keeps it in place for that.
func (b *beside) place() error {
	if err := b.replace(); err != nil {
		return err
	}
	b.placed = true
	return nil
}

// discard closes the file, and removes it unless it was placed.
func (b *beside) discard() {
	b.file.Close()
	if !b.placed {
		os.Remove(b.file.Name())
	}
	b.hold.release()
}

// besideName is what newBeside calls a file: the target's name, bulk-, a process
// id, a random number. Earlier versions left out bulk-.
var besideName = regexp.MustCompile(`^\.(.+)\.(bulk-)?[0-9]+-[0-9]+\.tmp$`)

// sweep removes files left under way in a folder by writers that are no more,
// whatever they were to become; of those that might be another program's, the ones
// for targets whose (short) names are wanted. It is best effort.
func sweep(folder string, wanted func(name string) bool) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		match := besideName.FindStringSubmatch(entry.Name())
		if match == nil || match[2] == "" && !wanted(match[1]) || !entry.Type().IsRegular() {
			continue
		}
		removeAbandoned(filepath.Join(folder, entry.Name()))
	}
}

// short is a target's name, cut so that the name beside it is no longer than
// file systems allow (255 bytes).
func short(target string) string {
	name := filepath.Base(target)
	return name[:min(len(name), 200)]
}

// cause strips a file error of its path, which may be the hidden one; the
// caller names the file that matters.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
