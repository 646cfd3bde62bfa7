package files

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

// forWrong is the room that is kept for the rows that went wrong, in bytes.
const forWrong = 15_000

// planned are the SIMs that a plan would change, by the group that they would be
// assigned to: of each the first ones.
type planned struct {
	groups []*plannedGroup
}

type plannedGroup struct {
	name  string
	count int
	first []jobs.Row
}

func (p *planned) add(row jobs.Row, result jobs.Result) {
	if result.Outcome != jobs.Planned {
		return
	}
	g := p.group(row.Group)
	g.count++
	if len(g.first) < mostListed {
		row.Fields, row.Prior = nil, nil
		g.first = append(g.first, row)
	}
}

func (p *planned) group(name string) *plannedGroup {
	for _, g := range p.groups {
		if g.name == name {
			return g
		}
	}
	g := &plannedGroup{name: name}
	p.groups = append(p.groups, g)
	return g
}

// planned shows a reviewer which SIMs would be changed, folded out group by group: first
// those that few go to, as a mistake would be. The text is then no longer than most.
func (m *markdown) planned(p *planned, most int) {
	if len(p.groups) == 0 {
		return
	}
	slices.SortStableFunc(p.groups, func(a, b *plannedGroup) int { return cmp.Compare(a.count, b.count) })
	m.line("\n#### What would change, for good")
	for i, g := range p.groups {
		room := most - m.Len()
		if i == mostGroups || room < 1_000 {
			m.line("\nand %s more, of which the plan tells.", human.Count(len(p.groups)-i, "group", "groups"))
			return
		}
		m.plannedGroup(g, room)
	}
}

func (m *markdown) plannedGroup(g *plannedGroup, room int) {
	body := &strings.Builder{}
	shown := 0
	for _, row := range g.first {
		is := "·"
		if row.CurrentGroup != "" {
			is = plain(human.Cut(row.CurrentGroup, 60))
		}
		text := fmt.Sprintf("| %d | %s | %s |\n", row.Line, iccid(row), is)
		if body.Len()+len(text) > room-600 {
			break
		}
		body.WriteString(text)
		shown++
	}
	title := fmt.Sprintf("%s into %s", human.Count(g.count, "SIM", "SIMs"), plain(human.Cut(g.name, 60)))
	if shown < g.count {
		title += fmt.Sprintf(", the first %s", human.Number(shown))
	}
	m.line("\n<details><summary>%s</summary>\n", title)
	m.line("| Line | ICCID | Group by the file |\n|--:|:--|:--|\n%s\n\n</details>", strings.TrimSuffix(body.String(), "\n"))
}
