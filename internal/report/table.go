package report

import (
	"fmt"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

// table writes the outcomes by action: actions down and outcomes across, or
// the other way round where that fits better, or as a list where neither does.
func (p *printer) table(s Summary) {
	total := s.Counts()
	if total.Total() == 0 {
		return
	}
	p.line("")
	rows := s.Actions
	if len(rows) > 1 {
		rows = append(rows[:len(rows):len(rows)], ActionCounts{"total", total})
	}
	g := newGrid(rows, total)
	if g.width() > p.width {
		g = g.turned()
	}
	if g.width() > p.width {
		p.list(rows)
		return
	}
	for _, line := range g.lines(p) {
		p.line(line)
	}
}

// list writes a paragraph for each action.
func (p *printer) list(rows []ActionCounts) {
	for _, row := range rows {
		p.line(fmt.Sprintf("%s: %s", ActionName(row.Action), human.Number(row.Counts.Total())))
		items := strings.SplitAfter(row.Counts.Text(jobs.Outcomes...), ", ")
		for i := range items {
			items[i] = strings.TrimSpace(items[i])
		}
		for _, line := range human.Wrap(items, p.width-2) {
			p.line("  " + line)
		}
	}
}

// ActionName is an action as tables name it, rows without a usable one included.
func ActionName(action jobs.Action) string {
	if action == "" {
		return "(no action)"
	}
	return string(action)
}

// grid is a table of counts with a label for each row and column.
type grid struct {
	down, across []label
	counts       [][]int // by row, then column
}

type label struct {
	text  string
	style style
}

// newGrid has the actions down, and across the outcomes that occur.
func newGrid(rows []ActionCounts, total Counts) grid {
	g := grid{counts: make([][]int, len(rows))}
	for _, row := range rows {
		g.down = append(g.down, label{text: ActionName(row.Action)})
	}
	for _, outcome := range jobs.Outcomes {
		if total[outcome] == 0 {
			continue
		}
		g.across = append(g.across, label{string(outcome), outcomeStyle(outcome)})
		for i, row := range rows {
			g.counts[i] = append(g.counts[i], row.Counts[outcome])
		}
	}
	g.across = append(g.across, label{text: "total"})
	for i, row := range rows {
		g.counts[i] = append(g.counts[i], row.Counts.Total())
	}
	return g
}

// turned has rows for columns.
func (g grid) turned() grid {
	t := grid{down: g.across, across: g.down, counts: make([][]int, len(g.across))}
	for column := range g.across {
		for row := range g.down {
			t.counts[column] = append(t.counts[column], g.counts[row][column])
		}
	}
	return t
}

// widths are those of the labels' column and of each column of counts.
func (g grid) widths() (first int, rest []int) {
	for _, l := range g.down {
		first = max(first, len(l.text))
	}
	for column, l := range g.across {
		width := len(l.text)
		for row := range g.down {
			width = max(width, len(human.Number(g.counts[row][column])))
		}
		rest = append(rest, width)
	}
	return first, rest
}

func (g grid) width() int {
	width, rest := g.widths()
	for _, column := range rest {
		width += len("  ") + column
	}
	return width
}

// lines draws the grid; a count of nothing is a dash.
func (g grid) lines(p *printer) []string {
	first, rest := g.widths()
	head := strings.Repeat(" ", first)
	for column, l := range g.across {
		head += "  " + p.paint(l.style, fmt.Sprintf("%*s", rest[column], l.text))
	}
	lines := []string{head}
	for row, l := range g.down {
		line := p.paint(l.style, fmt.Sprintf("%-*s", first, l.text))
		for column, c := range g.across {
			count, style := "-", unstyled
			if n := g.counts[row][column]; n != 0 {
				count, style = human.Number(n), c.style+l.style // only one of them has any
			}
			line += "  " + p.paint(style, fmt.Sprintf("%*s", rest[column], count))
		}
		lines = append(lines, line)
	}
	return lines
}
