package workbook

import (
	"bytes"
	"cmp"
	"slices"
)

// Area is a merged cell: from its first row and column to its last. Columns
// count from 0, rows from 1. Only its first cell holds anything.
type Area struct{ Top, Left, Bottom, Right int }

// areaOf reads a reference, A2:B7 (18.3.1.54, 18.3.1.55). It reports false where
// the text is none, or of one cell.
func areaOf(reference []byte) (Area, bool) {
	from, to, found := bytes.Cut(bytes.ReplaceAll(reference, []byte("$"), nil), []byte(":"))
	if !found {
		return Area{}, false
	}
	a := Area{Top: rowOf(from), Left: columnOf(from), Bottom: rowOf(to), Right: columnOf(to)}
	if a.Top < 1 || a.Bottom < a.Top || a.Left < 0 || a.Right < a.Left {
		return Area{}, false
	}
	return a, true
}

// sortAreas puts areas in the order of their first rows.
func sortAreas(areas []Area) {
	slices.SortFunc(areas, func(a, b Area) int { return cmp.Compare(a.Top, b.Top) })
}
