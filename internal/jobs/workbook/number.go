package workbook

import (
	"math"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// lostFrom is where numbers begin that no spreadsheet holds digit by digit: a
// double keeps 15 to 17 digits, whatever the file says. From 19 digits on, those
// of an ICCID, a number is given in scientific notation, so that nobody takes
// it for one.
const lostFrom = 1e18

// plainFrom is where numbers have more than the 15 digits that spreadsheet
// programs keep.
const plainFrom = 1e15

// numberText gives a stored number as text. Formats count only where they say
// what the number means: dates and times, and leading zeros, as in 0042.
func (b *Book) numberText(raw string, style int) (string, error) {
	raw = strings.TrimSpace(raw)
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return raw, nil
	}
	if style > 0 && style < len(b.formats) {
		switch f := &b.formats[style]; {
		case f.kind == dateFormat && value >= 0 && value < lastDay:
			return b.shown.show(value+float64(b.firstDay), f)
		case f.kind == elapsedFormat && value >= 0 && value < lastDay, f.kind == zerosFormat && math.Abs(value) < plainFrom:
			return b.shown.show(value, f)
		}
	}
	return general(raw, value), nil
}

const (
	// lastDay is the day after 31 December 9999, the last date there is.
	lastDay = 2958466
	// days1904 is how many days later dates begin where they are counted from
	// 1904 (18.17.4.1).
	days1904 = 1462
)

// general gives a number without a format: its digits as far as a double keeps
// them.
func general(raw string, value float64) string {
	switch {
	case math.Abs(value) >= lostFrom:
		return strconv.FormatFloat(value, 'G', 15, 64)
	case isWhole(raw):
		return raw
	case math.Abs(value) >= plainFrom:
		return strconv.FormatFloat(value, 'f', 0, 64)
	default:
		return strconv.FormatFloat(value, 'G', 15, 64)
	}
}

func isWhole(raw string) bool {
	digits := strings.TrimPrefix(raw, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}

const shownSheet = "Sheet1"

func newShown() *shown { return &shown{file: excelize.NewFile()} }

// show gives a number under a format, dates counted from 1900. Each format has a
// cell of its own, in which the number is put.
func (s *shown) show(value float64, f *format) (string, error) {
	if f.cell == "" {
		s.cells++
		f.cell = Reference(0, s.cells)
		style, err := s.file.NewStyle(&excelize.Style{CustomNumFmt: &f.code})
		if err != nil {
			return "", err
		}
		if err := s.file.SetCellStyle(shownSheet, f.cell, f.cell, style); err != nil {
			return "", err
		}
	}
	if err := s.file.SetCellFloat(shownSheet, f.cell, value, -1, 64); err != nil {
		return "", err
	}
	return s.file.GetCellValue(shownSheet, f.cell)
}
