package files

import (
	"fmt"
	"io"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/human"
)

// A pull-request comment on GitHub holds 65,536 characters.
const (
	mostMarkdown = 60_000 // bytes
	mostListed   = 50     // rows
	mostGroups   = 30
	mostNotes    = 8
)

// markdown is a report in GitHub's Markdown.
type markdown struct{ strings.Builder }

func writeMarkdown(w io.Writer, s report.Summary, rows Rows) error {
	worst, planned := newPick(mostListed), &planned{}
	err := rows(func(row jobs.Row, result jobs.Result) error {
		if !row.Copied {
			worst.add(row, result)
			planned.add(row, result)
		}
		return nil
	})
	if err != nil {
		return err
	}
	m := &markdown{}
	m.headline(s)
	rest := &markdown{}
	if planned.groups != nil {
		rest.line("\n#### Outcomes")
	}
	rest.actions(s)
	rest.groups(s)
	rest.reasons(s)
	rest.requests(s)
	rest.results(s)
	rest.next(s)
	m.planned(planned, mostMarkdown-forWrong-rest.Len())
	m.WriteString(rest.String())
	m.rows(s, worst)
	_, err = io.WriteString(w, m.String())
	return err
}

func (m *markdown) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// headline says what ran and how it ended, in words that stand out where
// Markdown has alerts, and are a quotation elsewhere.
func (m *markdown) headline(s report.Summary) {
	title := s.Command
	if title == "" {
		title = "bulk " + s.Input
	}
	m.line("### %s", code(human.Cut(human.OneLine(title), 200)))
	m.line("")
	said := []string{"**Exit code " + fmt.Sprint(s.ExitCode) + "**: " + report.ExitMeaning(s.ExitCode), human.Count(s.Total, "row", "rows")}
	if s.Elapsed > 0 {
		said[1] += " in " + human.Duration(s.Elapsed)
	}
	if s.Run != "" {
		said = append(said, "run "+plain(s.Run))
	}
	if s.Copied > 0 {
		said = append(said, human.Count(s.Copied, "row", "rows")+" copied unchanged from the earlier result, in no count below")
	}
	m.line("%s.", strings.Join(said, " · "))
	m.origin(s)
	for _, doubt := range s.Doubts() {
		m.alert("CAUTION", plain(doubt)+": see `bulk runs --unknown`.")
	}
	total := s.Counts()
	still := s.StillUnknown()
	if n := total[jobs.Unknown] - still; n > 0 {
		m.alert("CAUTION", fmt.Sprintf("%s **unknown**: sent, but no trustworthy answer came, so it may have been done. %s", are(n), report.CureUnknown))
	}
	if still > 0 {
		m.alert("CAUTION", fmt.Sprintf("%s **still unknown** from an earlier run; nothing was sent for them now. %s", are(still), report.CureUnknown))
	}
	if s.Ending != "" {
		text := "Ended early: " + plain(human.Cut(s.Ending, 500))
		if n := total[jobs.NotRun]; n > 0 {
			text += "; " + human.Count(n, "row", "rows") + " not run"
		}
		m.alert("WARNING", text)
	}
	remarks := s.Remarks()
	for i, note := range remarks {
		if i == mostNotes {
			m.alert("NOTE", fmt.Sprintf("and %d more notes", len(remarks)-i))
			break
		}
		m.alert("NOTE", plain(human.Cut(note, 500)))
	}
}

// origin says on which account the run was, by whom, and with whose yes.
func (m *markdown) origin(s report.Summary) {
	facts := s.Origin.Facts()
	if len(facts) > 0 {
		m.line("")
	}
	for _, f := range facts {
		m.line("- %s: %s", f.Name, plain(human.Cut(f.Text, 300)))
	}
}

func (m *markdown) alert(kind, text string) { m.line("\n> [!%s]\n> %s", kind, text) }

// actions is the table of outcomes by action.
func (m *markdown) actions(s report.Summary) {
	var lines []tableLine
	for _, a := range s.Actions {
		lines = append(lines, tableLine{code(report.ActionName(a.Action)), a.Counts})
	}
	m.counts("Action", lines, s.Counts())
}

// groups tells a reviewer how many SIMs go where.
func (m *markdown) groups(s report.Summary) {
	total := report.Counts{}
	var lines []tableLine
	for i, g := range s.Groups {
		for outcome, n := range g.Counts {
			total[outcome] += n
		}
		if i >= mostGroups || g.Group == "" {
			continue
		}
		lines = append(lines, tableLine{plain(human.Cut(g.Group, 60)), g.Counts})
	}
	m.counts("Group", lines, total)
	if rest := len(s.Groups) - len(lines); rest > 0 {
		m.line("\nand more groups, of which the result file tells.")
	}
}

type tableLine struct {
	label  string // Markdown
	counts report.Counts
}

// counts is a table with a column for each outcome that occurs.
func (m *markdown) counts(what string, lines []tableLine, total report.Counts) {
	if len(lines) == 0 {
		return
	}
	head, rule := "| "+what+" |", "|:--|"
	var occur []jobs.Outcome
	for _, outcome := range jobs.Outcomes {
		if total[outcome] > 0 {
			occur = append(occur, outcome)
			head, rule = head+" "+string(outcome)+" |", rule+"--:|"
		}
	}
	m.line("\n%s total |\n%s--:|", head, rule)
	if len(lines) > 1 {
		lines = append(lines, tableLine{"**total**", total})
	}
	for _, line := range lines {
		text := "| " + line.label + " |"
		for _, outcome := range occur {
			text += " " + count(line.counts[outcome]) + " |"
		}
		m.line("%s %s |", text, human.Number(line.counts.Total()))
	}
}

// reasons is the table of what went wrong and what to do about it.
func (m *markdown) reasons(s report.Summary) {
	wrong := s.Wrong()
	if len(wrong) == 0 {
		return
	}
	m.line("\n#### What went wrong\n")
	m.line("| Rows | Code | Outcome | First on line | What to do |\n|--:|:--|:--|--:|:--|")
	for _, c := range wrong {
		m.line("| %s | %s | %s | %s | %s %s |", human.Number(c.Count), code(string(c.Code)), c.Outcome, human.Number(c.Line), plain(c.Cause), plain(c.Cure))
	}
}

// requests says what the run asked of each upstream.
func (m *markdown) requests(s report.Summary) {
	if len(s.Upstreams) == 0 {
		return
	}
	m.line("\n#### Requests\n")
	series := s.Timeline.Series(1)
	for _, u := range s.Upstreams {
		said := u.Said()
		if l := latency(series, u.Name); l != nil {
			said = append(said, fmt.Sprintf("latency p50 %s, p99 %s, longest %s", human.Latency(l.P50), human.Latency(l.P99), human.Latency(l.Max)))
		}
		m.line("- **%s**: %s", u.Name, strings.Join(said, ", "))
	}
}

// results says where everything is.
func (m *markdown) results(s report.Summary) {
	if s.Output == "" && s.Digest == "" {
		return
	}
	m.line("\n#### Results\n")
	if s.Output != "" {
		m.line("- %s", code(s.Output))
	}
	if s.Digest != "" {
		m.line("- the plan's SHA-256, for its approval: %s", code(s.Digest))
	}
	for i, file := range s.Files {
		if i == mostNotes {
			break
		}
		m.line("- %s", code(file))
	}
}

// next gives the commands for the next step in a block to be copied.
func (m *markdown) next(s report.Summary) {
	if len(s.Next) == 0 {
		return
	}
	var lines []string
	for _, command := range s.Next {
		lines = append(lines, human.OneLine(command))
	}
	text := strings.Join(lines, "\n")
	fence := strings.Repeat("`", max(3, longestRun(text)+1))
	m.line("\n#### Next\n\n%ssh\n%s\n%s", fence, text, fence)
}
