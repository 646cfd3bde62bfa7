package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/internal/jobs/runner"
)

// safeguard is a flag by which a person overrides or lowers one. It must be said
// on the command line, each time: neither a variable nor the settings file does.
type safeguard struct {
	flag string
	// value is the one that lowers it; the flag's other values may be set
	// anywhere. Empty: to give the flag at all is to override.
	value string
	// off says what is so while it is off, for the question, the log and the
	// reports; empty: nothing is, as of an approval.
	off string
	// changes: it is only about irreversible rows.
	changes bool
}

// safeguards is every one of them.
var safeguards = []safeguard{
	{flag: "yes", off: "nobody is asked", changes: true},
	{flag: "approve"},
	{flag: "again", off: "SIMs that were done are sent a command again", changes: true},
	{flag: "restart", off: "an unfinished run of the input is not continued"},
	{flag: "new-ledger", off: "a ledger without a history is taken for a new one", changes: true},
	{flag: "no-group-check", off: "groups are not checked against a catalogue", changes: true},
	{flag: "no-api-id-check", off: "answers that bear another api_id are accepted"},
	{flag: "preflight", value: "none", off: "SIMs are not looked up before they are changed", changes: true},
	{flag: "max-refusals", value: "none", off: "refusals do not end the run", changes: true},
	{flag: "max-failures", value: "none", off: "failures do not end the run"},
	{flag: "iccid-check", value: "length", off: "check digits mean nothing"},
}

// unbounded is no safeguard that must be lowered on the command line, but one
// that is named where it is off.
var unbounded = safeguard{flag: "max-in-doubt", value: "0", off: "any number of SIMs may be left in doubt", changes: true}

// alwaysSaid reports whether a flag can be given on the command line alone.
func alwaysSaid(flag string) bool {
	return slices.ContainsFunc(safeguards, func(s safeguard) bool { return s.flag == flag && s.value == "" })
}

// lowered finds the safeguard that a flag lowers by the value that it has.
func lowered(f *pflag.Flag) (safeguard, bool) {
	for _, s := range safeguards {
		if s.flag == f.Name && f.Changed && s.isOff(f) {
			return s, true
		}
	}
	return safeguard{}, false
}

// isOff reports whether the flag, as it is set, has the safeguard off.
func (s safeguard) isOff(f *pflag.Flag) bool {
	words := []string{f.Value.String()}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		words = list.GetSlice()
	}
	if s.value == "" {
		return f.Changed && !slices.Contains([]string{"", "0", "false"}, words[0])
	}
	return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(strings.TrimSpace(word), s.value) })
}

// say is the safeguard as a person reads that it is off.
func (s safeguard) say() string {
	return fmt.Sprintf("%s (--%s)", s.off, strings.TrimSpace(s.flag+" "+s.value))
}

// safeguardsOff lists what is off in a command.
func safeguardsOff(cmd *cobra.Command) (off []safeguard) {
	for _, s := range append(slices.Clone(safeguards), unbounded) {
		if f := cmd.Flags().Lookup(s.flag); f != nil && s.off != "" && s.isOff(f) {
			off = append(off, s)
		}
	}
	return off
}

// saidOff lists in words what is off in a command whose input has so many
// irreversible rows.
func (p *sources) saidOff(irreversible int) (said []string) {
	for _, s := range p.off {
		if !s.changes || irreversible > 0 {
			said = append(said, s.say())
		}
	}
	return said
}

// off lists in words what is off in the run, limits that its rows cannot reach
// included.
func (j *job) off() []string {
	failures, refusals := j.s.checked.failures, j.s.checked.refusals
	said := j.p.saidOff(j.survey.Irreversible)
	if why := unreachable(failures, j.survey.Selected); why != "" {
		said = append(said, fmt.Sprintf("failures do not end the run (--max-failures %s%s)", j.s.maxFailures, why))
	}
	if why := unreachable(refusals, j.survey.Irreversible); why != "" {
		said = append(said, fmt.Sprintf("refusals do not end the run (--max-refusals %s%s)", j.s.maxRefusals, why))
	}
	return said
}

// manyRows is how many rows a run must have for a limit that they cannot reach to
// be worth a word: one for a large file may stand in the settings of small ones.
const manyRows = 50

// unreachable says why a limit never ends a run of so many rows; empty: it may.
func unreachable(l runner.Limit, rows int) string {
	switch {
	case rows < manyRows:
	case l.Share == 1:
		return ", of all rows"
	case l.Count > rows:
		return fmt.Sprintf(", of %d rows", rows)
	}
	return ""
}

// mustBeSaid refuses a value that lowers a safeguard and does not stand on the
// command line.
func mustBeSaid(f *pflag.Flag, from string) error {
	s, found := lowered(f)
	if !found {
		return nil
	}
	return misused("%s: --%s %s lowers a safeguard and must be said each time: give it on the command line", from, s.flag, s.value)
}

// describeSafeguards lists the flags that must be said each time.
func describeSafeguards() (whole, byValue string) {
	var flags, values []string
	for _, s := range safeguards {
		if s.value == "" {
			flags = append(flags, "--"+s.flag)
		} else {
			values = append(values, "--"+s.flag+" "+s.value)
		}
	}
	return strings.Join(flags, ", "), strings.Join(values, ", ")
}
