package input

import (
	"fmt"

	"bulk/internal/jobs"
)

// finding is a row as it was read and checked on its own.
type finding struct {
	iccid   jobs.ICCID // empty: cannot be used
	action  jobs.Action
	group   string // for irreversible rows
	current string
	expect  jobs.Expect
	fault   *jobs.Fault
	about   column // what the fault is about, where it is about one cell
	copied  bool   // not selected
	looks   bool   // the iccid looks rounded
	// over is what stands in columns that may be the action's and the group's, where
	// the options give another; empty: nothing does.
	over  [columnCount]string
	wrong bool // the check digit is wrong; only known of good rows of a read
}

func invalid(code jobs.Code, format string, args ...any) *jobs.Fault {
	return &jobs.Fault{Outcome: jobs.Invalid, Code: code, Text: fmt.Sprintf(format, args...)}
}
