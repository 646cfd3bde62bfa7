package input

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/gocarina/gocsv"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// records reads the copy once, from the first record after the header, a batch
// at a time.
type records struct {
	file   io.Closer
	csv    *csv.Reader
	f      *File
	covers covers

	batch []record
	at    int      // in batch
	ahead raw      // the record after the batch; without fields: there is none
	err   error    // what comes after it
	gap   bool     // there is a line with nothing in it before that
	table table    // the batch, for gocsv
	under []string // room for the table's rows
	cells []cells
}

// batchSize is how many records are read at once.
const batchSize = 128

// open begins a pass over the copy.
func (f *File) open() (*records, error) {
	file, err := f.copy.open()
	if err != nil {
		return nil, fmt.Errorf("opening the copy of the input: %w", err)
	}
	r := &records{file: file, f: f, table: table{f.layout.header()}, covers: f.copy.sheet.covering(&f.layout)}
	r.csv = sheet.NewReader(sheet.Decode(file, f.copy.encoding), f.head.Delimiter, f.copy.formulas)
	for range f.head.Records {
		if _, err := r.csv.Read(); err != nil {
			_ = file.Close()
			return nil, broken(err)
		}
	}
	r.ahead, r.err = r.read()
	return r, nil
}

func (r *records) close() { _ = r.file.Close() }

// next gives the next record that has something in it. It is good until the
// next call, its strings for ever. After the last record the error is io.EOF; a
// broken quote is a [*Refusal].
func (r *records) next() (*record, error) {
	if r.at == len(r.batch) {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	r.at++
	return &r.batch[r.at-1], nil
}

// fill reads the next batch.
func (r *records) fill() error {
	if r.ahead.fields == nil {
		return r.err
	}
	r.batch, r.at = r.batch[:0], 0
	for r.ahead.fields != nil && len(r.batch) < batchSize {
		now := r.ahead
		r.ahead, r.err = r.read()
		r.batch = append(r.batch, record{
			fields: r.fit(now.fields), line: now.line, found: len(now.fields),
			last: r.ahead.fields == nil && !r.f.copy.ended && !r.gap,
		})
	}
	return r.bind()
}

// fit gives a record at least as many fields as the header has, and takes away
// spare ones that are empty.
func (r *records) fit(fields []string) []string {
	width := r.f.layout.width
	for len(fields) < width {
		fields = append(fields, "")
	}
	if sheet.Empty(fields[width:]) {
		fields = fields[:width]
	}
	return fields
}

// bind has gocsv read the cells of a batch.
func (r *records) bind() error {
	r.table, r.under, r.cells = r.table[:1], r.under[:0], r.cells[:0]
	for i := range r.batch {
		from := len(r.under)
		r.under = r.f.layout.read(r.under, r.batch[i].fields)
		r.table = append(r.table, r.under[from:])
	}
	if err := gocsv.UnmarshalCSV(r.table, &r.cells); err != nil {
		return fmt.Errorf("reading the copy of the input: %w", err)
	}
	for i := range r.batch {
		r.batch[i].cells = r.cells[i]
	}
	return nil
}

// table is a batch as gocsv wants it: the header, then the rows.
type table [][]string

// Read is never called.
func (t table) Read() ([]string, error) { return nil, io.EOF }

// ReadAll gives all of it.
func (t table) ReadAll() ([][]string, error) { return t, nil }

// read reads the next record that has something in it; without fields and with
// an error where there is none.
func (r *records) read() (raw, error) {
	for r.gap = false; ; r.gap = true {
		fields, err := r.csv.Read()
		if err == io.EOF {
			return raw{}, io.EOF
		}
		if err != nil {
			return raw{}, r.refused(err)
		}
		if sheet.Empty(fields) {
			continue
		}
		line, _ := r.csv.FieldPos(0)
		if r.f.copy.sheet != nil {
			line = r.f.copy.sheet.row(line)
			r.covers.mark(fields, line)
			return raw{fields, line}, nil
		}
		if err := r.runaway(fields, line); err != nil {
			return raw{}, err
		}
		return raw{fields, line}, nil
	}
}

func (r *records) refused(err error) error {
	if _, found := brokenLine(err); found {
		return broken(err)
	}
	return fmt.Errorf("reading the copy of the input: %w", err)
}

// runaway refuses a record with a quoted field that holds whole rows. Two
// broken quotes can cancel out, and the rows between them would be lost without
// a word.
func (r *records) runaway(fields []string, line int) error {
	last := len(fields) - 1
	if end, _ := r.csv.FieldPos(last); end == line && strings.IndexByte(fields[last], '\n') < 0 {
		return nil
	}
	iccid := r.f.layout.places[iccidColumn]
	for place, field := range fields {
		start, _ := r.csv.FieldPos(place)
		for at, text := range strings.Split(field, "\n") {
			if at == 0 || !strings.ContainsRune(text, r.f.head.Delimiter) {
				continue
			}
			parts := strings.Split(text, string(r.f.head.Delimiter))
			if len(parts) <= iccid {
				continue
			}
			if _, fault := jobs.ParseICCID(strings.Trim(parts[iccid], `"`)); fault == nil {
				return refuse("look for a quote that is missing or too many there",
					"line %d: a quoted field runs on over line %d, which looks like a row of its own", line, start+at)
			}
		}
	}
	return nil
}
