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

// leave writes down how the file is left. Where that fails, or is not on disk when
// the power goes, the next who opens it checks it.
func (s *Store) leave() {
	if s.asLeft() {
		return
	}
	now, err := s.likeness()
	if err == nil && durable.MakeFolder(s.folder()) == nil {
		_ = os.WriteFile(s.leftPath(), []byte(now), 0o600)
	}
}

// watch notes whether another program than SQLite wrote into the file since it was
// last looked at: then nobody may say that it is left sound. It is for whoever
// holds the file, or closes it.
func (s *Store) watch() error {
	now, err := s.stat()
	if err != nil {
		return err
	}
	if s.seen == nil || now.Size() != s.seen.Size() || !now.ModTime().Equal(s.seen.ModTime()) {
		moment, err := s.moment()
		if err != nil {
			return err
		}
		s.sound = s.sound && moment != s.seenAt // else no process has committed
		s.seenAt = moment
	}
	s.seen = now
	return nil
}
