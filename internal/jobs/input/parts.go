package input

import (
	"context"
	"os"
	"sync"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
	"bulk/internal/jobs/workbook"
)

// cells are the columns of a row that bulk reads, by the names in the tags. All
// other columns are carried beside them.
type cells struct {
	ICCID        string `csv:"iccid"`
	Action       string `csv:"action"`
	Group        string `csv:"group"`
	CurrentGroup string `csv:"current_group"`
	Expect       string `csv:"expect"`
}

// column numbers the fields of cells.
type column int

const (
	iccidColumn column = iota
	actionColumn
	groupColumn
	currentColumn
	expectColumn
	columnCount int = iota
)

// Copy is the private copy of an input. Only it is read, so that what was
// hashed is what runs.
type Copy struct {
	Path   string
	Digest string // SHA-256 of the bytes as they came, 64 hexadecimal digits
	Size   int64  // in bytes

	facts    sheet.Facts // of the bytes
	encoding sheet.Encoding
	formulas bool   // there may be bare ="…" cells
	ended    bool   // the last line has a line end
	text     int64  // how many of the bytes are text, from the beginning
	note     string // what a person should know about the encoding

	sheet *spreadsheet // of a workbook, once it was opened

	// held is the copy itself, kept open from the first passage on: a folder
	// that goes away meanwhile does not take it along.
	holding sync.Mutex
	held    *os.File
}

// ending is a file whose reading ends with a context.
type ending struct {
	ctx  context.Context
	file *os.File
}

// File is an input whose header has been read. Its methods may be called by
// several goroutines once Scan has returned.
type File struct {
	Notes []string // what a person should know about how the file is read

	copy    *Copy
	options Options
	head    sheet.Head
	first   [][]string // the first rows below it
	layout  layout
	hash    func(jobs.SIM) uint64
}

// layout says where things are in a record, and where they go.
type layout struct {
	width int // fields of a record

	places  [columnCount]int // of the columns that bulk reads, in a record; -1: the file has no such column
	outcome int              // likewise, of a file that bulk wrote

	own   []int         // the places that make up the input's part
	prior []int         // the places of the result and data columns
	data  []jobs.Column // what the last of prior hold

	names []string // the input's part of the result header
	// Places in the input's part; group's is -1 where there is none.
	iccidOut, actionOut, groupOut int
}

// raw is a record as encoding/csv gives it.
type raw struct {
	fields []string
	line   int
}

// spreadsheet is the CSV that a sheet of a workbook was turned into. Its rows
// stand on the lines that have their numbers, but for texts of several lines,
// which push the following rows down; shifts say where. Every row is as wide as
// the header, unless something stands to the right of it: then the row has one
// field more, which names that cell.
type spreadsheet struct {
	file   *os.File
	name   string // of the sheet
	named  bool   // the file has a name still
	size   int64
	shifts []shift
	merges []workbook.Area
	notes  []string // what a person should know about the sheet
}

// shift says that from a line on, lines are so many more than row numbers.
type shift struct{ line, by int }

type groupSaid struct {
	group int32 // in groups
	line  int32 // of the file
}

// askKey is a number's digits and length and the action's mark, packed.
type askKey struct{ high, low uint64 }

// mark is what a row has to do with another one.
type mark struct {
	seq   int
	other int // of a repeated read: the first row's Seq; else the other row's line
	group int32
	rival int32 // of a conflict: the other row's group
	kind  markKind
	// spelled is set where a duplicate names the SIM with its check digit and
	// the other row without, or the other way round.
	spelled bool
}

type markKind uint8

// marks are the marks of a file's rows, in the order of the file.
type marks struct {
	list   []mark
	groups []string
}
