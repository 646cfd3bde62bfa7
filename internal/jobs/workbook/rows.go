package workbook

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
)

// Row is a row of a sheet in which something is written.
type Row struct {
	Number int      // as the spreadsheet program shows it, from 1
	Hidden bool     // by hand, or by a filter
	Cells  []string // from column A to the last one that is written; good until the next row
	// Unsolved are the columns, from 0, of formulas whose result is not in the
	// file, or is an old one that the workbook wants calculated again.
	Unsolved []int
}

// Rows goes through a sheet from top to bottom. An error, an [*Unreadable], is
// the last thing yielded: whatever came before it, the sheet is not to be
// trusted then. A sheet whose rows stand in the file in another order is held in
// memory.
func (b *Book) Rows(s Sheet) iter.Seq2[Row, error] {
	l := b.look(s)
	switch {
	case l.err != nil:
		return func(yield func(Row, error) bool) { yield(Row{}, l.err) }
	case l.unordered:
		return b.sorted(s)
	}
	return b.stored(s)
}

// stored goes through a sheet in the order of the file.
func (b *Book) stored(s Sheet) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		part, err := openPart(s.part)
		if err != nil {
			yield(Row{}, s.broken(err))
			return
		}
		defer part.Close()
		r := &reading{book: b, m: newMarkup(part)}
		for {
			found, err := r.next()
			if err != nil {
				yield(Row{}, s.broken(err))
				return
			}
			if !found || !yield(r.row, nil) {
				return
			}
		}
	}
}

// sorted goes through a sheet in the order of its row numbers.
func (b *Book) sorted(s Sheet) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		var rows []Row
		for row, err := range b.stored(s) {
			if err != nil {
				yield(Row{}, err)
				return
			}
			row.Cells, row.Unsolved = slices.Clone(row.Cells), slices.Clone(row.Unsolved)
			rows = append(rows, row)
		}
		slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Number, b.Number) })
		for i, row := range rows {
			if i > 0 && row.Number == rows[i-1].Number {
				yield(Row{}, s.broken(fmt.Errorf("row %d stands in it twice", row.Number)))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (s Sheet) broken(err error) error {
	return unreadable("save it again in a spreadsheet program, or as CSV UTF-8, and give that file", "sheet %q of the workbook is broken: %v", s.Name, err)
}

// reading is one passage through a sheet.
type reading struct {
	book *Book
	m    *markup
	row  Row
	last int // number of the row before, written or not
	done bool
}

// next reads the next row that has something in it, into r.row. It reports
// false at the end of the sheet.
func (r *reading) next() (bool, error) {
	for !r.done {
		if err := r.m.next(); err != nil {
			return false, unlessCut(err)
		}
		switch {
		case r.m.is("row") && r.m.opens:
			if err := r.begin(); err != nil {
				return false, err
			}
			if r.m.ends {
				continue
			}
			if err := r.cells(); err != nil {
				return false, fmt.Errorf("row %d: %w", r.row.Number, err)
			}
			if len(r.row.Cells) > 0 || len(r.row.Unsolved) > 0 {
				return true, nil
			}
		case r.m.ends && (r.m.is("worksheet") || r.m.is("chartsheet") || r.m.is("dialogsheet")):
			r.done = true
		}
	}
	return false, nil
}

// begin reads the attributes of a row (18.3.1.73).
func (r *reading) begin() error {
	number, hidden := r.last+1, false
	for name, value := r.m.attribute(); name != nil; name, value = r.m.attribute() {
		switch string(name) {
		case "r":
			n, err := strconv.Atoi(string(value))
			if err != nil {
				return fmt.Errorf("a row has the number %.20q", value)
			}
			number = n
		case "hidden":
			hidden = string(value) == "1" || string(value) == "true"
		}
	}
	if number < 1 || number > MaxRows {
		return fmt.Errorf("it has a row %d, and the rows of a sheet count from 1 to %d", number, MaxRows)
	}
	r.last = number
	r.row = Row{Number: number, Hidden: hidden, Cells: r.row.Cells[:0], Unsolved: r.row.Unsolved[:0]}
	return nil
}

// cells reads the cells of a row up to its end.
func (r *reading) cells() error {
	column := -1
	for {
		if err := r.m.next(); err != nil {
			return unlessCut(err)
		}
		switch {
		case r.m.is("c") && r.m.opens:
			c := cell{column: column + 1}
			if err := c.attributes(r.m); err != nil {
				return err
			}
			column = c.column
			if r.m.ends {
				continue
			}
			if err := c.read(r.m); err != nil {
				return err
			}
			text, err := r.book.text(&c)
			if err != nil {
				return fmt.Errorf("cell %s: %w", Reference(c.column, r.row.Number), err)
			}
			if c.formula && (!c.solved() || r.book.stale) {
				r.row.Unsolved = append(r.row.Unsolved, column)
			}
			if !r.put(column, text) {
				return fmt.Errorf("cell %s stands in it twice", Reference(column, r.row.Number))
			}
		case r.m.is("row") && r.m.ends:
			return nil
		}
	}
}

// put stores a text that is not empty. It reports false where the cell holds one
// already.
func (r *reading) put(column int, text string) bool {
	if text == "" {
		return true
	}
	for len(r.row.Cells) <= column {
		r.row.Cells = append(r.row.Cells, "")
	}
	free := r.row.Cells[column] == ""
	r.row.Cells[column] = text
	return free
}
