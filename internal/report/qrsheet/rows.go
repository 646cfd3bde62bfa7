package qrsheet

import (
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs"
)

// Labels settles --qr-label: names of the input's own columns, or of data
// columns, in any spelling that a header may have. Its error lists what there
// is.
func Labels(wanted, columns []string) ([]string, error) {
	var names []string
	for _, name := range wanted {
		if column(columns, name) < 0 {
			if _, ok := jobs.ParseColumn(jobs.NormalName(name)); !ok {
				return nil, fmt.Errorf("label %q is no column of the file; there are %s", name, strings.Join(columns, ", "))
			}
		}
		names = append(names, strings.TrimSpace(name))
	}
	return names, nil
}

func column(columns []string, name string) int {
	return slices.IndexFunc(columns, func(c string) bool { return jobs.NormalName(c) == jobs.NormalName(name) })
}

// Rows gives every row of a file with its result, in the file's order, those
// copied from an earlier result included, and ends with the first error.
type Rows func(each func(jobs.Row, jobs.Result) error) error

// said is what is known of a row: from this run, or from the result that it was
// copied from.
func said(row *jobs.Row, result *jobs.Result) (outcome jobs.Outcome, code jobs.Code, data *jobs.Data) {
	if row.Copied && row.Prior != nil {
		return row.Prior.Outcome, jobs.Code(row.Prior.Cells.Code), &row.Prior.Cells.Data
	}
	return result.Outcome, result.Code, &result.Data
}

func values(row *jobs.Row, data *jobs.Data, columns, labels []string) []string {
	all := make([]string, len(labels))
	for i, name := range labels {
		if at := column(columns, name); at >= 0 {
			if at < len(row.Fields) {
				all[i] = row.Fields[at]
			}
		} else if c, ok := jobs.ParseColumn(jobs.NormalName(name)); ok {
			all[i] = data.Get(c)
		}
	}
	return all
}
