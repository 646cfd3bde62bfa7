package files

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/human"
	"bulk/internal/report/redact"
)

// tables are the outcomes by action, and by group where rows name groups.
func tables(s report.Summary) []tableView {
	var all []tableView
	if len(s.Actions) > 0 {
		byAction, longest := newTable("Action", s.Counts()), 0
		for _, a := range s.Actions {
			longest = max(longest, a.Counts.Total())
		}
		for _, a := range s.Actions {
			byAction.add(report.ActionName(a.Action), a.Counts, longest)
		}
		all = append(all, byAction)
	}
	if len(s.Groups) > 0 {
		total, longest := report.Counts{}, 0
		for i, g := range s.Groups {
			if g.Group != "" && i < mostGroups {
				longest = max(longest, g.Counts.Total())
			}
			for outcome, n := range g.Counts {
				total[outcome] += n
			}
		}
		byGroup := newTable("Group", total)
		for i, g := range s.Groups {
			if g.Group == "" || i >= mostGroups {
				byGroup.More = "The result file tells of more groups."
				continue
			}
			byGroup.add(g.Group, g.Counts, longest)
		}
		all = append(all, byGroup)
	}
	return all
}

func newTable(what string, total report.Counts) tableView {
	t := tableView{What: what}
	for _, outcome := range jobs.Outcomes {
		if total[outcome] > 0 {
			t.Outcomes = append(t.Outcomes, outcome)
		}
	}
	return t
}

// add adds a line. Its bar is as long as its share of the longest; nothing
// stands behind it that would look like work still to be done.
func (t *tableView) add(label string, c report.Counts, longest int) {
	line := lineView{Label: label, Said: c.Text(jobs.Outcomes...), Total: human.Number(c.Total())}
	from, scale := 0.0, 1000/float64(max(longest, 1))
	for _, outcome := range t.Outcomes {
		n := c[outcome]
		line.Counts = append(line.Counts, count(n))
		if n == 0 {
			continue
		}
		width := max(float64(n)*scale, 2) // what occurs can be seen
		line.Bars = append(line.Bars, barView{outcome, fixed(from), fixed(width)})
		from += width
	}
	t.Lines = append(t.Lines, line)
}

// list adds the rows, and says which are there.
func (v *view) list(s report.Summary, listed *pick, columns []string) {
	rows := listed.rows()
	v.Listed = len(rows) > 0
	left, graveLeft := listed.left()
	switch {
	case graveLeft > 0:
		v.ListedSaid = fmt.Sprintf("The gravest %s of %s are listed; the result file has them all.",
			human.Number(len(rows)), human.Count(len(rows)+left, "row", "rows"))
	case left > 0:
		v.ListedSaid = fmt.Sprintf("%s of %s are listed, all that went wrong among them; the result file has them all.",
			human.Number(len(rows)), human.Count(len(rows)+left, "row", "rows"))
	default:
		v.ListedSaid = "Every row that the run was asked to do."
	}
	extra := extraColumns(columns)
	v.Data.Columns = []string{}
	for _, i := range extra {
		v.Data.Columns = append(v.Data.Columns, redact.Text(columns[i]))
	}
	v.Data.Gravest, v.Data.Wrong = gravest, slices.Index(gravest, jobs.NotRun)+1
	v.Data.Rows = make([][]any, len(rows))
	for i, p := range rows {
		v.Data.Rows[i] = cells(s, p, extra)
	}
	v.unscripted(s, listed.worst(), columns, extra)
}

// unscripted adds what stands in the page where its script may not run, as in
// the previews of mail programs and build servers: the gravest rows.
func (v *view) unscripted(s report.Summary, worst []picked, columns []string, extra []int) {
	v.Unscripted = "Rows are listed and searched by a script, which may not run here; the result file has them all."
	if len(worst) > 0 {
		v.Unscripted = fmt.Sprintf("Search needs a script, which may not run here. Listed are %s of %s that went wrong; the result file has every row.",
			human.Number(min(len(worst), mostUnscripted)), human.Count(len(worst), "row", "rows"))
	}
	for _, p := range worst[:min(len(worst), mostUnscripted)] {
		v.First = append(v.First, newRowView(s, p, columns, extra))
	}
}

// withName says a column's name with its value, unless that begins with it:
// "Site 7" is no "Site Site 7".
func withName(name, value string) string {
	if strings.HasPrefix(strings.ToLower(value), strings.ToLower(name)) {
		return value
	}
	return name + " " + value
}

func newRowView(s report.Summary, p picked, columns []string, extra []int) rowView {
	var own []string
	for _, i := range extra {
		if i < len(p.row.Fields) && p.row.Fields[i] != "" {
			own = append(own, redact.Text(withName(columns[i], p.row.Fields[i])))
		}
	}
	v := rowView{
		Line: p.row.Line, ICCID: string(p.row.ICCID), Page: pageOf(s, p.row), Extra: strings.Join(own, " · "), Action: report.ActionName(p.row.Action),
		Outcome: string(p.result.Outcome), Code: string(p.result.Code), Why: p.result.Description, Words: p.result.UpstreamError,
	}
	if p.row.Action.Irreversible() {
		v.Group = redact.Text(p.row.Group)
	}
	return v
}

// extraColumns are the places of the columns that only the user knows: order
// numbers, sites. The rest is shown otherwise, or secret.
func extraColumns(columns []string) []int {
	var extra []int
	for i, name := range columns {
		known := slices.Contains([]string{"iccid", "action", "group", "expect"}, jobs.NormalName(name))
		if !known && !redact.Column(name) {
			extra = append(extra, i)
		}
	}
	return extra
}

// cells are a row as the page's script reads it: the order is that of its
// table of names.
func cells(s report.Summary, p picked, extra []int) []any {
	group := ""
	if p.row.Action.Irreversible() {
		group = redact.Text(p.row.Group)
	}
	page := ""
	if grave(p.result.Outcome) { // the others need not be looked up
		page = pageOf(s, p.row)
	}
	var took any // null: no request says how long
	if p.result.Asked() {
		took = int64(p.result.Duration / time.Millisecond)
	}
	all := []any{
		p.row.Line, string(p.row.ICCID), report.ActionName(p.row.Action), group, string(p.result.Outcome), string(p.result.Code),
		p.result.Description, p.result.UpstreamError, p.result.RequestID, p.result.Attempts, took, page,
	}
	for _, i := range extra {
		value := ""
		if i < len(p.row.Fields) {
			value = redact.Text(p.row.Fields[i])
		}
		all = append(all, value)
	}
	return all
}
