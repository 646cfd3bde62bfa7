package settings

import (
	"strings"

	"bulk/cmd/bulk/console"
)

// checkAgain checks --again against the other flags.
func (s *Options) checkAgain() error {
	switch {
	case s.Again < 0:
		return console.Misused("--again must not be below 0")
	case s.Again > 0 && s.Resume:
		return console.Misused("--again and --resume exclude each other: a run is continued under the rule that it was begun with")
	case s.Again > 0 && strings.TrimSpace(s.Reason) == "":
		return console.Misused("--again needs a --reason TEXT: who wants these SIMs to be sent a command a second time, and why")
	}
	return nil
}
