package input

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// records reads the copy once, from the first record after the header.
type records struct {
	file io.Closer
	csv  *csv.Reader
	f    *File
}

// open begins a pass over the copy.
func (f *File) open() (*records, error) {
	file, err := f.copy.open()
	if err != nil {
		return nil, fmt.Errorf("opening the copy of the input: %w", err)
	}
	r := &records{file: file, f: f}
	r.csv = sheet.NewReader(sheet.Decode(file, f.copy.encoding), f.head.Delimiter, f.copy.formulas)
	r.csv.ReuseRecord = true
	for range f.head.Records {
		if _, err := r.csv.Read(); err != nil {
			_ = file.Close()
			return nil, broken(err)
		}
	}
	return r, nil
}

func (r *records) close() { _ = r.file.Close() }

// next gives the next record that has something in it, and its line. The
// slice is good until the next call, its strings for ever. After the last
// record the error is io.EOF; a broken quote is a [*Refusal].
func (r *records) next() (record []string, line int, err error) {
	for {
		record, err = r.csv.Read()
		if err == io.EOF {
			return nil, 0, io.EOF
		}
		if err != nil {
			return nil, 0, r.refused(err)
		}
		if sheet.Empty(record) {
			continue
		}
		line, _ = r.csv.FieldPos(0)
		if r.f.copy.sheet != nil {
			return record, r.f.copy.sheet.row(line), nil
		}
		if err := r.runaway(record, line); err != nil {
			return nil, 0, err
		}
		return record, line, nil
	}
}

func (r *records) refused(err error) error {
	if _, found := brokenLine(err); found {
		return broken(err)
	}
	return fmt.Errorf("reading the copy of the input: %w", err)
}

func brokenLine(err error) (int, bool) {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return parse.StartLine, true
	}
	return 0, false
}

// runaway refuses a record with a quoted field that holds whole rows. Two
// broken quotes can cancel out, and the rows between them would be lost without
// a word.
func (r *records) runaway(record []string, line int) error {
	last := len(record) - 1
	if end, _ := r.csv.FieldPos(last); end == line && strings.IndexByte(record[last], '\n') < 0 {
		return nil
	}
	l := &r.f.layout
	for place, field := range record {
		start, _ := r.csv.FieldPos(place)
		for at, text := range strings.Split(field, "\n") {
			if at == 0 || !strings.ContainsRune(text, r.f.head.Delimiter) {
				continue
			}
			parts := strings.Split(text, string(r.f.head.Delimiter))
			if len(parts) <= l.iccid {
				continue
			}
			if _, fault := jobs.ParseICCID(strings.Trim(parts[l.iccid], `"`)); fault == nil {
				return refuse("look for a quote that is missing or too many there",
					"line %d: a quoted field runs on over line %d, which looks like a row of its own", line, start+at)
			}
		}
	}
	return nil
}
