package input

import (
	"fmt"
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/jobs/formula"
	"bulk/internal/jobs/sheet"
)

// layOut reads the header.
func layOut(head sheet.Head, o *Options) (layout, *Refusal) {
	names := make([]string, len(head.Names))
	for i, name := range head.Names {
		names[i] = normal(name)
	}
	l := layout{width: len(names), outcome: -1, groupOut: -1}
	l.findResults(names)
	if refusal := l.findColumns(head, names, o); refusal != nil {
		return l, refusal
	}
	for i := range names {
		if !slices.Contains(l.prior, i) {
			l.own = append(l.own, i)
		}
	}
	l.nameOwn(head.Names, names)
	return l, nil
}

// findResults finds the result columns, all of them in their order, and the
// data columns right after them.
func (l *layout) findResults(names []string) {
	want := jobs.ResultColumns
	for start := 0; start+len(want) <= len(names); start++ {
		if !slices.Equal(names[start:start+len(want)], want) {
			continue
		}
		for i := range want {
			l.prior = append(l.prior, start+i)
		}
		l.outcome = start + slices.Index(want, "outcome")
		for i := start + len(want); i < len(names); i++ {
			c, ok := jobs.ParseColumn(names[i])
			if !ok || slices.Contains(l.data, c) {
				return
			}
			l.prior, l.data = append(l.prior, i), append(l.data, c)
		}
		return
	}
}

// nameOwn names the input's part of the result header. A column that bulk reads
// has its own name there, whatever the file calls it, so that the result is an
// input; one that bears a result column's name, or that of another column which
// bulk reads, becomes input_<name>.
func (l *layout) nameOwn(spelled, names []string) {
	for out, in := range l.own {
		name := spelled[in]
		switch c := slices.Index(l.places[:], in); {
		case c >= 0 && names[in] != columnNames[c]:
			name = columnNames[c]
		case c < 0 && (isResultName(names[in]) || slices.Contains(columnNames[:], names[in])):
			name = l.free("input_"+names[in], names)
		}
		l.names = append(l.names, name)
		switch in {
		case l.places[iccidColumn]:
			l.iccidOut = out
		case l.places[actionColumn]:
			l.actionOut = out
		case l.places[groupColumn]:
			l.groupOut = out
		}
	}
	if l.places[actionColumn] < 0 {
		l.actionOut = len(l.names)
		l.names = append(l.names, actionColumn.String())
	}
}

// free makes a name that no column bears, by a number where it must.
func (l *layout) free(name string, names []string) string {
	free := name
	for n := 2; slices.Contains(names, free) || slices.Contains(l.names, free); n++ {
		free = fmt.Sprintf("%s_%d", name, n)
	}
	return free
}

func isResultName(name string) bool {
	_, isData := jobs.ParseColumn(name)
	return isData || slices.Contains(jobs.ResultColumns, name)
}

// addGroup makes room for the group that --group gives to rows.
func (l *layout) addGroup() {
	if l.groupOut < 0 {
		l.groupOut = len(l.names)
		l.names = append(slices.Clone(l.names), groupColumn.String())
	}
}

// header names the columns that bulk reads and the file has.
func (l *layout) header() (names []string) {
	for c, at := range l.places {
		if at >= 0 {
			names = append(names, columnNames[c])
		}
	}
	return names
}

// read appends what stands under header's names in a record.
func (l *layout) read(under, fields []string) []string {
	for _, at := range l.places {
		if at >= 0 {
			under = append(under, fields[at])
		}
	}
	return under
}

// last is the place of the last column that a row with this action cannot do
// without. A read takes nothing but its iccid, its action and what it expects of
// the answer; what is missing of that was not asked for. A command must have
// everything that bulk reads.
func (l *layout) last(a jobs.Action) int {
	last := max(l.places[iccidColumn], l.outcome)
	if !a.Irreversible() {
		return last
	}
	for _, at := range l.places {
		last = max(last, at)
	}
	return last
}

// fields fills out, which has room for it, with the input's part of a record,
// as it was.
func (l *layout) fields(out, record []string) {
	for i, in := range l.own {
		out[i] = record[in]
	}
}

// priorOf reads what a result file said about a row.
func (l *layout) priorOf(record []string) *jobs.Prior {
	p := &jobs.Prior{Outcome: l.outcomeOf(record)}
	results := l.prior[:len(jobs.ResultColumns)]
	for place, in := range results {
		p.Cells.SetCell(place, record[in])
	}
	for i, in := range l.prior[len(results):] {
		p.Cells.Data.Set(l.data[i], formula.Strip(record[in]))
	}
	return p
}

// outcomeOf reads a row's earlier outcome; empty where it names none.
func (l *layout) outcomeOf(record []string) jobs.Outcome {
	text := record[l.outcome]
	if i := slices.Index(jobs.Outcomes, jobs.Outcome(text)); i >= 0 {
		return jobs.Outcomes[i]
	}
	o, _ := jobs.ParseOutcome(text)
	return o
}
