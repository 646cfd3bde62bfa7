package runner

import (
	"sync"

	"bulk/internal/jobs"
)

// turns numbers the rows of each SIM that has several, as one lane reads them.
// Every lane reads all rows, so all lanes give a row the same number.
type turns map[jobs.SIM]int

// of is a row's number among those of its SIM.
func (t turns) of(row *jobs.Row) int {
	if !row.Ordered {
		return 0
	}
	id := row.ICCID.SIM()
	turn := t[id]
	t[id] = turn + 1
	return turn
}

// order keeps the rows of a SIM in the order of the file, one at a time, over
// all lanes. It cannot deadlock: the earliest unfinished row of the input waits
// for nothing, and its lane reads in order.
type order struct {
	mu   sync.Mutex
	sims map[jobs.SIM]*sim
}

// sim is how far the rows of one SIM are.
type sim struct {
	turn   int // of the row that may run
	parked map[int]func()
}

func newOrder() *order { return &order{sims: map[jobs.SIM]*sim{}} }

func (o *order) sim(id jobs.SIM) *sim {
	s := o.sims[id]
	if s == nil {
		s = &sim{}
		o.sims[id] = s
	}
	return s
}

// mayRun reports whether it is a row's turn; if not, release is called, once,
// when it is.
func (o *order) mayRun(id jobs.SIM, turn int, release func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.sim(id)
	if s.turn == turn {
		return true
	}
	if s.parked == nil {
		s.parked = map[int]func(){}
	}
	s.parked[turn] = release
	return false
}

// finished gives the turn to the SIM's next row.
func (o *order) finished(id jobs.SIM) {
	o.mu.Lock()
	s := o.sim(id)
	s.turn++
	release := s.parked[s.turn]
	delete(s.parked, s.turn)
	o.mu.Unlock()
	if release != nil {
		release()
	}
}
