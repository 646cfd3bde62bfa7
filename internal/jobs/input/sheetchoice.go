package input

import (
	"fmt"
	"slices"

	"bulk/internal/jobs/sheet"
	"bulk/internal/jobs/workbook"
)

// choose finds the sheet to read: the first with an iccid column, of those that
// can be seen before those that are hidden; where only one has anything in it,
// that one.
func (s *spreadsheet) choose(book *workbook.Book) (workbook.Sheet, error) {
	sheets := slices.Clone(book.Sheets)
	slices.SortStableFunc(sheets, func(a, b workbook.Sheet) int {
		if a.Hidden == b.Hidden {
			return 0
		}
		if b.Hidden {
			return -1
		}
		return 1
	})
	var written, fitting []workbook.Sheet
	for _, sheet := range sheets {
		names, err := headOf(book, sheet)
		if err != nil {
			return workbook.Sheet{}, err
		}
		if names != nil {
			written = append(written, sheet)
		}
		if hasICCID(names) {
			fitting = append(fitting, sheet)
		}
	}
	switch {
	case len(fitting) > 1:
		s.notes = append(s.notes, fmt.Sprintf("several sheets of the workbook have an iccid column; %.60q is read and %s not",
			fitting[0].Name, quoted(sheetNames(fitting[1:]))))
		return fitting[0], nil
	case len(fitting) == 1:
		return fitting[0], nil
	case len(written) == 1:
		return written[0], nil
	case len(written) == 0:
		return workbook.Sheet{}, refuse("the first row must name the columns, iccid among them", "the workbook is empty: it has not even a header")
	}
	return workbook.Sheet{}, refuse("the first row of one sheet must name the columns, iccid among them",
		"no sheet of the workbook has an iccid column: not %s", quoted(sheetNames(written)))
}

func sheetNames(sheets []workbook.Sheet) []string {
	names := make([]string, len(sheets))
	for i, s := range sheets {
		names[i] = s.Name
	}
	return names
}

// headOf gives the first row of a sheet that has something in it; nil: there is
// none.
func headOf(book *workbook.Book, s workbook.Sheet) ([]string, error) {
	for row, err := range book.Rows(s) {
		if err != nil {
			return nil, err
		}
		if !sheet.Empty(row.Cells) {
			return row.Cells, nil
		}
	}
	return nil, nil
}
