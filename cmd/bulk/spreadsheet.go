package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/input"
	"bulk/internal/report"
	"bulk/internal/report/xlsx"
)

// isWorkbook tells by its name whether a file is to be written as a workbook.
// What is read is known by its content.
func isWorkbook(name string) bool { return strings.EqualFold(filepath.Ext(name), ".xlsx") }

// likeFile gives a suffix of result files the format of the file that bulk wrote
// before, a plan or results: who made that a workbook wants another.
func likeFile(suffix, name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx", ".xlsm":
		return strings.TrimSuffix(suffix, ".csv") + ".xlsx"
	}
	return suffix
}

// forSpreadsheet is what to say of a CSV made of a workbook; empty: nothing.
func forSpreadsheet(input, output string) string {
	if output == "-" || isWorkbook(output) || !isWorkbook(likeFile(resultsSuffix, input)) {
		return ""
	}
	return fmt.Sprintf("%s is a CSV: a spreadsheet program that opens it by a double-click spoils ICCIDs; -o %s writes a workbook",
		output, shell(strings.TrimSuffix(output, filepath.Ext(output))+".xlsx"))
}

// fits refuses results that have no room in a workbook, before anything is
// sent.
func fits(output string, file *input.File, survey *input.Survey) error {
	if !isWorkbook(output) {
		return nil
	}
	if survey.Rows+1 > xlsx.MaxRows {
		return refused(fmt.Sprintf("%s has no room for the results: a sheet of a workbook holds %d rows, and there are %d and a header",
			output, xlsx.MaxRows, survey.Rows), "give --output a name that ends in .csv")
	}
	columns := len(file.Columns()) + len(jobs.ResultColumns) + len(jobs.ColumnsOf(survey.Actions))
	if columns > xlsx.MaxColumns {
		return refused(fmt.Sprintf("%s has no room for the results: a sheet of a workbook holds %d columns, and there are %d",
			output, xlsx.MaxColumns, columns), "give --output a name that ends in .csv")
	}
	return nil
}

// records opens a result file that is written to w. Close is to be called in
// the end, whatever happens.
func (w *resultFile) records(to io.Writer) (out *report.Results, closing func() error, err error) {
	columns, data := w.file.Columns(), jobs.ColumnsOf(w.survey.Actions)
	if !isWorkbook(w.output) {
		return report.NewResults(to, columns, data), func() error { return nil }, nil
	}
	book, err := xlsx.New(to, xlsx.Options{Sheet: "Results"})
	if err != nil {
		return nil, nil, err
	}
	return report.NewResultsTo(book, columns, data), book.Close, nil
}
