package report

import (
	"encoding/csv"
	"io"
	"strings"
)

// ForExcel prepares a result CSV that a double-click opens right in a spreadsheet
// program whose list separator is comma: with a byte order mark, CRLF, and long
// numbers as ="…", for such a program makes 8.94412E+18 of an ICCID, and 0 of what
// stood in its last digits.
func ForExcel(w io.Writer, comma rune) Records {
	out := csv.NewWriter(&marked{to: w})
	out.Comma, out.UseCRLF = comma, true
	return &excelRecords{out: out}
}

type excelRecords struct {
	out *csv.Writer
	row []string // used again for every line
}

// longNumber is from how many digits on a number is not shown whole.
const longNumber = 12

func (e *excelRecords) Write(record []string) error {
	e.row = append(e.row[:0], record...)
	for i, cell := range e.row {
		if len(cell) >= longNumber && strings.Trim(cell, "0123456789") == "" {
			e.row[i] = `="` + cell + `"`
		}
	}
	return e.out.Write(e.row)
}

func (e *excelRecords) Flush() error {
	e.out.Flush()
	return e.out.Error()
}

// marked writes a byte order mark before all else.
type marked struct {
	to   io.Writer
	done bool
}

func (m *marked) Write(p []byte) (int, error) {
	if !m.done {
		if _, err := io.WriteString(m.to, "\uFEFF"); err != nil {
			return 0, err
		}
		m.done = true
	}
	return m.to.Write(p)
}
