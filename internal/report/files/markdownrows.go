package files

import (
	"fmt"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/human"
)

// rows lists the gravest rows, as many as there is room for.
func (m *markdown) rows(s report.Summary, worst *pick) {
	listed := worst.worst()
	if len(listed) == 0 {
		return
	}
	const tail = "\n\n</details>"
	body := &strings.Builder{}
	shown := 0
	for _, p := range listed {
		text := fmt.Sprintf("| %d | %s | %s | %s | %s | %s |\n", p.row.Line, linked(s, p.row), code(report.ActionName(p.row.Action)),
			p.result.Outcome, code(string(p.result.Code)), plain(human.Cut(report.Reason(p.result), 300)))
		if m.Len()+body.Len()+len(text) > mostMarkdown-400 {
			break
		}
		body.WriteString(text)
		shown++
	}
	_, more := worst.left()
	more += len(listed) - shown
	title := human.Count(shown, "row", "rows") + " that went wrong"
	if more > 0 {
		title = fmt.Sprintf("The gravest %s of %s that went wrong", human.Number(shown), human.Count(shown+more, "row", "rows"))
	}
	m.line("\n<details><summary>%s</summary>\n", title)
	m.line("| Line | ICCID | Action | Outcome | Code | Why |\n|--:|:--|:--|:--|:--|:--|\n%s%s", strings.TrimSuffix(body.String(), "\n"), tail)
}

func iccid(row jobs.Row) string {
	if row.ICCID == "" {
		return "·"
	}
	return code(string(row.ICCID))
}

// linked is a SIM's ICCID, with the way to its page in the portal where that is known.
func linked(s report.Summary, row jobs.Row) string {
	if page := pageOf(s, row); page != "" {
		// An & begins a character reference, there too: ?a=1&copy=2.
		return fmt.Sprintf("[%s](<%s>)", iccid(row), strings.ReplaceAll(page, "&", "&amp;"))
	}
	return iccid(row)
}

// pageOf is a SIM's page in the portal; empty: it is not known.
func pageOf(s report.Summary, row jobs.Row) string {
	if s.Portal == nil || row.ICCID == "" {
		return ""
	}
	return s.Portal(row.ICCID)
}
