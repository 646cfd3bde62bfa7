package report

import (
	"strings"

	"bulk/internal/jobs"
)

// style is an ANSI code; unstyled leaves text as it is.
type style string

const (
	unstyled style = ""
	bold     style = "1"
	red      style = "31"
	green    style = "32"
	yellow   style = "33"
)

func (p *printer) paint(style style, text string) string {
	if !p.color || style == unstyled || strings.TrimSpace(text) == "" {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}

func outcomeStyle(outcome jobs.Outcome) style {
	switch outcome {
	case jobs.OK, jobs.Valid, jobs.Planned:
		return green
	case jobs.Unknown, jobs.Failed:
		return red
	case jobs.Skipped:
		return unstyled
	default:
		return yellow
	}
}

func exitStyle(code int) style {
	switch code {
	case ExitOK:
		return green
	case ExitRows, ExitDrift, ExitPlanned, ExitTime:
		return yellow
	default:
		return red
	}
}
