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

// Codes picks the codes out of a run's rows: each SIM that a picture was saved
// for, once, rows copied from an earlier result included. Columns are the names
// of the input's own columns, as row.Fields holds them; labels are those that
// Labels settled.
func Codes(rows func(each func(jobs.Row, jobs.Result) error) error, columns, labels []string) func(each func(Code) error) error {
	return func(each func(Code) error) error {
		seen := map[jobs.ICCID]bool{}
		return rows(func(row jobs.Row, result jobs.Result) error {
			data := result.Data
			if row.Copied && row.Prior != nil {
				data = row.Prior.Cells.Data
			}
			if data.QRFile == "" || seen[row.ICCID] {
				return nil
			}
			seen[row.ICCID] = true
			return each(Code{ICCID: row.ICCID, PNG: data.QRFile, LPA: data.QRCode, Labels: values(row, data, columns, labels)})
		})
	}
}

func values(row jobs.Row, data jobs.Data, columns, labels []string) []string {
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
