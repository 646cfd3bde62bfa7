package workbook

import (
	"archive/zip"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Book is a workbook that was opened. It is for one goroutine.
type Book struct {
	Sheets  []Sheet  // in the order of their tabs
	Missing []string // sheets that it lists and does not have
	Notes   []string // what else is odd about it

	looked  map[*zip.File]*looked
	parts   map[string]*zip.File // by lower-case name
	strings []string
	formats []format // of the cell styles
	shown   *shown
	// firstDay is added to dates to make them count from 1900.
	firstDay int
	// stale is set where formulas are to be calculated when the workbook is
	// opened: whoever wrote it did not vouch for the results in it.
	stale bool
}

// Sheet is one sheet of a workbook.
type Sheet struct {
	Name   string
	Hidden bool

	part *zip.File
}

// mostSmall is how much a part that is read whole may unpack to, in bytes.
const mostSmall = 64 << 20

// format is how a cell style shows numbers.
type format struct {
	kind formatKind
	code string
	cell string // where shown shows it; empty until it was met
}

// looked is what must be known of a sheet before its rows are read, and stands
// anywhere in it.
type looked struct {
	unordered bool // its rows do not stand in the order of their numbers
	merges    []Area
	hidden    []Area // columns that are hidden; rows are not said
	err       error  // the sheet is broken
}

// shown shows numbers the way a spreadsheet program does, with the library
// that knows their formats.
type shown struct {
	file  *excelize.File
	cells int // formats that were met
}

func isTrue(text string) bool { return text == "1" || text == "true" }

// Unreadable is a file that cannot be read as a workbook.
type Unreadable struct {
	Text string // what is wrong, lower case, no full stop
	Hint string // what to do
}

func unreadable(hint, format string, args ...any) *Unreadable {
	return &Unreadable{Text: fmt.Sprintf(format, args...), Hint: hint}
}

const saveAsXLSX = "open it in a spreadsheet program, save it as .xlsx or as CSV UTF-8, and give that file"

func protected() error {
	return unreadable("open it, save it without a password, and give that file", "the workbook is protected by a password")
}
