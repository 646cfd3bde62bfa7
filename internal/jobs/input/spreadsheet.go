package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
	"bulk/internal/jobs/workbook"
)

// mostText is how much CSV a sheet may become, in bytes: workbooks are
// compressed, and a small one could fill the disk.
const mostText = 8 << 30

// convert makes ready for reading a copy that is a workbook. Any other copy
// stays as it is. A workbook that cannot be used is a [*Refusal].
func (c *Copy) convert(ctx context.Context, o *Options) error {
	if c.sheet != nil {
		return nil
	}
	file, err := os.Open(c.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	start := make([]byte, workbook.MagicSize)
	n, err := file.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !workbook.Recognises(start[:n]) {
		return nil
	}
	book, err := workbook.Open(&ending{ctx, file}, c.Size)
	if err != nil {
		return unusable(err)
	}
	s := &spreadsheet{}
	chosen, err := s.choose(book, o)
	if err != nil {
		return unusable(err)
	}
	if err := s.make(filepath.Dir(c.Path)); err != nil {
		return fmt.Errorf("making room for the rows of the workbook: %w", err)
	}
	if err := s.fill(book, chosen, o); err != nil {
		s.release()
		return unusable(err)
	}
	s.name = chosen.Name
	c.sheet, c.encoding, c.formulas, c.ended = s, sheet.UTF8, false, true
	return nil
}

func unusable(err error) error {
	var u *workbook.Unreadable
	if errors.As(err, &u) {
		return &Refusal{Text: u.Text, Hint: u.Hint}
	}
	return err
}

// make makes a file that only its owner can read. Where the system allows, it
// loses its name at once: nobody else can come by it, and it goes with the
// process, however that ends.
func (s *spreadsheet) make(dir string) (err error) {
	if s.file, err = os.CreateTemp(dir, "rows-*.csv"); err != nil { // 0600
		return err
	}
	s.named = os.Remove(s.file.Name()) != nil
	return nil
}

// release gives the file back.
func (s *spreadsheet) release() {
	_ = s.file.Close()
	if s.named {
		_ = os.Remove(s.file.Name())
	}
}

// open begins a passage over the CSV. Several may go on at once.
func (s *spreadsheet) open() io.ReadCloser {
	return io.NopCloser(io.NewSectionReader(s.file, 0, s.size))
}

// row gives the number of the row that stands on a line.
func (s *spreadsheet) row(line int) int {
	at := sort.Search(len(s.shifts), func(i int) bool { return s.shifts[i].line > line })
	if at == 0 {
		return line
	}
	return line - s.shifts[at-1].by
}

// locate words a row's fault by the cell that it is about.
func (f *File) locate(v *finding, r *record) *jobs.Fault {
	if v.fault == nil || f.copy.sheet == nil {
		return v.fault
	}
	cell := workbook.Reference(f.layout.places[v.about], r.line)
	switch v.fault.Code {
	case jobs.FieldCount:
		return invalid(v.fault.Code, "Cell %s is to the right of the columns that the header names. Empty it, or give its column a name.", r.fields[len(r.fields)-1])
	case jobs.ICCIDScientific:
		return invalid(v.fault.Code, "Cell %s holds a number, %s, which keeps only 15 of an ICCID's 19 or 20 digits: the last ones are lost. "+
			"Format the column as text and fill in the ICCIDs again.", cell, sheet.Unwrap(r.ICCID))
	case jobs.CellUnreadable:
		return invalid(v.fault.Code, "Cell %s (%s)%s", cell, v.about, strings.TrimPrefix(v.fault.Text, "The "+v.about.String()))
	case jobs.ICCIDFormat, jobs.ICCIDRounded, jobs.ICCIDChecksum:
		return invalid(v.fault.Code, "Cell %s: %s", cell, v.fault.Text)
	}
	return v.fault
}
