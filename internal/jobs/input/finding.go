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
	wrong   bool   // the check digit is wrong; only known of good rows of a read
}

func invalid(code jobs.Code, format string, args ...any) *jobs.Fault {
	return &jobs.Fault{Outcome: jobs.Invalid, Code: code, Text: fmt.Sprintf(format, args...)}
}
