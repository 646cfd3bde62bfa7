package input

import (
	"math/bits"

	"bulk/internal/jobs"
)

// seen remembers which SIMs occur with which actions, in about nine bytes a
// SIM, so that a file of millions of rows can be searched for repetitions. It
// may take two SIMs for one (once in two hundred files of ten million rows), never
// one for two: what it reports is verified.
//
// It is a hash table in many parts, each of which grows on its own: growing
// never needs much memory at once. Of a hash, the upper bits choose the part
// and the next ones, the tag, are what is kept.
type seen struct {
	parts [1 << partBits]part
}

type part struct {
	cells []cell
	used  int
}

// cell holds tag<<markBits | marks in six bytes, the lowest first; 0: free.
type cell [3]uint16

func (c *cell) load() uint64 { return uint64(c[0]) | uint64(c[1])<<16 | uint64(c[2])<<32 }

func (c *cell) store(v uint64) { *c = cell{uint16(v), uint16(v >> 16), uint16(v >> 32)} }

func (c *cell) marks() uint8 { return uint8(c[0]) & allMarks }

const (
	partBits = 12
	tagBits  = 41
	markBits = 7
	allMarks = 1<<markBits - 1

	repeated = 1 << 6 // mark: some action occurs twice. The others: one for each action
)

// actionMark gives an action's bit among the marks.
func actionMark(a jobs.Action) uint8 {
	for i, known := range jobs.Actions {
		if a == known {
			return 1 << i
		}
	}
	return 0
}

func split(hash uint64) (at int, tag uint64) {
	return int(hash >> (64 - partBits)), hash >> (64 - partBits - tagBits) & (1<<tagBits - 1)
}

// add notes an action and reports whether it had been noted before.
func (s *seen) add(hash uint64, mark uint8) (again bool) {
	at, tag := split(hash)
	p := &s.parts[at]
	if p.used*5 >= len(p.cells)*4 {
		p.grow()
	}
	c := p.find(tag)
	if *c == (cell{}) {
		p.used++
		c.store(tag << markBits)
	}
	again = c.marks()&mark != 0
	if again {
		mark |= repeated
	}
	c[0] |= uint16(mark)
	return again
}

// marks gives what was noted under a hash.
func (s *seen) marks(hash uint64) uint8 {
	at, tag := split(hash)
	p := &s.parts[at]
	if len(p.cells) == 0 {
		return 0
	}
	return p.find(tag).marks()
}

// several reports from its marks whether more than one row may name the SIM.
func several(marks uint8) bool {
	return marks&repeated != 0 || bits.OnesCount8(marks) > 1
}

// keepSeveral forgets every SIM that one row alone names. It reports whether any
// is left.
func (s *seen) keepSeveral() bool {
	left := false
	for at := range s.parts {
		old := s.parts[at].cells
		kept := 0
		for i := range old {
			if several(old[i].marks()) {
				kept++
			}
		}
		s.parts[at] = part{}
		if kept == 0 {
			continue
		}
		left = true
		s.parts[at].cells = make([]cell, kept+kept/4+1)
		for _, c := range old {
			if several(c.marks()) {
				s.parts[at].put(c)
			}
		}
	}
	return left
}

// find gives the cell of a tag, or the free one where it belongs. There is
// always a free one.
func (p *part) find(tag uint64) *cell {
	i := int(tag * uint64(len(p.cells)) >> tagBits)
	for {
		c := &p.cells[i]
		if *c == (cell{}) || c.load()>>markBits == tag {
			return c
		}
		if i++; i == len(p.cells) {
			i = 0
		}
	}
}

func (p *part) put(c cell) {
	*p.find(c.load() >> markBits) = c
	p.used++
}

// grow makes room for half as many again.
func (p *part) grow() {
	old := p.cells
	*p = part{cells: make([]cell, len(old)+len(old)/2+8)}
	for _, c := range old {
		if c != (cell{}) {
			p.put(c)
		}
	}
}
