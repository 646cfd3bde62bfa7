package notify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/report"
	"bulk/internal/report/files"
	"bulk/internal/report/human"
	"bulk/internal/report/redact"
)

const (
	mostReasons = 3   // that the text names
	mostRunes   = 200 // of a text that others wrote
	mostReason  = 120 // of why a row is named
)

// Message is what is posted: the JSON report (docs/report.schema.json) without
// its timeline, and the field text before the others.
func Message(s report.Summary) ([]byte, error) {
	if s.Refusals != nil {
		document, err := files.MarshalRefused(s)
		if err != nil {
			return nil, err
		}
		return withText(Text(s), document)
	}
	s.Timeline = nil // a message is read by people
	document, err := files.Marshal(s)
	if err != nil {
		return nil, err
	}
	return withText(Text(s), document)
}

// Beginning is what is posted when a run begins: verb says how, "begins" or "goes on".
func Beginning(s report.Summary, verb string) ([]byte, error) {
	document, err := files.MarshalBeginning(s)
	if err != nil {
		return nil, err
	}
	return withText(BeginningText(s, verb), document)
}

// withText puts the field text before the others of a document.
func withText(said string, document []byte) ([]byte, error) {
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	if err := out.Encode(said); err != nil {
		return nil, fmt.Errorf("writing the summary's text: %w", err)
	}
	message := append([]byte(`{"text":`), bytes.TrimSpace(text.Bytes())...)
	message = append(message, ',')
	return append(message, bytes.TrimPrefix(document, []byte("{"))...), nil
}

// Text says in a few lines how a run ended, with the marks and escapes of
// Slack's mrkdwn.
func Text(s report.Summary) string {
	if s.Refusals != nil {
		return refusedText(s)
	}
	rows := human.Count(s.Total, "row", "rows")
	if said := s.Counts().Text(jobs.Outcomes...); said != "" {
		rows += ": " + said
	}
	lines := append(doubts(s),
		fmt.Sprintf("*%s* on %s: exit code %d, %s", quoted(s.Command), quoted(s.Origin.Host), s.ExitCode, report.ExitMeaning(s.ExitCode)),
	)
	lines = append(lines, fmt.Sprintf("%s, in %s", rows, human.Duration(s.Elapsed)))
	lines = append(lines, facts(s)...)
	if s.Ending != "" {
		lines = append(lines, "Ended early: "+quoted(redact.Text(s.Ending)))
	}
	for i, c := range s.Wrong() {
		if i == mostReasons {
			break
		}
		lines = append(lines, fmt.Sprintf("• %s %s (%s), first on line %d", human.Number(c.Count), c.Code, c.Outcome, c.Line))
	}
	lines = append(lines, off(s)...)
	for _, r := range s.Named {
		line := fmt.Sprintf("• line %d, %s %s: %s", r.Line, quoted(string(r.ICCID)), r.Outcome, quoted(human.Cut(r.Reason, mostReason)))
		if r.Portal != "" {
			line += " " + quoted(r.Portal)
		}
		lines = append(lines, line)
	}
	if s.Output != "" {
		lines = append(lines, "Results: "+quoted(s.Output))
	}
	return strings.Join(lines, "\n")
}

// refusedText says in a few lines why a run did not begin, and what to do: the reasons
// first, the command line last.
func refusedText(s report.Summary) string {
	lines := doubts(s)
	for _, r := range s.Refusals {
		lines = append(lines, "*Did not begin: "+quoted(redact.Text(r.Text))+"*")
		for _, hint := range r.Hints {
			lines = append(lines, "• "+quoted(redact.Text(hint)))
		}
	}
	lines = append(lines, fmt.Sprintf("Exit code %d: %s", s.ExitCode, report.ExitMeaning(s.ExitCode)))
	lines = append(lines, facts(s)...)
	return strings.Join(append(lines, fmt.Sprintf("%s on %s", quoted(s.Command), quoted(s.Origin.Host))), "\n")
}

// BeginningText says in a few lines what begins.
func BeginningText(s report.Summary, verb string) string {
	run := "run"
	if s.Run != "" {
		run += " " + s.Run
	}
	lines := append(doubts(s), fmt.Sprintf("*%s* on %s: %s %s, %s", quoted(s.Command), quoted(s.Origin.Host), run, verb, human.Count(s.Total, "row", "rows")))
	return strings.Join(append(append(lines, facts(s)...), off(s)...), "\n")
}

// doubts are the first lines of all: SIMs of which nobody knows what was done.
func doubts(s report.Summary) (lines []string) {
	for _, doubt := range s.Doubts() {
		lines = append(lines, "*"+quoted(doubt)+"*")
	}
	return lines
}

// facts say which accounts a run is for, and who approved it.
func facts(s report.Summary) (lines []string) {
	for _, f := range s.Origin.Facts() {
		if f.Name == "account" || f.Name == "approved" {
			lines = append(lines, capital(f.Name)+": "+quoted(f.Text))
		}
	}
	return lines
}

func off(s report.Summary) []string {
	if len(s.Off) == 0 {
		return nil
	}
	return []string{"Safeguards off: " + quoted(strings.Join(s.Off, "; "))}
}

// quoted makes foreign text fit for a line of mrkdwn, in which three characters
// have a meaning: a name must not become a link or a call to everybody.
func quoted(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(human.Cut(human.OneLine(text), mostRunes))
}

func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
