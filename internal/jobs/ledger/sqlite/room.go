package sqlite

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func (s *Store) reservePath() string { return filepath.Join(s.folder(), "reserve") }

// KeepRoom makes sure that a run whose disk fills up can still write down what
// became of the requests that are on their way: it keeps a file that is given
// up then. (Where another program takes that room first, those requests stay in
// doubt.) The bytes are random, for file systems that would compress them away.
func (s *Store) KeepRoom(bytes int64) error {
	path := s.reservePath()
	if info, err := os.Stat(path); err == nil && info.Size() >= bytes {
		return nil
	}
	if err := fill(path, bytes); err != nil {
		_ = os.Remove(path)
		return fmt.Errorf("keeping room beside the ledger for the case that the disk fills up: %w", err)
	}
	return nil
}

// reserveBlock is what is random of the reserve, and again and again the same:
// more than file systems compress at once, so that none compresses it away, and
// little enough that a run of one row does not spend its time on it.
const reserveBlock = 256 << 10

func fill(path string, size int64) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	block := make([]byte, reserveBlock)
	_, _ = rand.Read(block) // never fails: it ends the process rather
	for range size / reserveBlock {
		if _, err := file.Write(block); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return file.Close()
}

// GiveRoom is part of [store.Committer].
func (s *Store) GiveRoom() bool { return os.Remove(s.reservePath()) == nil }
