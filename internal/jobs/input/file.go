package input

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// Open reads the header of a copy. A file that cannot be used is a [*Refusal].
// It ends with ctx. A workbook is converted by the first Open of its copy; a later one must have
// the same Sheet and Columns.
func Open(ctx context.Context, c *Copy, o Options) (*File, error) {
	if o.ICCIDCheck == "" {
		o.ICCIDCheck = CheckAuto
	}
	if o.Delimiter != 0 && !sheet.ValidDelimiter(o.Delimiter) {
		return nil, refuse("use a comma, a semicolon, a tab or |", "%q cannot separate fields", o.Delimiter)
	}
	seed := maphash.MakeSeed()
	f := &File{copy: c, options: o, hash: func(s jobs.SIM) uint64 { return maphash.String(seed, string(s)) }}
	if err := f.prepare(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx) // whatever was made of it on the way
		}
		return nil, err
	}
	if err := f.readHead(); err != nil {
		return nil, err
	}
	if o.others == nil {
		o.others = o.CurrentGroups.has
	}
	layout, refusal := layOut(f.head, &o)
	if refusal != nil {
		return nil, refusal
	}
	f.layout = layout
	switch {
	case o.Only == nil || f.layout.outcome >= 0:
	case slices.Equal(o.Only, []jobs.Outcome{jobs.Planned}):
		return nil, refuse("a plan is what bulk run INPUT --dry-run writes", "the file is no plan: it has no result columns")
	default:
		return nil, refuse("give --only with a file that bulk wrote", "the file has no result columns, so --only has nothing to choose by")
	}
	return f, nil
}

// prepare makes the copy ready for reading: a workbook becomes CSV, and a text
// that is not plainly UTF-8 is looked through for damage.
func (f *File) prepare(ctx context.Context) error {
	c := f.copy
	if err := c.convert(ctx, &f.options); err != nil {
		return fmt.Errorf("opening the workbook: %w", err)
	}
	if c.sheet != nil {
		f.options.Delimiter = ','
		f.Notes = append(f.Notes, c.sheet.notes...)
		return nil
	}
	if f.options.Sheet != "" {
		return refuse("leave --sheet, or give the workbook", "--sheet names a sheet, and the file is no workbook")
	}
	if err := c.inspect(ctx); err != nil {
		return err
	}
	if c.note != "" {
		f.Notes = append(f.Notes, c.note)
	}
	return nil
}

// Columns names the input's part of a result header: the file's own columns
// as they are spelled, those that --column names under their own names, and
// action and group where the file lacks them. It is final once Scan has returned.
func (f *File) Columns() []string { return slices.Clone(f.layout.names) }

// Delimiter is the one that the file is read with.
func (f *File) Delimiter() rune { return f.head.Delimiter }

// Sheet is the name of the workbook's sheet that is read; empty: the file is no
// workbook.
func (f *File) Sheet() string {
	if f.copy.sheet == nil {
		return ""
	}
	return f.copy.sheet.name
}

// Results reports whether bulk wrote the file.
func (f *File) Results() bool { return f.layout.outcome >= 0 }
