package input

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs/sheet"
	"bulk/internal/jobs/workbook"
)

// fill writes a sheet's rows.
func (s *spreadsheet) fill(book *workbook.Book, from workbook.Sheet, o *Options) (err error) {
	if s.merges, err = book.Merges(from); err != nil {
		return err
	}
	out := bufio.NewWriterSize(s.file, copyBuffer)
	w := &sheetWriter{sheet: s, options: o, out: out, csv: csv.NewWriter(out), line: 1}
	for row, err := range book.Rows(from) {
		if err != nil {
			return err
		}
		if err := w.write(row); err != nil {
			return fmt.Errorf("writing down the rows of the workbook: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing down the rows of the workbook: %w", err)
	}
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	s.size = info.Size()
	s.notes = append(s.notes, w.notes()...)
	hidden, err := book.HiddenColumns(from, w.width)
	s.noteHiddenColumns(w, hidden)
	return err
}

// noteHiddenColumns names the hidden columns that are read although nobody sees
// them.
func (s *spreadsheet) noteHiddenColumns(w *sheetWriter, hidden []int) {
	var names []string
	for _, column := range hidden {
		if w.isRead(column) {
			names = append(names, w.header[column])
		}
	}
	if names != nil {
		s.notes = append(s.notes, fmt.Sprintf("columns of the sheet that are read are hidden in it: %s", quoted(names)))
	}
}

// sheetWriter turns rows of a sheet into lines of CSV.
type sheetWriter struct {
	sheet    *spreadsheet
	options  *Options
	out      *bufio.Writer
	csv      *csv.Writer // without a buffer of its own: out is large enough
	line     int         // of out, that comes next
	shift    int
	bytes    int64
	width    int // of the header; 0: none was found yet
	header   []string
	reads    []int // the columns that bulk reads
	record   []string
	hidden   int
	unsolved int
	first    string // unsolved cell
}

func (w *sheetWriter) write(row workbook.Row) error {
	if len(row.Unsolved) > 0 {
		if w.unsolved++; w.first == "" {
			w.first = workbook.Reference(row.Unsolved[0], row.Number)
		}
	}
	if sheet.Empty(row.Cells) && !slices.ContainsFunc(row.Unsolved, w.isRead) {
		return nil
	}
	record := row.Cells
	switch {
	case w.width > 0:
		record = w.fit(row)
		if row.Hidden {
			w.hidden++
		}
	case w.options.hasICCID(row.Cells):
		w.width = writtenWidth(row.Cells)
		w.header, w.reads = slices.Clone(row.Cells), w.options.placesIn(row.Cells)
	}
	for ; w.line < row.Number+w.shift; w.line++ {
		if err := w.out.WriteByte('\n'); err != nil {
			return err
		}
	}
	breaks := 0
	for _, text := range record {
		w.bytes += int64(len(text)) + 1
		breaks += strings.Count(text, "\n")
	}
	if w.bytes > mostText {
		return refuse("split it into several workbooks, or give it as CSV UTF-8", "the workbook unpacks to more than %d GiB", int64(mostText)>>30)
	}
	w.line += 1 + breaks
	if breaks > 0 {
		w.shift += breaks
		w.sheet.shifts = append(w.sheet.shifts, shift{w.line, w.shift})
	}
	return w.csv.Write(record)
}

func (w *sheetWriter) isRead(column int) bool { return slices.Contains(w.reads, column) }

// writtenWidth is how many cells there are up to the last that shows something.
func writtenWidth(cells []string) int {
	n := len(cells)
	for n > 0 && sheet.Empty(cells[n-1:n]) {
		n--
	}
	return n
}

// fit gives a row the header's width; where something stands to the right of
// it, one field more.
func (w *sheetWriter) fit(row workbook.Row) []string {
	w.record = append(w.record[:0], row.Cells[:min(len(row.Cells), w.width)]...)
	for len(w.record) < w.width {
		w.record = append(w.record, "")
	}
	for _, column := range row.Unsolved {
		if w.isRead(column) {
			w.record[column] = unsolvedCell
		}
	}
	for column := w.width; column < len(row.Cells); column++ {
		if !sheet.Empty(row.Cells[column : column+1]) {
			return append(w.record, workbook.Reference(column, row.Number))
		}
	}
	return w.record
}

func (w *sheetWriter) notes() (notes []string) {
	if w.hidden > 0 {
		notes = append(notes, fmt.Sprintf("rows of the sheet are hidden, perhaps by a filter (%d); they count like the others", w.hidden))
	}
	if w.unsolved > 0 {
		notes = append(notes, fmt.Sprintf("formulas have no result in the file, or an old one (in %s; the first is %s): where bulk needs the cell its row is invalid, "+
			"elsewhere the cell is taken as it is; open the workbook in a spreadsheet program and save it", counted(w.unsolved, "row"), w.first))
	}
	return notes
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
