package input

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// columnNames are the tags of cells, in their order.
var columnNames = func() (names [columnCount]string) {
	t := reflect.TypeFor[cells]()
	for i := range names {
		names[i] = t.Field(i).Tag.Get("csv")
	}
	return names
}()

func (c column) String() string { return columnNames[c] }

// ColumnNames lists the columns that bulk reads, for --column.
func ColumnNames() []string { return columnNames[:] }

// lacks reports whether the file has no such column, as somebody said.
func (o *Options) lacks(c column) bool { return slices.Contains(o.Absent, c.String()) }

func normal(name string) string { return jobs.NormalName(sheet.Unwrap(name)) }

// hasICCID reports whether a record may be the header: it has the iccid column,
// under its own name or the one that was given for it.
func (o *Options) hasICCID(names []string) bool {
	given, renamed := o.Columns[iccidColumn.String()]
	return slices.ContainsFunc(names, func(name string) bool {
		n := normal(name)
		return n == iccidColumn.String() || renamed && n == normal(given)
	})
}

// placesIn finds the columns that bulk reads in a record that may be the header.
func (o *Options) placesIn(names []string) (places []int) {
	for i, name := range names {
		n := normal(name)
		if slices.Contains(columnNames[:], n) {
			places = append(places, i)
			continue
		}
		for _, given := range o.Columns {
			if n == normal(given) {
				places = append(places, i)
			}
		}
	}
	return places
}

// findColumns finds the columns that bulk reads among the header's names; -1: the
// file has no such column. A file that bulk wrote has them under their own
// names, whatever the names were that the first input gave them; so may a file
// beside one that has the others.
func (l *layout) findColumns(head sheet.Head, names []string, o *Options) *Refusal {
	for c := range l.places {
		l.places[c] = -1
	}
	given, taken := o.Columns, map[int]bool{}
	for _, own := range slices.Sorted(maps.Keys(given)) {
		c := column(slices.Index(columnNames[:], own))
		at, refusal := place(head, names, normal(given[own]))
		switch {
		case refusal != nil:
			return refusal
		case at < 0 && (l.outcome >= 0 || o.others(own)):
			continue
		case at < 0:
			return refuse("look at the spelling; --column "+own+"=NAME takes a name of the header",
				"line %d: the header has no column %q, which --column names for %s; it has %s", head.Line, given[own], own, quoted(head.Names))
		case taken[at]:
			return refuse("give each its own column", "--column names %q for two columns", given[own])
		}
		l.places[c], taken[at] = at, true
	}
	for c := range l.places {
		if l.places[c] >= 0 {
			continue
		}
		at, refusal := place(head, names, columnNames[c])
		if refusal != nil {
			return refusal
		}
		if at >= 0 && l.outcome < 0 && o.lacks(column(c)) {
			return refuse("leave it out, or give the file's column another name",
				"line %d: the header has a column %s, and --column %[2]s= says that the file has none", head.Line, columnNames[c])
		}
		if !taken[at] {
			l.places[c] = at
		}
	}
	return nil
}

// place finds a name that the header must not have twice.
func place(head sheet.Head, names []string, name string) (int, *Refusal) {
	at := slices.Index(names, name)
	if at >= 0 && slices.Contains(names[at+1:], name) {
		return at, refuse("leave one of them, or give the others another name", "line %d: the header names %s twice", head.Line, name)
	}
	return at, nil
}

func quoted(names []string) string {
	const most = 12
	shown := make([]string, 0, most+1)
	for _, name := range names {
		if len(shown) == most {
			shown = append(shown, fmt.Sprintf("and %d more", len(names)-most))
			break
		}
		shown = append(shown, fmt.Sprintf("%.40q", name))
	}
	return strings.Join(shown, ", ")
}
