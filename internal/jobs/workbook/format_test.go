package workbook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// Dates are shown as the sheet shows them; where that depends on the country,
// in the way that all understand. Other formats say nothing about the number.
func TestFormats(t *testing.T) {
	day := time.Date(2026, 3, 1, 13, 5, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		number int
		code   string
		value  any
		want   string
	}{
		{"a date of the reader's country", 14, "", day, "2026-03-01"},
		{"a date and time of the reader's country", 22, "", day, "2026-03-01 13:05"},
		{"a time", 20, "", day, "13:05"},
		{"a month", 17, "", day, "Mar-26"},
		{"a German date", 0, "dd.mm.yyyy", day, "01.03.2026"},
		{"a date with a colour and a text", 0, `[Red]"d "yyyy\-mm`, day, "d 2026-03"},
		{"elapsed hours", 0, "[h]:mm", 1.5, "36:00"},
		{"leading zeros", 0, "0000", 42, "0042"},
		{"a number", 0, "0.00", 12.5, "12.5"},
		{"thousands", 3, "", 12345, "12345"},
		{"a share", 9, "", 0.15, "0.15"},
		{"money", 0, `#,##0.00 "days"`, 12.5, "12.5"},
		{"no date is before 1900", 14, "", -5, "-5"},
		{"an ICCID as a date", 14, "", 8.94412e18, "8.94412E+18"},
		{"an ICCID with leading zeros", 0, "00000000000000000000", 8.94412e18, "8.94412E+18"},
		{"a text under a date", 14, "", "soon", "soon"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := excelize.NewFile()
			style := &excelize.Style{NumFmt: c.number}
			if c.code != "" {
				style.CustomNumFmt = &c.code
			}
			id, err := f.NewStyle(style)
			require.NoError(t, err)
			for _, cell := range []string{"A1", "A2"} {
				require.NoError(t, f.SetCellValue("Sheet1", cell, c.value))
				require.NoError(t, f.SetCellStyle("Sheet1", cell, cell, id))
			}
			rows, err := all(bytesOf(t, f))
			require.NoError(t, err)
			require.Equal(t, []string{c.want}, rows[0].Cells)
			require.Equal(t, []string{c.want}, rows[1].Cells)
		})
	}
}

func TestDatesFrom1904(t *testing.T) {
	f := excelize.NewFile()
	yes := true
	require.NoError(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}))
	for cell, format := range map[string]int{"A1": 14, "B1": 46} {
		id, err := f.NewStyle(&excelize.Style{NumFmt: format})
		require.NoError(t, err)
		require.NoError(t, f.SetCellFloat("Sheet1", cell, 1.5, -1, 64))
		require.NoError(t, f.SetCellStyle("Sheet1", cell, cell, id))
	}
	rows, err := all(bytesOf(t, f))
	require.NoError(t, err)
	require.Equal(t, []string{"1904-01-02", "36:00:00"}, rows[0].Cells)
}
