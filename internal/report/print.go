package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

// mostCodes is how many reasons the printed summary names.
const mostCodes = 8

// printer writes a summary for a person.
type printer struct {
	strings.Builder
	width int
	color bool
}

// Print writes the summary for a person: what happened, the table of outcomes
// by action, what went wrong and what to do about it, where the results are,
// and the commands for the next step, which stand last since that is where
// eyes end up. Width is the terminal's; 0 means 80. Color uses ANSI escapes.
func (s Summary) Print(w io.Writer, width int, color bool) error {
	if width <= 0 {
		width = 80
	}
	p := &printer{width: max(width, 40), color: color}
	p.headline(s)
	p.table(s)
	p.codes(s)
	p.named(s)
	p.upstreams(s)
	p.files(s)
	if len(s.Next) > 0 {
		p.heading("Next")
		for _, command := range s.Next {
			p.line("  " + command)
		}
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

func (p *printer) line(text string) { p.WriteString(text + "\n") }

func (p *printer) heading(text string) { p.line("\n" + p.paint(bold, text)) }

// text writes a paragraph, wrapped and indented; very long lines tire the eye,
// so it is no wider than 100 columns.
func (p *printer) text(text string, indent int, style style) {
	for _, line := range human.Wrap(strings.Fields(human.OneLine(text)), min(p.width, 100)-indent) {
		p.line(strings.Repeat(" ", indent) + p.paint(style, line))
	}
}

// headline says what ran and how it ended.
func (p *printer) headline(s Summary) {
	title := s.Command
	if title == "" {
		title = "bulk " + s.Input
	}
	details := human.Count(s.Total, "row", "rows")
	if s.Elapsed > 0 {
		details += " in " + human.Duration(s.Elapsed)
	}
	if s.Run != "" {
		details += ", run " + s.Run
	}
	for _, doubt := range s.Doubts() {
		p.text(doubt+": see bulk runs --unknown", 0, red)
	}
	p.text(title+": "+details, 0, bold)
	if s.Ending != "" {
		ending := "Ended early: " + s.Ending
		if n := s.Counts()[jobs.NotRun]; n > 0 {
			ending += fmt.Sprintf("; %s not run", human.Count(n, "row", "rows"))
		}
		p.text(ending, 0, red)
	}
	exit := fmt.Sprintf("Exit code %d", s.ExitCode)
	if meaning := ExitMeaning(s.ExitCode); meaning != "" {
		exit += ": " + meaning
	}
	p.text(exit, 0, exitStyle(s.ExitCode))
	p.origin(s.Origin)
	if s.Copied > 0 {
		p.text(fmt.Sprintf("%s copied unchanged from the earlier result, in no count below", human.Count(s.Copied, "row", "rows")), 0, unstyled)
	}
	if len(s.Off) > 0 {
		p.text("Safeguards off: "+strings.Join(s.Off, "; "), 0, yellow)
	}
	for _, note := range s.Notes {
		p.text("Note: "+note, 0, yellow)
	}
}

// origin says on which account the run was, by whom, and with whose yes. The
// digests are for reports, which others read; and where no account was asked
// there is nothing to say.
func (p *printer) origin(o Origin) {
	if len(o.Accounts) == 0 {
		return
	}
	o.InputDigest, o.CatalogDigest = "", ""
	for _, f := range o.Facts() {
		p.text(f.Name+" "+f.Text, 0, unstyled)
	}
}

// named names the first rows that a person should look at, each on a line of
// its own.
func (p *printer) named(s Summary) {
	if len(s.Named) == 0 {
		return
	}
	p.heading("Rows to look at")
	for _, r := range s.Named {
		what := string(r.Outcome)
		if r.Code != jobs.Code(r.Outcome) {
			what += " (" + string(r.Code) + ")"
		}
		text := fmt.Sprintf("%8d  %s  %s", r.Line, iccidOrNone(r.ICCID), what)
		if r.Reason != "" {
			text += ": " + human.OneLine(r.Reason)
		}
		p.line(p.paint(outcomeStyle(r.Outcome), human.Cut(text, p.width)))
		if r.Portal != "" && r.Outcome == jobs.Unknown {
			p.line(fmt.Sprintf("%8s  %s", "", r.Portal)) // whole, or it could not be followed
		}
	}
	if more := s.countNamed() - len(s.Named); more > 0 {
		p.line(fmt.Sprintf("%8s  and %s more: see the column outcome", "", human.Number(more)))
	}
}

func iccidOrNone(iccid jobs.ICCID) string {
	if iccid == "" {
		return "(no iccid)"
	}
	return string(iccid)
}

// codes names what went wrong: unknown rows first, then the commonest.
func (p *printer) codes(s Summary) {
	wrong := slices.DeleteFunc(s.Wrong(), func(c CodeCount) bool { return c.Outcome == jobs.Unknown })
	still := s.StillUnknown()
	unknown := s.Counts()[jobs.Unknown] - still
	if unknown+still == 0 && len(wrong) == 0 {
		return
	}
	p.heading("What went wrong")
	named := mostCodes
	if unknown > 0 {
		named--
		p.unknown(s, unknown)
	}
	if still > 0 {
		named--
		p.stillUnknown(s, still)
	}
	for i, c := range wrong {
		if i == named {
			p.line(fmt.Sprintf("%8s  and %s more: see the column error_code", "", human.Number(len(wrong)-i)))
			break
		}
		what := string(c.Code)
		if c.Code != jobs.Code(c.Outcome) {
			what += " (" + string(c.Outcome) + ")"
		}
		p.reason(c.Count, what, c.Line, outcomeStyle(c.Outcome), c.Cure)
	}
}

// unknown tells of the rows that may have been done, whatever the reason.
func (p *printer) unknown(s Summary, count int) {
	first, why := 0, []string{}
	for _, c := range s.Codes {
		if c.Outcome == jobs.Unknown && c.Code != jobs.StillUnknown {
			why = append(why, string(c.Code))
			if first == 0 || c.Line < first {
				first = c.Line
			}
		}
	}
	what := "unknown"
	if len(why) > 0 {
		what += " (" + strings.Join(why, ", ") + ")"
	}
	p.reason(count, what, first, red, "Sent, but no trustworthy answer came: it may have been done. "+CureUnknown)
}

// stillUnknown tells of the rows that an earlier run left in doubt: nothing was
// sent for them now.
func (p *printer) stillUnknown(s Summary, count int) {
	for _, c := range s.Codes {
		if c.Outcome == jobs.Unknown && c.Code == jobs.StillUnknown {
			p.reason(count, "still unknown", c.Line, red, "An earlier run sent a command, and nobody knows whether it was done; nothing was sent now. "+CureUnknown)
		}
	}
}

// reason writes a count, a reason, its first line, and below it the cure.
func (p *printer) reason(count int, what string, line int, style style, cure string) {
	head := what
	if line > 0 {
		head += fmt.Sprintf(", first on line %d", line)
	}
	shown := human.Number(count)
	for _, text := range human.Wrap(strings.Fields(head), min(p.width, 100)-10) {
		p.line(fmt.Sprintf("%8s  %s", shown, p.paint(style, text)))
		shown = ""
	}
	p.text(cure, 10, unstyled)
}

// upstreams says what the run asked of each, in a line.
func (p *printer) upstreams(s Summary) {
	if len(s.Upstreams) == 0 {
		return
	}
	p.heading("Requests")
	for _, u := range s.Upstreams {
		p.text(fmt.Sprintf("%s: %s", u.Name, strings.Join(u.Said(), ", ")), 2, unstyled)
	}
}

// files says where everything is. Paths and digests are never broken, so that
// they can be copied.
func (p *printer) files(s Summary) {
	if s.Output == "" && len(s.Files) == 0 {
		return
	}
	p.heading("Results")
	for _, file := range append([]string{s.Output}, s.Files...) {
		if file != "" {
			p.line("  " + human.OneLine(file))
		}
		if file == s.Output && s.Digest != "" {
			p.line("  sha256 " + s.Digest)
		}
	}
}
