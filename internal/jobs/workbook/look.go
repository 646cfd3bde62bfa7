package workbook

import (
	"io"
	"strconv"
)

// Merges are the merged cells of a sheet, in the order of their first rows.
func (b *Book) Merges(s Sheet) ([]Area, error) {
	l := b.look(s)
	return l.merges, l.err
}

// HiddenColumns are the columns of a sheet, from 0, that are hidden, of the first
// so many.
func (b *Book) HiddenColumns(s Sheet, first int) (columns []int, err error) {
	l := b.look(s)
	for _, a := range l.hidden {
		for c := a.Left; c <= min(a.Right, first-1); c++ {
			columns = append(columns, c)
		}
	}
	return columns, l.err
}

// look goes once through the whole of a sheet, to its checksum, so that one that
// is cut short or broken is known as such before a row of it is used.
func (b *Book) look(s Sheet) *looked {
	if l, found := b.looked[s.part]; found {
		return l
	}
	l := &looked{}
	if err := l.read(s); err != nil {
		l.err = s.broken(err)
	}
	sortAreas(l.merges)
	b.looked[s.part] = l
	return l
}

func (l *looked) read(s Sheet) error {
	part, err := openPart(s.part)
	if err != nil {
		return err
	}
	defer part.Close()
	m, last := newMarkup(part), 0
	for done := false; !done; {
		if err := m.next(); err != nil {
			return unlessCut(err)
		}
		switch {
		case m.is("row") && m.opens:
			number := rowNumber(m, last)
			l.unordered = l.unordered || number <= last
			last = number
		case m.is("mergeCell") && m.opens:
			l.merge(m)
		case m.is("col") && m.opens:
			l.column(m)
		case m.ends && (m.is("worksheet") || m.is("chartsheet") || m.is("dialogsheet")):
			done = true
		}
	}
	_, err = io.Copy(io.Discard, m.src)
	return err
}

func (l *looked) merge(m *markup) {
	for name, value := m.attribute(); name != nil; name, value = m.attribute() {
		if string(name) != "ref" {
			continue
		}
		if area, ok := areaOf(value); ok {
			l.merges = append(l.merges, area)
		}
	}
}

// column notes columns that are hidden (18.3.1.13).
func (l *looked) column(m *markup) {
	var a Area
	hidden := false
	for name, value := m.attribute(); name != nil; name, value = m.attribute() {
		switch string(name) {
		case "min":
			a.Left, _ = strconv.Atoi(string(value))
		case "max":
			a.Right, _ = strconv.Atoi(string(value))
		case "hidden":
			hidden = isTrue(string(value))
		}
	}
	if hidden && a.Left >= 1 {
		l.hidden = append(l.hidden, Area{Left: a.Left - 1, Right: a.Right - 1})
	}
}

// rowNumber reads the number of a row; one without follows the last.
func rowNumber(m *markup, last int) int {
	for name, value := m.attribute(); name != nil; name, value = m.attribute() {
		if string(name) == "r" {
			if n, err := strconv.Atoi(string(value)); err == nil {
				return n
			}
		}
	}
	return last + 1
}
