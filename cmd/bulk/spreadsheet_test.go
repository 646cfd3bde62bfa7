package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"bulk/cmd/bulk/batch"
	"bulk/cmd/bulk/settings"
	"bulk/internal/jobs/input"
	"bulk/internal/jobs/workbook"
	"bulk/internal/report/xlsx"
)

// scriptSheet prints the first sheet of a workbook as CSV.
func scriptSheet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sheet FILE.xlsx")
	}
	content := ts.ReadFile(args[0])
	book, err := workbook.Open(strings.NewReader(content), int64(len(content)))
	ts.Check(err)
	out := csv.NewWriter(ts.Stdout())
	width := 0
	for row, err := range book.Rows(book.Sheets[0]) {
		ts.Check(err)
		if width == 0 {
			width = len(row.Cells)
		}
		ts.Check(out.Write(append(row.Cells, make([]string, width-len(row.Cells))...)))
	}
	out.Flush()
	ts.Check(out.Error())
}

const exampleWorkbook = "../../examples/fleet.xlsx"

// The example is a workbook as people keep them: a second sheet, dates, headers
// in words, and an ICCID that the spreadsheet program took for a number. It is
// written again with -update.
func TestExampleWorkbook(t *testing.T) {
	f := excelize.NewFile()
	require.NoError(t, f.SetSheetName("Sheet1", "Legend"))
	require.NoError(t, f.SetSheetRow("Legend", "A1", &[]any{"Group", "Meaning"}))
	require.NoError(t, f.SetSheetRow("Legend", "A2", &[]any{"L100", "Live Standard"}))
	_, err := f.NewSheet("Fleet")
	require.NoError(t, err)
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for i, row := range [][]any{
		{"ICCID", "Action", "Group", "Current group", "Site", "Installed"},
		{"8944500102030001010", "Query status", nil, nil, "Köln, Tor 3", day},
		{"8944500102030001028", "set_aa_group", "L100", "P100", "Hamburg", day},
		{8944500102030001036, "set_aa_group", "L200", "P100", "Hamburg", day.AddDate(0, 0, 1)},
		nil,
		{"8944500102030001044", "set_aa_group", "L100", "P100", "Bremen", day.AddDate(0, 0, 2)},
		{"8944500102030004022", "Get eUICC profile", nil, nil, "=Bremen", nil},
	} {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		require.NoError(t, err)
		require.NoError(t, f.SetSheetRow("Fleet", cell, &row))
	}
	code := "dd.mm.yyyy"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	require.NoError(t, err)
	require.NoError(t, f.SetCellStyle("Fleet", "F2", "F7", style))
	require.NoError(t, f.SetColWidth("Fleet", "A", "A", 22))
	require.NoError(t, f.SetColWidth("Fleet", "B", "F", 16))
	var made bytes.Buffer
	require.NoError(t, f.Write(&made))
	require.NoError(t, f.Close())
	if *update {
		require.NoError(t, os.WriteFile(exampleWorkbook, made.Bytes(), 0o644))
	}
	committed, err := os.ReadFile(exampleWorkbook)
	require.NoError(t, err)
	require.True(t, bytes.Equal(made.Bytes(), committed), "write it again: go test ./cmd/bulk -run TestExampleWorkbook -update")
}

func TestResultsMustFitAWorkbook(t *testing.T) {
	full := &input.Survey{Rows: xlsx.MaxRows - 1}
	require.NoError(t, batch.Fits("x.xlsx", &input.File{}, full))
	full.Rows++
	require.NoError(t, batch.Fits("x.csv", &input.File{}, full))
	require.ErrorContains(t, batch.Fits("x.XLSX", &input.File{}, full), "holds 1048576 rows, and there are 1048576 and a header")
}

func TestNamesOfResults(t *testing.T) {
	for _, c := range []struct{ input, plan, applied string }{
		{"fleet.csv", "fleet.plan.csv", "fleet.results.csv"},
		{"fleet.xlsx", "fleet.plan.csv", "fleet.results.csv"},
		{"Fleet.XLSM", "Fleet.plan.csv", "Fleet.results.csv"},
		{"fleet", "fleet.plan.csv", "fleet.results.csv"},
	} {
		s := &settings.Options{}
		plan, err := s.OutputFor(c.input, settings.PlanSuffix, false)
		require.NoError(t, err)
		require.Equal(t, c.plan, plan)
		applied, err := s.AppliedOutput(plan)
		require.NoError(t, err)
		require.Equal(t, c.applied, applied)
	}
	applied, err := (&settings.Options{}).AppliedOutput("fleet.plan.xlsx")
	require.NoError(t, err)
	require.Equal(t, "fleet.results.xlsx", applied, "who made the plan a workbook wants another")
}
