// Package xlsx writes records as an .xlsx workbook of one sheet, for people
// who will look at them in a spreadsheet program: everything is text, so that
// no program takes an ICCID for a number or a name for a formula; the header
// stays in sight and has filters, and outcomes have colours.
//
// What is in the records, and where the file goes, is for its users.
package xlsx

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// The limits of a sheet (Excel specifications and limits, Microsoft). The rows
// include the header.
const (
	MaxRows    = excelize.TotalRows
	MaxColumns = excelize.MaxColumns
)

// Options say what a workbook is for. The zero value is for results.
type Options struct {
	Sheet string // its name, at most 31 characters; empty: Sheet1
	// Form is for a workbook to be filled in: what is typed below the last row
	// stays text, too, and there are no filters.
	Form bool
	// Choices are columns of a form whose cells offer a list.
	Choices []Choice
}

// Writer writes a workbook. It holds no more than some megabytes of it in
// memory until Flush, which compresses all of it there; the rest waits in a
// temporary file of its own (0600). It is for one goroutine.
type Writer struct {
	to      io.Writer
	options Options
	book    *excelize.File
	sheet   *excelize.StreamWriter
	styles  styles

	header  []string
	early   [][]string // the first records, by which the columns get their width
	columns int
	outcome int // place of the column; -1: there is none
	rows    int // written to the sheet
	cells   []any
}

// sampled is how many records say how wide the columns are to be.
const sampled = 200

// New prepares a workbook that is to be written to w. Call Close in the end,
// whatever happens.
func New(w io.Writer, o Options) (*Writer, error) {
	book := excelize.NewFile()
	if o.Sheet == "" {
		o.Sheet = "Sheet1"
	}
	written := &Writer{to: w, options: o, book: book, outcome: -1}
	if err := written.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("preparing the workbook: %w", err), book.Close())
	}
	return written, nil
}

func (w *Writer) prepare() (err error) {
	if err := w.book.SetDocProps(&excelize.DocProperties{Creator: "bulk"}); err != nil {
		return err
	}
	if err := w.book.SetAppProps(&excelize.AppProperties{Application: "bulk"}); err != nil {
		return err
	}
	if err := w.book.SetSheetName("Sheet1", w.options.Sheet); err != nil {
		return err
	}
	if w.styles, err = newStyles(w.book); err != nil {
		return err
	}
	w.sheet, err = w.book.NewStreamWriter(w.options.Sheet)
	return err
}

// Write takes the next record; the first one is the header. The record may be
// used again by the caller.
func (w *Writer) Write(record []string) error {
	if w.rows+len(w.early) == MaxRows {
		return fmt.Errorf("a sheet has room for %d rows and no more", MaxRows)
	}
	if len(record) > MaxColumns {
		return fmt.Errorf("a sheet has room for %d columns and no more", MaxColumns)
	}
	if w.rows == 0 {
		w.early = append(w.early, slices.Clone(record))
		if len(w.early) < sampled {
			return nil
		}
		return w.begin()
	}
	return w.row(record)
}

// begin writes what stands before the rows, and the records that were held
// back.
func (w *Writer) begin() error {
	early := w.early
	w.early = nil
	if len(early) > 0 {
		w.header, w.columns, w.outcome = early[0], len(early[0]), slices.Index(early[0], "outcome")
	}
	if err := w.layOut(early); err != nil {
		return fmt.Errorf("laying out the sheet: %w", err)
	}
	for _, record := range early {
		if err := w.row(record); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) layOut(sample [][]string) error {
	panes := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := w.sheet.SetPanes(panes); err != nil {
		return err
	}
	// The library writes the columns in the opposite order of the calls, and the
	// file is to have them from left to right.
	for column := w.columns - 1; column >= 0; column-- {
		if err := w.sheet.SetColWidth(column+1, column+1, width(sample, column)); err != nil {
			return err
		}
	}
	if !w.options.Form || w.columns == 0 {
		return nil
	}
	return w.sheet.SetColStyle(1, w.columns, w.styles.text)
}

// row writes a record as the next row of the sheet.
func (w *Writer) row(record []string) error {
	w.rows++
	w.cells = w.cells[:0]
	for column, text := range record {
		style := w.styles.text
		switch {
		case w.rows == 1:
			style = w.styles.header
		case column == w.outcome:
			style = w.styles.of(text)
		}
		if text == "" {
			w.cells = append(w.cells, nil)
			continue
		}
		w.cells = append(w.cells, excelize.Cell{StyleID: style, Value: fitting(text)})
	}
	if err := w.sheet.SetRow(fmt.Sprintf("A%d", w.rows), w.cells); err != nil {
		return fmt.Errorf("writing row %d of the workbook: %w", w.rows, err)
	}
	return nil
}

// cut ends a text that is longer than a cell can be.
const cut = " … (cut here: a cell holds no more)"

// fitting cuts a text that is longer than a cell can be; the library would do so
// without a word.
func fitting(text string) string {
	if len(text) <= excelize.TotalCellChars {
		return text
	}
	units := 0
	for at, r := range text {
		// Characters outside the basic plane count twice.
		if r > 0xFFFF {
			units++
		}
		if units++; units > excelize.TotalCellChars {
			end := max(0, at-3*len(cut))
			for end > 0 && !utf8.RuneStart(text[end]) {
				end--
			}
			return text[:end] + cut
		}
	}
	return text
}

// Flush finishes the workbook and writes it out. Call it once, after the last
// record.
func (w *Writer) Flush() error {
	if err := w.finish(); err != nil {
		return fmt.Errorf("finishing the workbook: %w", err)
	}
	if err := w.book.Write(w.to); err != nil {
		return fmt.Errorf("writing the workbook: %w", err)
	}
	return nil
}

func (w *Writer) finish() error {
	if w.rows == 0 {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if w.columns > 0 {
		last, err := excelize.CoordinatesToCellName(w.columns, max(w.rows, 1))
		if err != nil {
			return err
		}
		if w.options.Form {
			last, err = excelize.CoordinatesToCellName(w.columns, MaxRows)
		} else {
			err = w.book.AutoFilter(w.options.Sheet, "A1:"+last, nil)
		}
		if err != nil {
			return err
		}
		// An ICCID is a number stored as text, and meant to be.
		if err := w.book.AddIgnoredErrors(w.options.Sheet, "A1:"+last, excelize.IgnoredErrorsNumberStoredAsText); err != nil {
			return err
		}
	}
	if err := offer(w.book, w.options.Sheet, w.header, w.options.Choices); err != nil {
		return err
	}
	return w.sheet.Flush()
}

// Close removes what the writer put aside.
func (w *Writer) Close() error { return w.book.Close() }
