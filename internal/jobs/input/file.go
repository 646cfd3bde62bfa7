package input

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
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
	Action     jobs.Action    // for rows without one; empty: none
	Group      string         // for set_aa_group rows without one; empty: none
	Delimiter  rune           // 0: found out from the header; a workbook has none
	Only       []jobs.Outcome // take these rows of a result file; nil: every row
	ICCIDCheck Check
	Ordered    bool // find out which rows name the same SIM
}

// Refusal is an input that cannot be used as it is: nothing may be sent.
type Refusal struct {
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

// headBytes is how much of a file is looked at for its header.
const headBytes = 1 << 20

// Open reads the header of a copy. A file that cannot be used is a [*Refusal].
func Open(c *Copy, o Options) (*File, error) {
	if o.ICCIDCheck == "" {
		o.ICCIDCheck = CheckAuto
	}
	if o.Delimiter != 0 && !sheet.ValidDelimiter(o.Delimiter) {
		return nil, refuse("use a comma, a semicolon, a tab or |", "%q cannot separate fields", o.Delimiter)
	}
	seed := maphash.MakeSeed()
	f := &File{copy: c, options: o, hash: func(s jobs.SIM) uint64 { return maphash.String(seed, string(s)) }}
	if err := c.convert(); err != nil {
		return nil, fmt.Errorf("opening the workbook: %w", err)
	}
	if c.sheet != nil {
		f.options.Delimiter = ','
		f.Notes = append(f.Notes, c.sheet.notes...)
	}
	if note := c.encoding.Note(); note != "" {
		f.Notes = append(f.Notes, note)
	}
	top, err := f.top()
	if err != nil {
		return nil, fmt.Errorf("reading the input's header: %w", err)
	}
	if refusal := foreign(top); refusal != nil && c.sheet == nil {
		return nil, refusal
	}
	head, ok, err := sheet.FindHead(top, f.options.Delimiter, c.formulas, hasICCID)
	switch {
	case err != nil:
		return nil, broken(err)
	case head.Names == nil:
		return nil, refuse("the first line must name the columns, iccid among them", "the file is empty: it has not even a header")
	case !ok:
		return nil, headless(head)
	}
	f.head = head
	if f.layout, err = layOut(head); err != nil {
		return nil, err
	}
	if o.Only != nil && f.layout.outcome < 0 {
		return nil, refuse("give --only with a file that bulk wrote", "the file has no result columns, so --only has nothing to choose by")
	}
	return f, nil
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
func foreign(top []byte) *Refusal {
	start := string(top[:min(len(top), 4096)])
	switch {
	case strings.Contains(start, "\x00"):
		return refuse("save it as CSV UTF-8 and give that file", "the file is not text, or UTF-16 without a byte order mark")
	case strings.Contains(start, "\r") && !strings.Contains(start, "\n"):
		return refuse("save it with LF or CRLF line ends", "the file ends its lines with CR alone")
	}
	return nil
}

// broken words an error of encoding/csv by the line where the record begins:
// the line where it was noticed may be thousands further down.
func broken(err error) error {
	line, found := brokenLine(err)
	if !found {
		return err
	}
	return refuse("a quote that belongs to the text is written twice, in a field that is quoted as a whole; put no space between delimiter and quote",
		"line %d: a quote is broken, so nothing from there on can be trusted", line)
}

// headless refuses a file whose first record has no iccid column.
func headless(head sheet.Head) *Refusal {
	hint := "the first line must name the columns, iccid among them"
	for _, name := range head.Names {
		if _, fault := jobs.ParseICCID(name); fault == nil {
			return refuse(hint, "line %d: the file has no header; its first line is data already", head.Line)
		}
	}
	names := head.Names[:min(len(head.Names), 12)]
	return refuse(hint, "line %d: the header has no iccid column; it has %s", head.Line, quoted(names))
}

func quoted(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = fmt.Sprintf("%.40q", name)
	}
	return strings.Join(shown, ", ")
}

func hasICCID(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return normal(name) == "iccid" })
}

// Columns names the input's part of a result header: the file's own columns
// as they are spelled, and action and group where the file lacks them. It is
// final once Scan has returned.
func (f *File) Columns() []string { return slices.Clone(f.layout.names) }

// Delimiter is the one that the file is read with.
func (f *File) Delimiter() rune { return f.head.Delimiter }

// Results tells whether bulk wrote the file.
func (f *File) Results() bool { return f.layout.outcome >= 0 }
