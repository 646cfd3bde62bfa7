package batch

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/report"
	"bulk/internal/report/xlsx"
)

// ForSpreadsheet is what to say of a CSV made of a workbook; empty: nothing.
func ForSpreadsheet(input, output string, forExcel bool) string {
	if forExcel || output == "-" || settings.IsWorkbook(output) || !settings.IsWorkbook(settings.LikeFile(settings.ResultsSuffix, input)) {
		return ""
	}
	return fmt.Sprintf("%s is a CSV: a spreadsheet program that opens it by a double-click spoils ICCIDs; -o %s writes a workbook, --for-excel a CSV that opens right",
		output, console.Shell(strings.TrimSuffix(output, filepath.Ext(output))+".xlsx"))
}

// Fits refuses results that have no room in a workbook, before anything is
// sent.
func Fits(output string, file *input.File, survey *input.Survey) error {
	if !settings.IsWorkbook(output) {
		return nil
	}
	if survey.Rows+1 > xlsx.MaxRows {
		return console.Refused(fmt.Sprintf("%s has no room for the results: a sheet of a workbook holds %d rows, and there are %d and a header",
			output, xlsx.MaxRows, survey.Rows), "give --output a name that ends in .csv")
	}
	columns := len(file.Columns()) + len(jobs.ResultColumns) + len(jobs.ColumnsOf(survey.Actions))
	if columns > xlsx.MaxColumns {
		return console.Refused(fmt.Sprintf("%s has no room for the results: a sheet of a workbook holds %d columns, and there are %d",
			output, xlsx.MaxColumns, columns), "give --output a name that ends in .csv")
	}
	return nil
}

// records opens a result file that is written to w. Close is to be called in
// the end, whatever happens.
func (w *ResultFile) records(to io.Writer) (out *report.Results, closing func() error, err error) {
	columns, data := w.Columns(), jobs.ColumnsOf(w.Survey.Actions)
	if w.Leaving != nil {
		data = w.Leaving.Data(data)
	}
	if !settings.IsWorkbook(w.Output) {
		if w.Separator != 0 {
			return report.NewResultsTo(report.ForExcel(to, w.Separator), columns, data), func() error { return nil }, nil
		}
		return report.NewResults(to, columns, data), func() error { return nil }, nil
	}
	book, err := xlsx.New(to, xlsx.Options{Sheet: "Results"})
	if err != nil {
		return nil, nil, err
	}
	return report.NewResultsTo(book, columns, data), book.Close, nil
}
