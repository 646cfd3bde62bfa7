package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// The write-ahead log, as https://www.sqlite.org/fileformat2.html#walformat
// describes it: a header, then frames of a header and a page each, all under one
// running checksum.
const (
	logHeader   = 32
	frameHeader = 24
	logMagic    = 0x377f0682 // its last bit says which way round checksums are read
)

// looks is how often a log that seems damaged is read: it may be in use, and a
// frame just being written.
const looks = 3

// checkLog refuses a log that a killed process left and that was damaged since.
// SQLite takes the frames up to the first whose checksum is wrong, since that
// is what a write cut short by a power failure looks like, and forgets the rest
// without a word. But each commit was on disk before the next was begun: where
// frames of this log follow a commit that follows a wrong one, those are damage.
func checkLog(path string) error {
	wrong := int64(-1)
	for range looks {
		at, damaged, err := readLog(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !damaged {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the ledger's log: %w", err)
		}
		if wrong >= 0 && at != wrong {
			return nil // it moves: somebody is writing
		}
		wrong = at
	}
	return fmt.Errorf("%w: its log %s is damaged from byte %d on", ErrCorrupt, path, wrong)
}

// readLog tells where the first wrong frame is, and whether that is damage.
func readLog(path string) (at int64, damaged bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, false, err
	}
	defer file.Close()
	head := make([]byte, logHeader)
	if _, err := io.ReadFull(file, head); err != nil {
		return 0, false, whole(err) // empty, or cut short before its first frame
	}
	l := newLog(head)
	if l == nil {
		return 0, true, nil
	}
	frame := make([]byte, frameHeader+l.page)
	first, committed := int64(-1), false
	for at := int64(logHeader); ; at += int64(len(frame)) {
		if _, err := io.ReadFull(file, frame); err != nil {
			return first, false, whole(err)
		}
		switch mine := string(frame[8:16]) == l.salts; {
		case first < 0 && mine && l.follows(frame):
		case first < 0:
			first = at
			committed = mine && isCommit(frame)
		case mine && committed:
			return first, true, nil
		case mine:
			committed = isCommit(frame)
		}
	}
}

// whole takes the end of the file for what it is.
func whole(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func isCommit(frame []byte) bool { return binary.BigEndian.Uint32(frame[4:]) != 0 }

// writeLog is a log being read: its salts, and its checksum so far.
type writeLog struct {
	order binary.ByteOrder
	page  int
	salts string
	sums  [2]uint32
}

// newLog reads a log's header; nil where that is damaged.
func newLog(head []byte) *writeLog {
	magic := binary.BigEndian.Uint32(head)
	if magic&^1 != logMagic {
		return nil
	}
	l := &writeLog{order: binary.LittleEndian, page: int(binary.BigEndian.Uint32(head[8:])), salts: string(head[16:24])}
	if magic&1 == 1 {
		l.order = binary.BigEndian
	}
	l.add(head[:24])
	if !l.agrees(head[24:]) || l.page < leastSize || l.page > 1<<16 {
		return nil
	}
	return l
}

// follows takes in a frame and tells whether its checksum is right.
func (l *writeLog) follows(frame []byte) bool {
	l.add(frame[:8])
	l.add(frame[frameHeader:])
	return l.agrees(frame[16:])
}

func (l *writeLog) add(bytes []byte) {
	for ; len(bytes) >= 8; bytes = bytes[8:] {
		l.sums[0] += l.order.Uint32(bytes) + l.sums[1]
		l.sums[1] += l.order.Uint32(bytes[4:]) + l.sums[0]
	}
}

func (l *writeLog) agrees(sums []byte) bool {
	return l.sums[0] == binary.BigEndian.Uint32(sums) && l.sums[1] == binary.BigEndian.Uint32(sums[4:])
}
