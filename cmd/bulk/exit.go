package main

import (
	"errors"
	"fmt"
	"strings"

	"bulk/internal/report"
)

// stop is an error that ends a command with an exit code of its own. Its hints
// say what to do; each is a line, a command to paste where that helps.
type stop struct {
	code  int
	text  string
	hints []string
	cause error
	quiet bool    // the person has been told already
	all   []*stop // several refusals, of which text is the sum; nil: it is one
}

// Error names every refusal, for those who are told of the end and see nothing
// else.
func (s *stop) Error() string {
	if s.all == nil {
		return s.text
	}
	texts := make([]string, len(s.all))
	for i, each := range s.all {
		texts[i] = each.text
	}
	return s.text + ": " + strings.Join(texts, "; ")
}

func (s *stop) Unwrap() error { return s.cause }

// refused: nothing was sent.
func refused(text string, hints ...string) *stop {
	return &stop{code: report.ExitRefused, text: text, hints: hints}
}

// misused: the command line is wrong.
func misused(format string, args ...any) *stop {
	return &stop{code: report.ExitUsage, text: fmt.Sprintf(format, args...)}
}

// broken: the run broke.
func broken(err error, hints ...string) *stop {
	return &stop{code: report.ExitBroken, text: err.Error(), hints: hints, cause: err}
}

// exitWith carries the exit code of a command that said all there is to say.
func exitWith(code int) error {
	if code == 0 {
		return nil
	}
	return &stop{code: code, quiet: true}
}

// exit says an error to the person and returns the exit code.
func (u *ui) exit(err error) int {
	if err == nil {
		return 0
	}
	var s *stop
	if !errors.As(err, &s) {
		// What cobra itself reports is a wrong command line.
		s = &stop{code: report.ExitUsage, text: err.Error()}
	}
	if s.code == report.ExitUsage && s.hints == nil {
		s.hints = []string{"see: " + u.command + " --help"}
	}
	if s.all != nil {
		u.sayAll(s.all)
	}
	if !s.quiet {
		u.fail(s.text, s.hints...)
	}
	return s.code
}
