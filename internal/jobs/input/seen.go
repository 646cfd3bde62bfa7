package input

import (
	"math/bits"

	"bulk/internal/jobs"
)

// seen remembers which SIMs were met with which actions, in about six bytes a
// SIM, so that a file of millions of rows can be searched for repetitions. It
// may take two SIMs for one, never one for two: what it reports is verified.
//
// It is a hash table in many parts, each of which grows on its own: growing
// never needs much memory at once. Of a hash, the upper bits choose the part
// and the next ones, the tag, are what is kept.
type seen struct {
	parts [1 << partBits]part
}

type part struct {
	cells []uint32 // tag<<markBits | marks; 0: free
	used  int
}

const (
	partBits = 12
	tagBits  = 25
	markBits = 7

	repeated = 1 << 6 // mark: some action was met twice. The others: one for each action
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

func split(hash uint64) (at int, tag uint32) {
	return int(hash >> (64 - partBits)), uint32(hash>>(64-partBits-tagBits)) & (1<<tagBits - 1)
}

// add notes an action and tells whether it had been noted before.
func (s *seen) add(hash uint64, mark uint8) (again bool) {
	at, tag := split(hash)
	p := &s.parts[at]
	if p.used*5 >= len(p.cells)*4 {
		p.grow()
	}
	cell := p.find(tag)
	if *cell == 0 {
		p.used++
		*cell = tag << markBits
	}
	again = *cell&uint32(mark) != 0
	if again {
		*cell |= repeated
	}
	*cell |= uint32(mark)
	return again
}

// marks gives what was noted under a hash.
func (s *seen) marks(hash uint64) uint8 {
	at, tag := split(hash)
	p := &s.parts[at]
	if len(p.cells) == 0 {
		return 0
	}
	return uint8(*p.find(tag) & (1<<markBits - 1))
}

// several tells from its marks whether more than one row may name the SIM.
func several(marks uint8) bool {
	return marks&repeated != 0 || bits.OnesCount8(marks) > 1
}

// keepSeveral forgets every SIM that one row alone names. It tells whether any
// is left.
func (s *seen) keepSeveral() bool {
	any := false
	for at := range s.parts {
		old := s.parts[at].cells
		kept := 0
		for _, cell := range old {
			if several(uint8(cell & (1<<markBits - 1))) {
				kept++
			}
		}
		s.parts[at] = part{}
		if kept == 0 {
			continue
		}
		any = true
		s.parts[at].cells = make([]uint32, kept+kept/4+1)
		for _, cell := range old {
			if several(uint8(cell & (1<<markBits - 1))) {
				s.parts[at].put(cell)
			}
		}
	}
	return any
}

// find gives the cell of a tag, or the free one where it belongs. There is
// always a free one.
func (p *part) find(tag uint32) *uint32 {
	i := int(uint64(tag) * uint64(len(p.cells)) >> tagBits)
	for {
		cell := &p.cells[i]
		if *cell == 0 || *cell>>markBits == tag {
			return cell
		}
		if i++; i == len(p.cells) {
			i = 0
		}
	}
}

func (p *part) put(cell uint32) {
	*p.find(cell >> markBits) = cell
	p.used++
}

// grow makes room for half as many again.
func (p *part) grow() {
	old := p.cells
	*p = part{cells: make([]uint32, len(old)+len(old)/2+8)}
	for _, cell := range old {
		if cell != 0 {
			p.put(cell)
		}
	}
}
