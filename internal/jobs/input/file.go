package input

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// Check says what a wrong check digit means (--iccid-check).
type Check string

// The checks. The zero value is CheckAuto.
const (
	CheckAuto   Check = "auto"   // stops an irreversible row, is counted for a read
	CheckLuhn   Check = "luhn"   // stops every row
	CheckLength Check = "length" // means nothing
)

// Checks lists every check, the default first.
var Checks = []Check{CheckAuto, CheckLuhn, CheckLength}

// Options say how a file is to be read.
type Options struct {
	Action     jobs.Action       // for rows without one; empty: none
	Group      string            // for set_aa_group rows without one; empty: none
	Columns    map[string]string // what the file calls columns of [ColumnNames], by their own names; nil: the same
	Sheet      string            // of a workbook; empty: the one that has an iccid column
	Delimiter  rune              // 0: found out from the header; a workbook has none
	Only       []jobs.Outcome    // take these rows of a result file; nil: every row
	ICCIDCheck Check
	Ordered    bool // find out which rows name the same SIM
	// FirstSheet reads the first of several sheets that could be meant, whatever
	// they ask for. It is for what sends nothing: a run's results, written again.
	FirstSheet bool
	// OneSheet refuses a workbook in which several sheets could be meant, whatever
	// they ask for, where --sheet cannot be said.
	OneSheet bool
	// CurrentGroups says in which group the SIMs for a command are whose rows do
	// not say so; nil: nothing does.
	CurrentGroups *CurrentGroups

	// others reports whether a column that Columns names may be missing, because
	// another file has it; nil: none may.
	others func(own string) bool
}

// Refusal is an input that cannot be used as it is: nothing may be sent.
type Refusal struct {
	File string // which file it is about; empty: the input
	Text string // what is wrong, lower case, no full stop
	Hint string // what to do; may be empty
}

func (r *Refusal) Error() string { return r.Text }

func refuse(hint, format string, args ...any) *Refusal {
	return &Refusal{Text: fmt.Sprintf(format, args...), Hint: hint}
}

// File is an input whose header has been read. Its methods may be called by
// several goroutines once Scan has returned.
type File struct {
	Notes []string // what a person should know about how the file is read

	copy    *Copy
	options Options
	head    sheet.Head
	layout  layout
	hash    func(jobs.SIM) uint64
}

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
	if o.Only != nil && f.layout.outcome < 0 {
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

// LikelyGroup names a column that may hold the group codes, where the file has
// none of that name; empty: there is none.
func (f *File) LikelyGroup() string {
	if f.layout.places[groupColumn] >= 0 {
		return ""
	}
	for at, name := range f.head.Names {
		if strings.Contains(onlyLetters(name), "group") && !slices.Contains(f.layout.places[:], at) {
			return name
		}
	}
	return ""
}

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
