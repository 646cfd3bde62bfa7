package main

import "runtime/debug"

// gcPercent is by how much the heap may grow between two garbage collections
// (GOGC; Go's own default is 100). What a run keeps is some ten MiB, whatever
// the length of its input, and the stacks of its requests as much again: at 100,
// both once more would lie about as garbage. At 65 a run of 100,000 rows with 256
// requests in flight stays below 64 MB resident, the program itself and SQLite's
// memory included, for two or three per cent of the processor's time.
const gcPercent = 65

// tidy sets up the garbage collector. Who sets GOGC knows better.
func (p *process) tidy() {
	if set, ok := p.env("GOGC"); !ok || set == "" {
		debug.SetGCPercent(gcPercent)
	}
}
