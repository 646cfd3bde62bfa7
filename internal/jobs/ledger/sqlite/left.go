package sqlite

import (
	"fmt"
	"os"
	"path/filepath"

	"bulk/internal/jobs/durable"
)

// leftPath is where it is written down how the file was when it was last closed,
// sound as far as was known then.
func (s *Store) leftPath() string { return filepath.Join(s.folder(), "left") }

// headerBytes are those of a database's header. A counter in it changes with every
// commit.
const headerBytes = 100

// likeness is how the file looks from outside: another commit, another program's
// change, a copy, a backup put back look different. What a disk does by itself does
// not show.
func (s *Store) likeness() (string, error) {
	file, err := os.Open(s.real)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	header := make([]byte, headerBytes)
	if _, err := file.ReadAt(header, 0); err != nil {
		return "", err
	}
	inode, err := inodeOf(file)
	return fmt.Sprintf("%d bytes, changed %d, inode %s, header %x\n", info.Size(), info.ModTime().UnixNano(), inode, header), err
}

// asLeft reports whether the file is as it was left.
func (s *Store) asLeft() bool {
	before, err := os.ReadFile(s.leftPath())
	if err != nil {
		return false
	}
	now, err := s.likeness()
	return err == nil && now == string(before)
}

// fromNowOn has what others write into the file from now on counted: see watch.
func (s *Store) fromNowOn() (err error) {
	if s.since, err = s.moment(); err == nil {
		s.seen, err = s.stat()
	}
	return err
}

// watch notes whether anything but this store's own commits has changed the file
// since it was last looked at: then nobody may say that it is left sound. It is for
// whoever holds the file, or closes it. A commit of another SQLite in the same tick
// of the clock does not show here, but in [Store.moment].
func (s *Store) watch() error {
	now, err := s.stat()
	if err != nil {
		return err
	}
	s.sound = s.sound && s.seen != nil && now.Size() == s.seen.Size() && now.ModTime().Equal(s.seen.ModTime())
	s.seen = now
	return nil
}

// leaving is between how a file looks and whether that is its own doing; tests
// write into it then.
var leaving = func() {}

// left is how the file is left; empty where nobody can say that it is sound. How it
// looks comes first: what is written after that is noticed here, or makes it look
// different.
func (s *Store) left() string {
	if !s.large || !s.sound {
		return ""
	}
	now, err := s.likeness()
	if err != nil {
		return ""
	}
	leaving()
	if at, err := s.moment(); err != nil || at != s.since || s.watch() != nil || !s.sound {
		return ""
	}
	return now
}

// leave writes down how the file is left. Where that fails, or is not on disk when
// the power goes, the next who opens it checks it.
func (s *Store) leave(as string) {
	if before, err := os.ReadFile(s.leftPath()); err == nil && string(before) == as {
		return
	}
	if durable.MakeFolder(s.folder()) == nil {
		_ = os.WriteFile(s.leftPath(), []byte(as), 0o600)
	}
}
