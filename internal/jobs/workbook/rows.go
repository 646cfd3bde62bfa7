package workbook

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
)

// Row is a row of a sheet in which something is written.
type Row struct {
	Number int      // as the spreadsheet program shows it, from 1
	Hidden bool     // by hand, or by a filter
	Cells  []string // from column A to the last one that is written; good until the next row
	// Unsolved names the first cell with a formula whose result is not in the
	// file, and which is therefore empty; empty: there is none.
	Unsolved string
}

// Rows goes through a sheet from top to bottom. An error, an [*Unreadable], is
// the last thing yielded: whatever came before it, the sheet is not to be
// trusted then.
func (b *Book) Rows(s Sheet) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		part, err := s.part.Open()
		if err != nil {
			yield(Row{}, s.broken(err))
			return
		}
		defer part.Close()
		m, err := newMarkup(part)
		if err != nil {
			yield(Row{}, s.broken(err))
			return
		}
		r := &reading{book: b, m: m}
		for {
			found, err := r.next()
			if err == nil && !found {
				_, err = io.Copy(io.Discard, m.src) // to the checksum
			}
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

func (s Sheet) broken(err error) error {
	return unreadable("save it again in a spreadsheet program, or as CSV UTF-8, and give that file", "sheet %q of the workbook is broken: %v", s.Name, err)
}

// reading is one passage through a sheet.
type reading struct {
	book *Book
	m    *markup
	row  Row
	last int // number of the last row, written or not
	done bool
}

var errCut = errors.New("it ends in the middle")

// unlessCut words the end of a part where none should be.
func unlessCut(err error) error {
	if errors.Is(err, io.EOF) {
		return errCut
	}
	return err
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
			if len(r.row.Cells) > 0 || r.row.Unsolved != "" {
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
	if number <= r.last {
		return fmt.Errorf("row %d comes after row %d", number, r.last)
	}
	if number > MaxRows {
		return fmt.Errorf("it has a row %d, and no sheet has more than %d", number, MaxRows)
	}
	r.last = number
	r.row = Row{Number: number, Hidden: hidden, Cells: r.row.Cells[:0]}
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
			if c.formula && !c.valued && r.row.Unsolved == "" {
				r.row.Unsolved = Reference(c.column, r.row.Number)
			}
			r.put(column, text)
		case r.m.is("row") && r.m.ends:
			return nil
		}
	}
}

// put stores a text that is not empty.
func (r *reading) put(column int, text string) {
	if text == "" {
		return
	}
	for len(r.row.Cells) <= column {
		r.row.Cells = append(r.row.Cells, "")
	}
	r.row.Cells[column] = text
}
