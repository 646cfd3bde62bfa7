package input

import (
	"fmt"

	"bulk/internal/jobs"
)

// Check says what a wrong check digit means (--iccid-check).
type Check string

// The checks. The zero value is CheckAuto.
const (
	CheckAuto   Check = "auto"   // stops an irreversible row, is counted for a read
	CheckLuhn   Check = "luhn"   // stops every row
	CheckLength Check = "length" // means nothing
)

// Checks lists every check, the default first.
var Checks = []Check{CheckAuto, CheckLuhn, CheckLength}

// Options say how a file is to be read.
type Options struct {
	Action     jobs.Action       // for rows without one; empty: none
	Group      string            // for set_aa_group rows without one; empty: none
	Columns    map[string]string // what the file calls columns of [ColumnNames], by their own names; nil: the same
	Absent     []string          // columns of [ColumnNames] that the file does not have under any name
	Sheet      string            // of a workbook; empty: the one that has an iccid column
	Delimiter  rune              // 0: found out from the header; a workbook has none
	Only       []jobs.Outcome    // take these rows of a result file; nil: every row
	ICCIDCheck Check
	Ordered    bool // find out which rows name the same SIM
	// Accepted reads a file that a run was begun with: the first of several sheets
	// that could be meant, whatever they ask for, and with Action and Group whatever
	// else it may say. It is for what sends nothing: the run's results, written again.
	Accepted bool
	// OneSheet refuses a workbook in which several sheets could be meant, whatever
	// they ask for, where --sheet cannot be said.
	OneSheet bool
	// CurrentGroups says in which group the SIMs for a command are whose rows do
	// not say so; nil: nothing does.
	CurrentGroups *CurrentGroups

	// others reports whether a column that Columns names may be missing, because
	// another file has it; nil: none may.
	others func(own string) bool
}

// Refusal is an input that cannot be used as it is: nothing may be sent.
type Refusal struct {
	File string // which file it is about; empty: the input
	Text string // what is wrong, lower case, no full stop
	Hint string // what to do; may be empty
}

func (r *Refusal) Error() string { return r.Text }

func refuse(hint, format string, args ...any) *Refusal {
	return &Refusal{Text: fmt.Sprintf(format, args...), Hint: hint}
}

// CurrentGroups is a file that says which group each SIM is in, such as a
// portal's export: it has an iccid column, and current_group or group.
type CurrentGroups struct {
	Notes []string // what a person should know about how the file is read

	name string
	file *File
	at   column // where the group stands
}

// groupsOfSIMs says in which group SIMs are.
type groupsOfSIMs struct {
	groups []string
	bySIM  map[askKey]groupSaid
}
