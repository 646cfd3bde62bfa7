package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// headBytes is how much of a file is looked at for its header.
const headBytes = 1 << 20

const nameColumns = "the first line must name the columns, iccid among them"

// readHead finds the header at the beginning of the file.
func (f *File) readHead() error {
	top, err := f.top()
	if err != nil {
		return fmt.Errorf("reading the input's header: %w", err)
	}
	if refusal := f.foreign(top); refusal != nil {
		return refusal
	}
	head, ok, err := sheet.FindHead(top, f.options.Delimiter, f.copy.formulas, f.options.hasICCID)
	if later := f.titled(top); later > 0 && (err != nil || head.Names != nil && !ok) {
		return f.beneathTitles(head.Line, later)
	}
	switch {
	case err != nil:
		return broken(err)
	case head.Names == nil:
		return refuse(nameColumns, "the file is empty: it has not even a header")
	case !ok:
		return f.headless(head, top)
	}
	f.head, f.first = head, f.below(head, top)
	return nil
}

// top gives the beginning of the file's text.
func (f *File) top() ([]byte, error) {
	file, err := f.copy.open()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(sheet.Decode(file, f.copy.encoding), headBytes))
	return text, errors.Join(err, file.Close())
}

// foreign recognises files that are commonly given by mistake.
func (f *File) foreign(top []byte) *Refusal {
	if f.copy.sheet != nil {
		return nil
	}
	if kind, known := sheet.KindOfText(top); known {
		return isNot(kind)
	}
	start := top[:min(len(top), 4096)]
	if bytes.IndexByte(start, '\r') >= 0 && bytes.IndexByte(start, '\n') < 0 {
		return refuse("save it with LF or CRLF line ends", "the file ends its lines with CR alone")
	}
	return nil
}

// titled looks for a header below the first line; 0: there is none.
func (f *File) titled(top []byte) int {
	return sheet.FindLater(top, f.options.Delimiter, f.options.hasICCID)
}

// fewerThanTwo reports whether next to nothing stands in a line.
func fewerThanTwo(names []string) bool {
	filled := 0
	for i := range names {
		if !sheet.Empty(names[i : i+1]) {
			filled++
		}
	}
	return filled < 2
}

// titledOtherwise looks for a header below the first line whose names are those of
// other programs, where the first line has none of them. It gives the line and the
// name of the ICCIDs' column; 0: there is none.
func (f *File) titledOtherwise(head sheet.Head, top []byte) (later int, name string) {
	if calledICCID(head.Names) != "" {
		return 0, ""
	}
	later = sheet.FindLater(top, f.options.Delimiter, func(names []string) bool {
		if slices.ContainsFunc(names, isICCID) || fewerThanTwo(names) {
			return false
		}
		name = calledICCID(names)
		return name != ""
	})
	return later, name
}

func (f *File) beneathTitles(first, later int) *Refusal {
	above := "delete what stands above it, so that the file begins with the header"
	if first == 0 {
		return refuse(above, "the header must come first, and it seems to stand in %s", f.at(later))
	}
	return refuse(above, "%s is no header, it has no iccid column; the header seems to stand in %s", f.at(first), f.at(later))
}

// at names a line as the person sees it: by the row, where the file is a
// workbook.
func (f *File) at(line int) string {
	if f.copy.sheet != nil {
		return "row " + strconv.Itoa(f.copy.sheet.row(line))
	}
	return "line " + strconv.Itoa(line)
}

// headless refuses a file whose first record has no iccid column.
func (f *File) headless(head sheet.Head, top []byte) *Refusal {
	for _, name := range head.Names {
		if _, fault := jobs.ParseICCID(name); fault == nil {
			return refuse(nameColumns, "%s: the file has no header; its first line is data already", f.at(head.Line))
		}
	}
	if later, name := f.titledOtherwise(head, top); later > 0 {
		refusal := f.beneathTitles(head.Line, later)
		refusal.Hint += fmt.Sprintf("; if the ICCIDs are in %.40q: --column iccid=%.40q", name, name)
		return refusal
	}
	hint := nameColumns
	if name := likelyICCID(head.Names, f.below(head, top)); name != "" {
		hint = fmt.Sprintf("if the ICCIDs are in %.40q: --column iccid=%.40q", name, name)
	}
	if given, renamed := f.options.Columns[iccidColumn.String()]; renamed {
		return refuse(hint, "%s: the header has neither %q, which --column names for iccid, nor iccid; it has %s",
			f.at(head.Line), given, quoted(head.Names))
	}
	return refuse(hint, "%s: the header has no iccid column; it has %s", f.at(head.Line), quoted(head.Names))
}

// fewRows is how many rows show what a column holds.
const fewRows = 20

// below gives the first rows below a header.
func (f *File) below(head sheet.Head, top []byte) (rows [][]string) {
	r := sheet.NewReader(bytes.NewReader(top), head.Delimiter, f.copy.formulas)
	for at := 0; len(rows) < fewRows; at++ {
		record, err := r.Read()
		if err != nil {
			return rows
		}
		if at >= head.Records {
			rows = append(rows, record)
		}
	}
	return rows
}
