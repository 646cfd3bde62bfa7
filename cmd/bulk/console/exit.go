package console

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bulk/internal/report"
)

// Stop is an error that ends a command with an exit code of its own. Its hints
// say what to do; each is a line, a command to paste where that helps.
type Stop struct {
	Code  int
	Text  string
	Hints []string
	Cause error
	quiet bool    // the person has been told already
	All   []*Stop // several refusals, of which text is the sum; nil: it is one
}

// Error names every refusal, for those who are told of the end and see nothing
// else.
func (s *Stop) Error() string {
	if s.All == nil {
		return s.Text
	}
	texts := make([]string, len(s.All))
	for i, each := range s.All {
		texts[i] = each.Text
	}
	return s.Text + ": " + strings.Join(texts, "; ")
}

func (s *Stop) Unwrap() error { return s.Cause }

// Refused: nothing was sent.
func Refused(text string, hints ...string) *Stop {
	return &Stop{Code: report.ExitRefused, Text: text, Hints: hints}
}

// Misused: the command line is wrong.
func Misused(format string, args ...any) *Stop {
	return &Stop{Code: report.ExitUsage, Text: fmt.Sprintf(format, args...)}
}

// Broken: the run broke.
func Broken(err error, hints ...string) *Stop {
	return &Stop{Code: report.ExitBroken, Text: err.Error(), Hints: hints, Cause: err}
}

// ExitWith carries the exit code of a command that said all there is to say.
func ExitWith(code int) error {
	if code == 0 {
		return nil
	}
	return &Stop{Code: code, quiet: true}
}

// Exit says an error to the person and returns the exit code.
func (u *UI) Exit(err error) int {
	if err == nil {
		return 0
	}
	var s *Stop
	if !errors.As(err, &s) {
		// What cobra itself reports is a wrong command line.
		s = &Stop{Code: report.ExitUsage, Text: err.Error()}
	}
	if s.Code == report.ExitUsage && s.Hints == nil {
		s.Hints = []string{"see: " + u.Command + " --help"}
	}
	if s.All != nil {
		u.sayAll(s.All)
	}
	if !s.quiet {
		u.Fail(s.Text, s.Hints...)
	}
	return s.Code
}

// Together makes one refusal of several; nil of none. What two steps found is one.
func Together(refusals []*Stop) error {
	said := map[string]bool{}
	refusals = slices.DeleteFunc(slices.Clone(refusals), func(s *Stop) bool {
		twice := said[s.Text]
		said[s.Text] = true
		return twice
	})
	switch len(refusals) {
	case 0:
		return nil
	case 1:
		return refusals[0]
	}
	return &Stop{Code: report.ExitRefused, Text: fmt.Sprintf("%d things stand in the way; nothing was sent", len(refusals)), All: refusals}
}

// Refusals are all that stood in the way, for reports: each without what is the same
// of all.
func (s *Stop) Refusals() (all []report.Refusal) {
	each := s.All
	if each == nil {
		each = []*Stop{s}
	}
	for _, s := range each {
		all = append(all, report.Refusal{Text: s.Text, Hints: s.ownHints()})
	}
	return all
}

// ownHints are its hints without that nothing was sent, which is said of all.
func (s *Stop) ownHints() (hints []string) {
	for _, hint := range s.Hints {
		hint = strings.TrimSuffix(strings.TrimSuffix(hint, "nothing was sent"), "; ")
		if hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	}
	return hints
}

// sayAll says refusals one by one, each without what the last line says of all.
func (u *UI) sayAll(refusals []*Stop) {
	for _, s := range refusals {
		u.Fail(s.Text, s.ownHints()...)
	}
}
