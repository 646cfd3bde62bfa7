package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"bulk/internal/jobs"
)

// The places of the result columns, as jobs.ResultColumns orders them.
const (
	cellLine = iota
	cellOutcome
	cellCode
	cellDescription
	cellUpstreamError
	cellAccount
	cellRequestID
	cellAttempts
	cellHTTPStatus
	cellStarted
	cellDuration
	resultCells // how many there are; the data columns follow
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
	out     Records
	columns []string
	data    []jobs.Column
	prior   []int    // for each result and data cell, its place in Prior.Fields; -1: it has none
	record  []string // used again for every line
}

// NewResults prepares a result CSV on w: comma, UTF-8, LF. The columns are the
// names of the input's own columns, as row.Fields holds them; data are the data
// columns, in their fixed order.
func NewResults(w io.Writer, columns []string, data []jobs.Column) *Results {
	return NewResultsTo(newCSVRecords(w), columns, data)
}

// NewResultsTo is NewResults for a file of any format; out must not keep a
// record, which is used again for the next.
func NewResultsTo(out Records, columns []string, data []jobs.Column) *Results {
	r := &Results{
		out:     out,
		columns: columns,
		data:    data,
		record:  make([]string, len(columns)+resultCells+len(data)),
	}
	r.CopyFrom(data)
	return r
}

// CopyFrom says which data columns the file had that copied rows come from, so
// that each of their cells finds its column by name; a data column that this
// file lacks is dropped, so it should have them all. Without the call both
// files have the same.
func (r *Results) CopyFrom(prior []jobs.Column) {
	r.prior = make([]int, resultCells+len(r.data))
	for cell := range resultCells {
		r.prior[cell] = cell
	}
	for i, column := range r.data {
		r.prior[resultCells+i] = -1
		for j, had := range prior {
			if had == column {
				r.prior[resultCells+i] = resultCells + j
			}
		}
	}
}

// Header writes the names of the columns. Call it once, before the first row.
func (r *Results) Header() error {
	header := append(append([]string{}, r.columns...), jobs.ResultColumns...)
	for _, column := range r.data {
		header = append(header, column.String())
	}
	return r.write(header)
}

// Write writes one row and how it ended. A copied row is written as Prior has
// it, save for its line, and res is not looked at. Where row.Fields has not as
// many cells as there are columns, missing cells are empty and spare ones,
// which have no column, are left out.
func (r *Results) Write(row *jobs.Row, res *jobs.Result) error {
	own, rest := r.record[:len(r.columns)], r.record[len(r.columns):]
	clear(own[copy(own, row.Fields):])
	if row.Copied && row.Prior != nil {
		r.copied(rest, row.Prior.Fields)
	} else {
		r.fresh(rest, res)
	}
	rest[cellLine] = strconv.Itoa(row.Line)
	return r.write(r.record)
}

// fresh fills the result and data cells from a result.
func (r *Results) fresh(cells []string, res *jobs.Result) {
	cells[cellOutcome] = string(res.Outcome)
	cells[cellCode] = string(res.Code)
	cells[cellDescription] = harmless(res.Description)
	cells[cellUpstreamError] = harmless(res.UpstreamError)
	cells[cellAccount] = res.Account
	cells[cellRequestID] = harmless(res.RequestID)
	cells[cellAttempts] = strconv.Itoa(res.Attempts)
	cells[cellHTTPStatus] = ""
	if res.HTTPStatus != 0 {
		cells[cellHTTPStatus] = strconv.Itoa(res.HTTPStatus)
	}
	cells[cellStarted], cells[cellDuration] = "", ""
	if !res.Started.IsZero() {
		cells[cellStarted] = jobs.Stamp(res.Started)
		cells[cellDuration] = strconv.FormatInt(int64(res.Duration/time.Millisecond), 10)
	}
	for i, column := range r.data {
		cells[resultCells+i] = harmless(res.Data[column])
	}
}

// copied fills the result and data cells from what an earlier result file
// said. Our own prefix may have been lost in a spreadsheet, so upstream text
// is made harmless once more; where it still is, nothing changes.
func (r *Results) copied(cells, prior []string) {
	for cell, from := range r.prior {
		switch {
		case from < 0 || from >= len(prior):
			cells[cell] = ""
		case foreign(cell):
			cells[cell] = harmless(prior[from])
		default:
			cells[cell] = prior[from]
		}
	}
}

// foreign tells whether a cell may hold words of an upstream.
func foreign(cell int) bool {
	return cell == cellDescription || cell == cellUpstreamError || cell == cellRequestID || cell >= resultCells
}

func (r *Results) write(record []string) error {
	if err := r.out.Write(record); err != nil {
		return fmt.Errorf("writing a result row: %w", err)
	}
	return nil
}

// Flush writes out what is still held back. Call it after the last row.
func (r *Results) Flush() error {
	if err := r.out.Flush(); err != nil {
		return fmt.Errorf("writing the last result rows: %w", err)
	}
	return nil
}
