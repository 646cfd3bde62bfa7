package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/gocarina/gocsv"

	"bulk/internal/jobs"
	"bulk/internal/jobs/formula"
	"bulk/internal/report/human"
)

// Records takes the records of a result file, the header first. Flush is called
// once, after the last.
type Records interface {
	Write(record []string) error
	Flush() error
}

// Results writes a result file: a header and then a record for each row in the
// order of the calls. It is for one goroutine.
type Results struct {
	// Plan makes the file a plan, see [jobs.ResultRow.Plan]. It is set before the
	// first row.
	Plan bool

	columns []string
	cells   *resultCells
	kept    [][]int       // the fields of jobs.ResultRow that the file has columns for
	rows    reflect.Value // a slice of one struct of these fields, used again for every line
}

// NewResults prepares a result CSV on w: comma, UTF-8, LF. The columns are the
// names of the input's own columns, as row.Fields holds them; data are the data
// columns, in their fixed order.
func NewResults(w io.Writer, columns []string, data []jobs.Column) *Results {
	return NewResultsTo(csvRecords{csv.NewWriter(w)}, columns, data)
}

// NewResultsTo is NewResults for a file of any format; out must not keep a
// record, which is used again for the next.
func NewResultsTo(out Records, columns []string, data []jobs.Column) *Results {
	r := &Results{columns: columns, cells: &resultCells{out: out, owned: len(columns)}}
	var fields []reflect.StructField
	for _, f := range reflect.VisibleFields(reflect.TypeFor[jobs.ResultRow]()) {
		if column, isData := jobs.ParseColumn(f.Tag.Get("csv")); !f.Anonymous && (!isData || slices.Contains(data, column)) {
			fields, r.kept = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag}), append(r.kept, f.Index)
			r.cells.foreign = append(r.cells.foreign, f.Tag.Get("ours") == "")
		}
	}
	r.rows = reflect.MakeSlice(reflect.SliceOf(reflect.StructOf(fields)), 1, 1)
	r.cells.record = make([]string, len(columns)+len(fields))
	return r
}

// Header writes the names of the columns. Call it once, before the first row.
func (r *Results) Header() error {
	r.cells.own(r.columns)
	return wrapped(gocsv.MarshalCSV(r.rows.Slice(0, 0).Interface(), r.cells))
}

// Write writes one row and how it ended. A copied row is written as Prior has
// it, save for its line, and res is not looked at. Where row.Fields has not as
// many cells as there are columns, missing cells are empty and spare ones,
// which have no column, are left out.
func (r *Results) Write(row *jobs.Row, res *jobs.Result) error {
	r.cells.own(row.Fields)
	var cells jobs.ResultRow
	if row.Copied && row.Prior != nil {
		cells = row.Prior.Cells
	} else {
		cells = resultRow(res)
	}
	if r.Plan {
		cells = cells.Plan()
	}
	cells.Line = strconv.Itoa(row.Line)
	to, from := r.rows.Index(0), reflect.ValueOf(&cells).Elem()
	for i, index := range r.kept {
		to.Field(i).SetString(from.FieldByIndex(index).String())
	}
	return wrapped(gocsv.MarshalCSVWithoutHeaders(r.rows.Interface(), r.cells))
}

func wrapped(err error) error {
	if err != nil {
		return fmt.Errorf("writing a result row: %w", err)
	}
	return nil
}

// Flush writes out what is still held back. Call it after the last row.
func (r *Results) Flush() error {
	if err := r.cells.out.Flush(); err != nil {
		return fmt.Errorf("writing the last result rows: %w", err)
	}
	return nil
}

// resultRow is a result as a result file has it.
func resultRow(res *jobs.Result) jobs.ResultRow {
	row := jobs.ResultRow{
		Outcome: string(res.Outcome), Code: string(res.Code), Description: res.Description, UpstreamError: res.UpstreamError,
		Account: res.Account, RequestID: res.RequestID, Attempts: strconv.Itoa(res.Attempts), Data: res.Data,
	}
	if res.HTTPStatus != 0 {
		row.HTTPStatus = strconv.Itoa(res.HTTPStatus)
	}
	if !res.Started.IsZero() {
		row.Started = jobs.Stamp(res.Started)
		row.Duration = strconv.FormatInt(int64(res.Duration/time.Millisecond), 10)
	}
	return row
}

// resultCells is where gocsv writes result rows to. It puts the input's own
// columns before them, and makes the words of upstreams harmless.
type resultCells struct {
	out     Records
	owned   int      // how many columns are the input's
	foreign []bool   // for each of the others: it may hold words of an upstream
	record  []string // used again for every line
}

// own sets the input's part of the next record.
func (c *resultCells) own(fields []string) {
	own := c.record[:c.owned]
	clear(own[copy(own, fields):])
}

// Write takes the other part of it, from gocsv.
func (c *resultCells) Write(cells []string) error {
	for place, cell := range cells {
		if cell != "" && c.foreign[place] {
			cell = formula.Guard(human.OneLine(cell))
		}
		c.record[c.owned+place] = cell
	}
	return c.out.Write(c.record)
}

// Flush and Error are called by gocsv after every row; the file is flushed at
// its end, and Write gives its errors at once.
func (c *resultCells) Flush()       {}
func (c *resultCells) Error() error { return nil }

// csvRecords is a csv.Writer whose Flush gives its error.
type csvRecords struct{ *csv.Writer }

func (c csvRecords) Flush() error {
	c.Writer.Flush()
	return c.Error()
}
