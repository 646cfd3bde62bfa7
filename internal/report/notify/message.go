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
)

const (
	mostReasons = 3   // that the text names
	mostRunes   = 200 // of a text that others wrote
	mostReason  = 120 // of why a row is named
)

// Message is what is posted: the JSON report (docs/report.schema.json) without
// its timeline, and the field text before the others.
func Message(s report.Summary) ([]byte, error) {
	s.Timeline = nil // a message is read by people
	document, err := files.Marshal(s)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	if err := out.Encode(Text(s)); err != nil {
		return nil, fmt.Errorf("writing the summary's text: %w", err)
	}
	message := append([]byte(`{"text":`), bytes.TrimSpace(text.Bytes())...)
	message = append(message, ',')
	return append(message, bytes.TrimPrefix(document, []byte("{"))...), nil
}

// Text says in a few lines how a run ended, with the marks and escapes of
// Slack's mrkdwn.
func Text(s report.Summary) string {
	rows := human.Count(s.Total, "row", "rows")
	if said := s.Counts().Text(jobs.Outcomes...); said != "" {
		rows += ": " + said
	}
	var lines []string
	for _, doubt := range s.Doubts() {
		lines = append(lines, "*"+quoted(doubt)+"*")
	}
	lines = append(lines,
		fmt.Sprintf("*%s* on %s: exit code %d, %s", quoted(s.Command), quoted(s.Origin.Host), s.ExitCode, report.ExitMeaning(s.ExitCode)),
	)
	if s.Run != "" {
		lines = append(lines, fmt.Sprintf("%s, in %s", rows, human.Duration(s.Elapsed)))
	}
	for _, f := range s.Origin.Facts() {
		if f.Name == "account" || f.Name == "approved" {
			lines = append(lines, capital(f.Name)+": "+quoted(f.Text))
		}
	}
	switch {
	case s.Ending != "" && s.Run == "":
		lines = append(lines, "Refused: "+quoted(s.Ending))
	case s.Ending != "":
		lines = append(lines, "Ended early: "+quoted(s.Ending))
	}
	for i, c := range s.Wrong() {
		if i == mostReasons {
			break
		}
		lines = append(lines, fmt.Sprintf("• %s %s (%s), first on line %d", human.Number(c.Count), c.Code, c.Outcome, c.Line))
	}
	if len(s.Off) > 0 {
		lines = append(lines, "Safeguards off: "+quoted(strings.Join(s.Off, "; ")))
	}
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

// quoted makes foreign text fit for a line of mrkdwn, in which three characters
// have a meaning: a name must not become a link or a call to everybody.
func quoted(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(human.Cut(human.OneLine(text), mostRunes))
}

func capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
