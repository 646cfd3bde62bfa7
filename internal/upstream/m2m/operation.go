package m2m

import (
	"bulk/internal/jobs"
	"bulk/internal/upstream/words"
)

// operation is one of the API's (upstreams.md, 1): how it is asked for, and what
// its answers say beside what all answers have in common. Each has a file of its
// own, op_NAME.go, and a row in [reads] or [commands].
type operation struct {
	name string // of the request's root element
	// parameter is the element that carries what the row gives beside its ICCID;
	// empty: nothing does.
	parameter string
	// read takes the data out of a success; nil: a success has none.
	read reader
	// failures say what a failure means where that is not what it means for the
	// others: "invalid iccid" is said of an unknown SIM and of one in the wrong
	// state alike.
	failures map[words.Meaning]reason
}

// reader takes an operation's data out of a success. Its error says what is
// wrong with the answer; it never quotes a value.
type reader func(*answer, *jobs.Data) error

// reason is what the words of a failure mean for the operation.
func (op *operation) reason(meaning words.Meaning) reason {
	if r, ok := op.failures[meaning]; ok {
		return r
	}
	return reasons[meaning]
}

// asked is what an answer is held against.
type asked struct {
	op           *operation
	apiID, iccid string
}
