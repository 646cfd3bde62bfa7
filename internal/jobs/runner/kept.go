package runner

import (
	"math/bits"

	"bulk/internal/jobs"
)

// barrier is how a start ends because of a canary of an earlier one; its cause is
// empty where there is none.
type barrier struct {
	why   Ending
	cause string
}

// Rows is a set of rows of an input, by their Seq.
type Rows []uint64

// Add puts a row into the set.
func (r *Rows) Add(seq int) {
	for len(*r) <= seq/64 {
		*r = append(*r, 0)
	}
	(*r)[seq/64] |= 1 << (seq % 64)
}

// Has reports whether a row is in the set.
func (r Rows) Has(seq int) bool {
	return seq/64 < len(r) && r[seq/64]&(1<<(seq%64)) != 0
}

// Count is how many there are.
func (r Rows) Count() (n int) {
	for _, word := range r {
		n += bits.OnesCount64(word)
	}
	return n
}

// Kept is what stands of an unfinished run when it is continued: its rows that
// are not done again. The zero value is a new run's.
type Kept struct {
	Rows    Rows
	inDoubt int // rows of the run whose command is in doubt
	canary  barrier
	results []counted
	legs    *legs // what earlier legs came to, for the guards; nil: it is not continued by a worker
}

// counted is what a kept result counts as.
type counted struct {
	outcome jobs.Outcome
	code    jobs.Code
	count   int
}
