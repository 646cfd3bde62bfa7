package input

import (
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs/sheet"
	"bulk/internal/jobs/workbook"
)

// candidate is a sheet in which something is written.
type candidate struct {
	workbook.Sheet
	fits   bool // it has an iccid column, be it below titles
	rows   bool // something stands below that
	change bool // one of the rows asks for what cannot be undone, or may do so
}

// choose finds the sheet to read: the one that was named, else the one with an
// iccid column. Of several that can be seen none is chosen where a row of any of
// them is irreversible; else the first is. Where no sheet has such a column and
// only one has anything in it, that one is read, to say what is wrong with it.
func (s *spreadsheet) choose(book *workbook.Book, o *Options) (workbook.Sheet, error) {
	s.notes = append(s.notes, book.Notes...)
	if len(book.Missing) > 0 {
		s.notes = append(s.notes, fmt.Sprintf("the workbook lists sheets that are not in it: %s", quoted(book.Missing)))
	}
	if o.Sheet != "" {
		return s.byName(book, o.Sheet)
	}
	all, err := candidates(book, o)
	if err != nil {
		return workbook.Sheet{}, err
	}
	fitting := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return !c.fits })
	switch {
	case len(fitting) > 0:
		return s.among(fitting, o)
	case len(all) == 1:
		return all[0].Sheet, nil
	case len(all) == 0:
		return workbook.Sheet{}, refuse("the first row must name the columns, iccid among them", "the workbook is empty: it has not even a header")
	}
	return workbook.Sheet{}, refuse("the first row of one sheet must name the columns, iccid among them; --sheet NAME says which sheet is meant",
		"no sheet of the workbook has an iccid column: not %s", quoted(sheetNames(all)))
}

// among chooses one of several sheets with an iccid column.
func (s *spreadsheet) among(fitting []candidate, o *Options) (workbook.Sheet, error) {
	seen := slices.DeleteFunc(slices.Clone(fitting), func(c candidate) bool { return c.Hidden })
	if len(seen) == 0 {
		seen = fitting
	}
	full := slices.DeleteFunc(slices.Clone(seen), func(c candidate) bool { return !c.rows })
	change := slices.ContainsFunc(full, func(c candidate) bool { return c.change })
	if len(full) > 1 && o.OneSheet {
		return workbook.Sheet{}, refuse("give the sheet that is meant as CSV, or in a workbook of its own",
			"several sheets of the workbook have an iccid column and rows: %s", quoted(sheetNames(full)))
	}
	if len(full) > 1 && change && !o.Accepted {
		return workbook.Sheet{}, refuse("say which one is meant with --sheet NAME",
			"several sheets of the workbook have an iccid column and rows, and what they ask for cannot be undone: %s", quoted(sheetNames(full)))
	}
	chosen := seen[0]
	if len(full) > 0 {
		chosen = full[0]
	}
	others := slices.DeleteFunc(slices.Clone(fitting), func(c candidate) bool { return c.Name == chosen.Name })
	if len(others) > 0 {
		s.notes = append(s.notes, fmt.Sprintf("several sheets of the workbook have an iccid column; %.60q is read and %s not (--sheet NAME reads another)",
			chosen.Name, quoted(sheetNames(others))))
	}
	s.noteHidden(chosen.Sheet)
	return chosen.Sheet, nil
}

func (s *spreadsheet) noteHidden(chosen workbook.Sheet) {
	if chosen.Hidden {
		s.notes = append(s.notes, fmt.Sprintf("the sheet %.60q, which is read, is hidden in the workbook", chosen.Name))
	}
}

// byName finds the sheet that --sheet names: spelled so, or but for case and
// spaces around it.
func (s *spreadsheet) byName(book *workbook.Book, name string) (workbook.Sheet, error) {
	alike := func(a string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(name)) }
	at := slices.IndexFunc(book.Sheets, func(c workbook.Sheet) bool { return c.Name == name })
	if at < 0 {
		at = slices.IndexFunc(book.Sheets, func(c workbook.Sheet) bool { return alike(c.Name) })
	}
	if at < 0 {
		names := make([]string, len(book.Sheets))
		for i, c := range book.Sheets {
			names[i] = c.Name
		}
		return workbook.Sheet{}, refuse("look at --sheet", "the workbook has no sheet %q; it has %s", name, quoted(names))
	}
	s.noteHidden(book.Sheets[at])
	return book.Sheets[at], nil
}

func sheetNames(sheets []candidate) []string {
	names := make([]string, len(sheets))
	for i, s := range sheets {
		names[i] = s.Name
	}
	return names
}

// candidates looks at every sheet of a workbook; those without anything in them
// are left out.
func candidates(book *workbook.Book, o *Options) ([]candidate, error) {
	var all []candidate
	for _, s := range book.Sheets {
		c := candidate{Sheet: s}
		written, err := c.look(book, o)
		if err != nil {
			return nil, err
		}
		if written {
			all = append(all, c)
		}
	}
	return all, nil
}

// mostTitleRows is how many rows may stand above a sheet's header.
const mostTitleRows = 100

// look finds out what a sheet has to do with the input. It reports false where
// nothing stands in it.
func (c *candidate) look(book *workbook.Book, o *Options) (written bool, err error) {
	action := -1
	for row, err := range book.Rows(c.Sheet) {
		switch {
		case err != nil:
			return false, err
		case sheet.Empty(row.Cells) && len(row.Unsolved) == 0:
			continue
		case !c.fits && row.Number > mostTitleRows:
			return true, nil
		case !c.fits:
			written = true
			if c.fits = o.hasICCID(row.Cells); c.fits {
				action = o.actionPlace(row.Cells)
			}
			continue
		}
		c.rows = true
		if c.change = o.mayChange(row, action); c.change {
			return true, nil
		}
	}
	return written, nil
}

// actionPlace finds the action column of a header; -1: there is none.
func (o *Options) actionPlace(names []string) int {
	name := actionColumn.String()
	if given, renamed := o.Columns[name]; renamed {
		name = normal(given)
	}
	return slices.IndexFunc(names, func(n string) bool { return normal(n) == name })
}

// mayChange reports whether a row of a sheet asks for what cannot be undone, or
// may do so, where its action cannot be read.
func (o *Options) mayChange(row workbook.Row, action int) bool {
	text := ""
	if action >= 0 && action < len(row.Cells) {
		text = row.Cells[action]
	}
	return o.actionOf(text).Irreversible() || unreadable(text) != "" || slices.Contains(row.Unsolved, action)
}
