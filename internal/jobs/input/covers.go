package input

import (
	"slices"

	"bulk/internal/jobs/workbook"
)

// covers says, in one pass from top to bottom, which cells that bulk reads are
// covered by merged ones. Only the first cell of a merged area holds anything.
type covers struct {
	areas   []workbook.Area // still to come, by their first row
	begun   []workbook.Area // that have begun and may go on
	columns []int           // that bulk reads
}

// covering begins such a pass; none is needed where s is nil.
func (s *spreadsheet) covering(l *layout) (c covers) {
	if s == nil || len(s.merges) == 0 {
		return c
	}
	for _, at := range l.places {
		if at >= 0 {
			c.columns = append(c.columns, at)
		}
	}
	c.areas = s.merges
	return c
}

// mark puts [mergedCell] into the fields of a row that are covered.
func (c *covers) mark(fields []string, row int) {
	if len(c.areas) == 0 && len(c.begun) == 0 {
		return
	}
	for len(c.areas) > 0 && c.areas[0].Top <= row {
		c.begun, c.areas = append(c.begun, c.areas[0]), c.areas[1:]
	}
	c.begun = slices.DeleteFunc(c.begun, func(a workbook.Area) bool { return a.Bottom < row })
	for _, a := range c.begun {
		for _, at := range c.columns {
			first := row == a.Top && at == a.Left
			if at >= a.Left && at <= a.Right && !first && at < len(fields) {
				fields[at] = mergedCell
			}
		}
	}
}
