package input

import (
	"fmt"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/meant"
	"bulk/internal/jobs/sheet"
)

// judge checks rows one by one. It belongs to one pass over the file and
// remembers what it parsed last, since columns repeat themselves.
type judge struct {
	options Options
	layout  *layout
	// rounded is set where so many rows of the file look rounded that all which
	// do are.
	rounded bool
	// likely are the places of columns that may be what the file lacks.
	likely [columnCount]int
	names  []string // of the header

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

// good reports whether the row may be sent, as far as its own cells go.
func (v *finding) good() bool { return v.fault == nil && !v.copied }

// blame gives the row a fault, unless it has one already.
func (v *finding) blame(about column, fault *jobs.Fault) {
	if v.fault == nil && fault != nil {
		v.fault, v.about = fault, about
	}
}

func newJudge(f *File, rounded bool) *judge {
	j := &judge{
		options: f.options, layout: &f.layout, names: f.head.Names, rounded: rounded,
		actions: map[string]jobs.Action{}, expects: map[expectKey]expectation{},
	}
	for c := range j.likely {
		j.likely[c] = f.likely(column(c))
	}
	return j
}

// check looks at a record. The faults come in the order in which a person
// would mend them: fields, iccid, action, group, expect, check digit.
func (j *judge) check(r *record) finding {
	var v finding
	if v.fault = j.width(r); v.fault != nil {
		return v
	}
	v.copied = j.options.Only != nil && !j.selected(r.fields)
	luhn := j.readICCID(r.ICCID, &v)
	j.readAction(r.Action, &v)
	if v.action.Irreversible() {
		j.readGroup(r.Group, &v)
		v.blame(currentColumn, readable(currentColumn, r.CurrentGroup))
	}
	v.current = sheet.Unwrap(r.CurrentGroup)
	if r.Expect != "" && v.action != "" {
		j.readExpect(r.Expect, &v)
	}
	j.overrule(r, &v)
	if v.fault == nil && !luhn {
		v.wrong = true
		v.blame(iccidColumn, j.checkDigit(v.action))
	}
	if v.copied {
		v.fault = nil
	}
	return v
}

// selected reports whether --only takes the row.
func (j *judge) selected(fields []string) bool {
	outcome := j.layout.outcomeOf(fields)
	for _, o := range j.options.Only {
		if o == outcome {
			return true
		}
	}
	return false
}

// readICCID reports whether the check digit is right, or of no interest.
func (j *judge) readICCID(text string, v *finding) bool {
	iccid, fault := jobs.ParseICCID(text)
	if fault != nil {
		v.blame(iccidColumn, readable(iccidColumn, text))
		v.blame(iccidColumn, fault)
		return true
	}
	luhn := iccid.LuhnOK()
	if v.looks = iccid.LooksRounded(); v.looks && (j.rounded || !luhn) {
		v.blame(iccidColumn, roundedFault())
		return true
	}
	v.iccid = iccid
	return luhn
}

// readable is the fault of a cell that says nothing; nil: it can be read.
func readable(c column, text string) *jobs.Fault {
	if why := unreadable(text); why != "" {
		return cellUnreadable(c, why)
	}
	return nil
}

func (j *judge) readAction(text string, v *finding) {
	v.action = j.actionOf(text)
	if v.action != "" {
		return
	}
	v.blame(actionColumn, readable(actionColumn, text))
	if sheet.Unwrap(text) == "" {
		v.blame(actionColumn, invalid(jobs.ActionMissing, "The row has no action. Fill the action column, or give --action for the rows without one."))
		return
	}
	v.blame(actionColumn, invalid(jobs.ActionUnknown, "%.60q is no action. %s", sheet.Unwrap(text), useAction(text)))
}

// actionOf gives the action that a cell asks for, or that the options give
// where it is empty; empty: none.
func (j *judge) actionOf(text string) jobs.Action {
	action, found := j.actions[text]
	if found {
		return action
	}
	action = j.options.actionOf(text)
	if len(j.actions) < known {
		j.actions[strings.Clone(text)] = action
	}
	return action
}

func (o *Options) actionOf(text string) jobs.Action {
	text = sheet.Unwrap(text)
	if text == "" {
		return o.Action
	}
	action, _ := jobs.ParseAction(text)
	return action
}

// useAction says what may stand in an action column.
func useAction(text string) string {
	use := "Use " + actionNames() + "."
	if action := meant.Word(jobs.NormalName(sheet.Unwrap(text)), jobs.Actions); action != "" {
		return fmt.Sprintf("Did you mean %s? %s", action, use)
	}
	return use
}

func actionNames() string {
	names := make([]string, len(jobs.Actions))
	for i, a := range jobs.Actions {
		names[i] = string(a)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

func (j *judge) readGroup(text string, v *finding) {
	v.blame(groupColumn, readable(groupColumn, text))
	v.group = sheet.Unwrap(text)
	if v.group == "" {
		v.group = j.options.Group
	}
	if v.group != "" {
		return
	}
	mapped := ""
	if at := j.likely[groupColumn]; at >= 0 {
		mapped = fmt.Sprintf(" If the groups are in %.40q: --column group=%.40q.", j.names[at], j.names[at])
	}
	v.blame(groupColumn, invalid(jobs.GroupMissing,
		"%s needs the code of a live group and the row has none. Fill the group column, or give --group for the rows without one.%s", v.action, mapped))
}

func (j *judge) readExpect(text string, v *finding) {
	v.blame(expectColumn, readable(expectColumn, text))
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
	v.blame(expectColumn, e.fault)
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

func roundedFault() *jobs.Fault {
	return invalid(jobs.ICCIDRounded, "A spreadsheet rounded the iccid to 15 digits and filled up with zeros; its last digits are lost. "+
		"Export the ICCIDs again, with the column formatted as text.")
}
