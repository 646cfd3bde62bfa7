package upstream

import "time"

const (
	// sleptFor is by how much the wall clock must have run ahead of the
	// process's own for the machine to have slept. Clocks are set by a second
	// or two.
	sleptFor = 5 * time.Second
	// overslept is how much too late a timer must be: a busy machine is late by
	// less. It shows a process that was stopped, and a machine whose own clock
	// runs on while it sleeps.
	overslept = 10 * time.Second
)

// sleepWatch notices that the clock ran on without the process: the machine
// slept, or the process was stopped. What it sees wrongly costs one read.
type sleepWatch struct {
	own, wall time.Time // as they were when it looked last
}

func newSleepWatch(own, wall time.Time) sleepWatch { return sleepWatch{own, wall.Round(0)} }

// slept reports whether the process was put to sleep since the last look: by
// its own clock, which has a monotonic reading, and the wall's. due is when the
// caller was to be woken; zero: it was not.
func (w *sleepWatch) slept(own, wall, due time.Time) bool {
	ranAhead := wall.Round(0).Sub(w.wall) - own.Sub(w.own)
	w.own, w.wall = own, wall.Round(0)
	return ranAhead >= sleptFor || !due.IsZero() && own.Sub(due) >= overslept
}
