package ledger

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
)

// reserveSize is more than the outcomes of all requests that can be under way
// take: each touches a few pages of the write-ahead log. Where none of them is
// irreversible there is less to lose.
const (
	reserveSize      = 8 << 20
	reserveSizeReads = 1 << 20
)

// OnlyReads says that this process sends no irreversible requests, so that less
// room need be kept for the case that the disk fills up.
func (db *DB) OnlyReads() { db.reserve = reserveSizeReads }

func (db *DB) reservePath() string { return filepath.Join(db.lockFolder(), "reserve") }

// keepRoom makes sure that a run whose disk fills up can still write down what
// became of the requests that are on their way: it keeps a file that is given
// up then. (Where another program takes that room first, those requests stay in
// doubt.) The bytes are random, for file systems that would compress them away.
func (db *DB) keepRoom() error {
	path := db.reservePath()
	if info, err := os.Stat(path); err == nil && info.Size() >= db.reserve {
		return nil
	}
	if err := fill(path, db.reserve); err != nil {
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
			_ = file.Close()
			return err
		}
	}
	return file.Close()
}

// giveUpRoom gives the space back; false where there was none.
func (db *DB) giveUpRoom() bool { return os.Remove(db.reservePath()) == nil }
