package redact

import (
	"slices"
	"strings"

	"bulk/internal/jobs"
)

// Leaving leaves out of what is written of a run all that belongs to a SIM's
// owner: activation codes, IMSI and EID, what was expected of a SIM, and the
// input's own columns of these names.
type Leaving struct {
	kept    []int    // of the input's columns
	columns []string // their names
}

// Leave is for an input with these columns.
func Leave(columns []string) *Leaving {
	l := &Leaving{}
	for i, name := range columns {
		if !private(name) {
			l.kept, l.columns = append(l.kept, i), append(l.columns, name)
		}
	}
	return l
}

// private reports whether a column of an input holds what is left out.
func private(name string) bool {
	name = strings.TrimPrefix(jobs.NormalName(name), "input_")
	column, ok := jobs.ParseColumn(name)
	return ok && column.Private() || slices.Contains([]string{"expect", "lpa"}, name)
}

// Columns are the input's columns that stay.
func (l *Leaving) Columns() []string { return l.columns }

// Data are the data columns that stay.
func (l *Leaving) Data(columns []jobs.Column) []jobs.Column {
	return slices.DeleteFunc(slices.Clone(columns), jobs.Column.Private)
}

// Row is a row and how it ended, without what is left out. A field that is not as
// expected is named without its values.
func (l *Leaving) Row(row jobs.Row, r jobs.Result) (jobs.Row, jobs.Result) {
	r.Description, r.UpstreamError = l.texts(&row, r.Code, &r.Data, r.Description, r.UpstreamError)
	r.Data = withoutPrivate(r.Data)
	fields := make([]string, 0, len(l.kept))
	for _, i := range l.kept {
		if i < len(row.Fields) {
			fields = append(fields, row.Fields[i])
		}
	}
	row.Fields = fields
	if row.Prior != nil {
		prior := *row.Prior
		c := &prior.Cells
		c.Description, c.UpstreamError = l.texts(&row, jobs.Code(c.Code), &c.Data, c.Description, c.UpstreamError)
		c.Data = withoutPrivate(c.Data)
		row.Prior = &prior
	}
	row.Expect = jobs.Expect{}
	return row, r
}

// texts are a description and an upstream's words without private values.
func (l *Leaving) texts(row *jobs.Row, code jobs.Code, data *jobs.Data, description, words string) (string, string) {
	if code == jobs.Drifted {
		if differs := row.Expect.CheckWithout(data); differs != "" {
			description = jobs.Sentence(differs)
		}
	}
	for column, value := range data.All() {
		if column.Private() && len(value) > 3 {
			description, words = strings.ReplaceAll(description, value, mask), strings.ReplaceAll(words, value, mask)
		}
	}
	return description, words
}

func withoutPrivate(d jobs.Data) jobs.Data {
	for column := range d.All() {
		if column.Private() {
			d.Set(column, "")
		}
	}
	return d
}
