package input

import (
	"fmt"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// judge checks rows one by one. It belongs to one pass over the file and
// remembers what it parsed last, since columns repeat themselves.
type judge struct {
	options Options
	layout  *layout
	// rounded is set once several rows of the file look rounded: then all
	// that do are.
	rounded bool

	actions map[string]jobs.Action
	expects map[expectKey]expectation
}

// known is what a pass remembers at most of each kind.
const known = 4096

type expectKey struct {
	text   string
	action jobs.Action
}

type expectation struct {
	jobs.Expect
	fault *jobs.Fault
}

// finding is a row as it was read and checked on its own.
type finding struct {
	iccid   jobs.ICCID // empty: cannot be used
	action  jobs.Action
	group   string // for irreversible rows
	current string
	expect  jobs.Expect
	fault   *jobs.Fault
	copied  bool // not selected
	looks   bool // the iccid looks rounded
	wrong   bool // the check digit is wrong; only known of good rows of a read
}

// good tells a row that may be sent, as far as its own cells go.
func (v *finding) good() bool { return v.fault == nil && !v.copied }

func newJudge(f *File, rounded bool) *judge {
	return &judge{
		options: f.options, layout: &f.layout, rounded: rounded,
		actions: map[string]jobs.Action{}, expects: map[expectKey]expectation{},
	}
}

// check looks at a record. The faults come in the order in which a person
// would mend them: fields, iccid, action, group, expect, check digit.
func (j *judge) check(record []string) finding {
	var v finding
	l := j.layout
	if len(record) != l.width {
		v.fault = fieldCount(len(record), l.width)
		return v
	}
	v.copied = j.options.Only != nil && !j.selected(record)
	v.iccid, v.fault = jobs.ParseICCID(record[l.iccid])
	luhn := v.fault != nil
	if v.fault == nil {
		v.looks = v.iccid.LooksRounded()
		if luhn = v.iccid.LuhnOK(); v.looks && (j.rounded || !luhn) {
			v.fault, v.iccid = roundedFault(), ""
		}
	}
	v.fault = first(v.fault, j.readAction(record, &v))
	if v.action.Irreversible() {
		v.fault = first(v.fault, j.readGroup(record, &v))
	}
	if l.current >= 0 {
		v.current = sheet.Unwrap(record[l.current])
	}
	if l.expect >= 0 && v.action != "" && record[l.expect] != "" {
		v.fault = first(v.fault, j.readExpect(record[l.expect], &v))
	}
	if v.fault == nil && !luhn {
		v.wrong = true
		v.fault = j.checkDigit(v.action)
	}
	if v.copied {
		v.fault = nil
	}
	return v
}

func first(a, b *jobs.Fault) *jobs.Fault {
	if a != nil {
		return a
	}
	return b
}

// selected tells whether --only takes the row.
func (j *judge) selected(record []string) bool {
	outcome := j.layout.outcomeOf(record)
	for _, o := range j.options.Only {
		if o == outcome {
			return true
		}
	}
	return false
}

func (j *judge) readAction(record []string, v *finding) *jobs.Fault {
	text := ""
	if j.layout.action >= 0 {
		text = record[j.layout.action]
	}
	action, found := j.actions[text]
	if !found {
		action = j.parseAction(text)
		if len(j.actions) < known {
			j.actions[strings.Clone(text)] = action
		}
	}
	v.action = action
	switch {
	case action != "":
		return nil
	case sheet.Unwrap(text) == "":
		return invalid(jobs.ActionMissing, "The row has no action. Fill the action column, or give --action for the rows without one.")
	default:
		return invalid(jobs.ActionUnknown, "%.60q is no action. Use %s.", sheet.Unwrap(text), actionNames())
	}
}

// parseAction gives the action that a cell asks for, or that the options give
// where it is empty; empty: none.
func (j *judge) parseAction(text string) jobs.Action {
	text = sheet.Unwrap(text)
	if text == "" {
		return j.options.Action
	}
	action, _ := jobs.ParseAction(text)
	return action
}

func actionNames() string {
	names := make([]string, len(jobs.Actions))
	for i, a := range jobs.Actions {
		names[i] = string(a)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

func (j *judge) readGroup(record []string, v *finding) *jobs.Fault {
	if j.layout.group >= 0 {
		v.group = sheet.Unwrap(record[j.layout.group])
	}
	if v.group == "" {
		v.group = j.options.Group
	}
	if v.group == "" {
		return invalid(jobs.GroupMissing, "%s needs the code of a live group and the row has none. Fill the group column, or give --group for the rows without one.", v.action)
	}
	return nil
}

func (j *judge) readExpect(text string, v *finding) *jobs.Fault {
	key := expectKey{text, v.action}
	e, found := j.expects[key]
	if !found {
		e.Expect, e.fault = jobs.ParseExpect(text, v.action)
		if len(j.expects) < known {
			key.text = strings.Clone(text)
			j.expects[key] = e
		}
	}
	v.expect = e.Expect
	return e.fault
}

// checkDigit says what a wrong check digit means for a row with this action.
func (j *judge) checkDigit(action jobs.Action) *jobs.Fault {
	stops := j.options.ICCIDCheck == CheckLuhn || j.options.ICCIDCheck == CheckAuto && action.Irreversible()
	if !stops {
		return nil
	}
	return invalid(jobs.ICCIDChecksum, "The iccid's last digit is not its check digit (Luhn), so a digit is probably mistyped. "+
		"Compare it with the SIM or the portal; if your operator's ICCIDs carry no check digit, use --iccid-check length.")
}

func invalid(code jobs.Code, format string, args ...any) *jobs.Fault {
	return &jobs.Fault{Outcome: jobs.Invalid, Code: code, Text: fmt.Sprintf(format, args...)}
}

func fieldCount(has, want int) *jobs.Fault {
	plural := "s"
	if has == 1 {
		plural = ""
	}
	return invalid(jobs.FieldCount, "The row has %d field%s where the header has %d. Look for a missing or an unquoted delimiter in this line.", has, plural, want)
}

func roundedFault() *jobs.Fault {
	return invalid(jobs.ICCIDRounded, "A spreadsheet rounded the iccid to 15 digits and filled up with zeros; its last digits are lost. "+
		"Export the ICCIDs again, with the column formatted as text.")
}
