package input

import (
	"slices"

	"bulk/internal/jobs"
)

// Survey is what a scan found: the numbers of a file, and what [File.Rows]
// needs to know about repeated rows.
type Survey struct {
	Rows          int // all, those not selected included
	Selected      int
	RepeatedReads int // selected reads that were asked before in the file

	// Actions are those of any row, selected or not, in their fixed order;
	// ByAction counts the selected rows, faulty ones included, those without
	// an action under "".
	Actions  []jobs.Action
	ByAction map[jobs.Action]int

	Faults []FaultCount // of selected rows, in the order of [jobs.Codes]
	Faulty int          // selected rows with a fault, skipped ones included

	// Irreversible counts the selected rows that would change something and
	// have no fault, so one for each SIM; Groups counts them by group.
	Irreversible int
	Groups       map[string]int

	// WrongCheckDigits counts the rows without a fault whose check digit is
	// wrong, which --iccid-check lets pass.
	WrongCheckDigits int

	// OtherPrefix counts the selected rows whose SIM has another issuer prefix
	// than nearly all of the file; the zero value: there are none, or no prefix
	// stands out.
	OtherPrefix PrefixCount

	// CurrentGroups is for how many of the SIMs for a command the file of current
	// groups has one.
	CurrentGroups int

	// Overruled are columns that may say what an option gives for every row.
	Overruled []Overruled

	rounded bool
	current *groupsOfSIMs // nil: nothing is said
	marks   marks
	ordered *seen // SIMs that several rows may name; nil: none, or not asked for
}

// Overruled is a column that may be one of [ColumnNames] under another name, and
// says otherwise than the option that is there for rows without one.
type Overruled struct {
	Own, Name string // bulk's name of the column, and the file's
	Given     string // by the option
	Says      string // the first row that says otherwise
	Line      int    // of that row
	Count     int    // of such rows
	Beside    bool   // a column of bulk's name, which is empty in these rows
}

// FaultCount counts the rows with one code.
type FaultCount struct {
	Code    jobs.Code
	Outcome jobs.Outcome
	Count   int
	Lines   []int // of the first few
}

// add counts a row with a fault.
func (s *Survey) add(fault *jobs.Fault, line int) {
	s.Faulty++
	at := slices.IndexFunc(s.Faults, func(c FaultCount) bool { return c.Code == fault.Code })
	if at < 0 {
		at = len(s.Faults)
		s.Faults = append(s.Faults, FaultCount{Code: fault.Code, Outcome: fault.Outcome})
	}
	c := &s.Faults[at]
	c.Count++
	if len(c.Lines) == fewLines && line > c.Lines[fewLines-1] {
		return
	}
	place, _ := slices.BinarySearch(c.Lines, line)
	c.Lines = slices.Insert(c.Lines, place, line)
	c.Lines = c.Lines[:min(len(c.Lines), fewLines)]
}

// Count is the number of rows with this code.
func (s *Survey) Count(code jobs.Code) int {
	for _, c := range s.Faults {
		if c.Code == code {
			return c.Count
		}
	}
	return 0
}

// Has reports whether any row, selected or not, has this action.
func (s *Survey) Has(action jobs.Action) bool { return slices.Contains(s.Actions, action) }

// finish puts what was counted in order.
func (s *Survey) finish(occurs uint8) {
	place := func(code jobs.Code) int {
		return slices.IndexFunc(jobs.Codes, func(e jobs.Entry) bool { return e.Code == code })
	}
	slices.SortFunc(s.Faults, func(a, b FaultCount) int { return place(a.Code) - place(b.Code) })
	for i, action := range jobs.Actions {
		if occurs&(1<<i) != 0 {
			s.Actions = append(s.Actions, action)
		}
	}
}
