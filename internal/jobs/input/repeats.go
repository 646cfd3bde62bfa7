package input

import (
	"fmt"

	"bulk/internal/jobs"
)

// repeats gathers, in the second pass, the rows whose SIM and action may have
// stood in the file before, and finds out exactly which are repetitions.
type repeats struct {
	rows   []repeatedRow
	asks   []ask
	places map[askKey]int32 // in asks
	groups []string
	ids    map[string]int32 // in groups
}

// repeatedRow is one row that may be a repetition.
type repeatedRow struct {
	seq, line  int
	ask, group int32
	digits     int // of the ICCID, as the row spells it
}

// ask is one action asked of one SIM, and who asks it.
type ask struct {
	seq, line  int // of the first row
	group      int32
	rivalGroup int32 // of the first row that names another group
	rivalLine  int   // 0: there is none
	count      int32
	command    bool // the action is irreversible
	digits     int  // of the ICCID, as the first row spells it
}

// keyOf says which rows ask for the same. Commands for one SIM are the same
// however its number is spelled. A read is the same only in the same spelling: an
// upstream may know a SIM by one of them alone, and its answer to the one says
// nothing of the other.
func keyOf(v *finding) askKey {
	number := string(v.iccid)
	if v.action.Irreversible() {
		number = string(v.iccid.SIM())
	}
	return packKey(number, actionMark(v.action))
}

func packKey(i string, mark uint8) askKey {
	var high, low uint64
	for at := range len(i) {
		high = high<<4 | low>>60
		low = low<<4 | uint64(i[at]-'0')
	}
	return askKey{high | uint64(len(i))<<32 | uint64(mark)<<48, low}
}

func newRepeats() *repeats {
	return &repeats{places: map[askKey]int32{}, ids: map[string]int32{}}
}

// note takes a row.
func (r *repeats) note(seq, line int, v *finding) {
	key := keyOf(v)
	group := r.groupID(v.group)
	at, found := r.places[key]
	if !found {
		at = int32(len(r.asks))
		r.places[key] = at
		r.asks = append(r.asks, ask{seq: seq, line: line, group: group, command: v.action.Irreversible(), digits: len(v.iccid)})
	}
	a := &r.asks[at]
	a.count++
	if a.group != group && a.rivalLine == 0 {
		a.rivalLine, a.rivalGroup = line, group
	}
	r.rows = append(r.rows, repeatedRow{seq, line, at, group, len(v.iccid)})
}

func (r *repeats) groupID(group string) int32 {
	id, found := r.ids[group]
	if !found {
		id = int32(len(r.groups))
		r.groups = append(r.groups, group)
		r.ids[group] = id
	}
	return id
}

const (
	repeatedRead markKind = iota
	duplicate
	conflict
)

// marks decides what each row is.
func (r *repeats) marks() marks {
	m := marks{groups: r.groups}
	for _, row := range r.rows {
		a := &r.asks[row.ask]
		switch {
		case a.count == 1:
		case !a.command && row.seq != a.seq:
			m.list = append(m.list, mark{seq: row.seq, other: a.seq, kind: repeatedRead})
		case a.command && a.rivalLine == 0 && row.seq != a.seq:
			m.list = append(m.list, mark{seq: row.seq, other: a.line, group: row.group, kind: duplicate, spelled: row.digits != a.digits})
		case a.command && a.rivalLine != 0 && row.group == a.group:
			m.list = append(m.list, mark{seq: row.seq, other: a.rivalLine, group: row.group, rival: a.rivalGroup, kind: conflict})
		case a.command && a.rivalLine != 0:
			m.list = append(m.list, mark{seq: row.seq, other: a.line, group: row.group, rival: a.group, kind: conflict})
		}
	}
	return m
}

// fault words a duplicate or a conflict.
func (m *marks) fault(k mark) *jobs.Fault {
	if k.kind == duplicate && k.spelled {
		return &jobs.Fault{Outcome: jobs.Skipped, Code: jobs.DuplicateRow,
			Text: fmt.Sprintf("Line %d asks for the same on this SIM: the two numbers are one, with and without its check digit. Nothing to do; line %d counts.", k.other, k.other)}
	}
	if k.kind == duplicate {
		return &jobs.Fault{Outcome: jobs.Skipped, Code: jobs.DuplicateRow,
			Text: fmt.Sprintf("Line %d asks for the same on this SIM. Nothing to do; line %d counts.", k.other, k.other)}
	}
	return invalid(jobs.ConflictingRows, "This row names group %s for the SIM, line %d names group %s. Leave the one row that is right and run the file again.",
		m.groups[k.group], k.other, m.groups[k.rival])
}
