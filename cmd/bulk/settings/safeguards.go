package settings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulk/cmd/bulk/console"
)

// safeguard is a flag by which a person overrides or lowers one. It must be said
// on the command line, each time: neither a variable nor the settings file does.
type safeguard struct {
	Flag string
	// value is the one that lowers it; the flag's other values may be set
	// anywhere. Empty: to give the flag at all is to override.
	Value string
	// off says what is so while it is off, for the question, the log and the
	// reports; empty: nothing is, as of an approval.
	off string
	// changes: it is only about irreversible rows.
	changes bool
}

// Safeguards is every one of them.
var Safeguards = []safeguard{
	{Flag: "yes", off: "nobody is asked", changes: true},
	{Flag: "approve"},
	{Flag: "again", off: "SIMs that were done are sent a command again", changes: true},
	{Flag: "restart", off: "an unfinished run of the input is not continued"},
	{Flag: "new-ledger", off: "a ledger without a history is taken for a new one", changes: true},
	{Flag: "no-group-check", off: "groups are not checked against a catalogue", changes: true},
	{Flag: "no-api-id-check", off: "answers that bear another api_id are accepted"},
	{Flag: "preflight", Value: "none", off: "SIMs are not looked up before they are changed", changes: true},
	{Flag: "max-refusals", Value: "none", off: "refusals do not end the run", changes: true},
	{Flag: "max-failures", Value: "none", off: "failures do not end the run"},
	{Flag: "iccid-check", Value: "length", off: "check digits mean nothing"},
}

// unbounded is no safeguard that must be lowered on the command line, but one
// that is named where it is off.
var unbounded = safeguard{Flag: "max-in-doubt", Value: "0", off: "any number of SIMs may be left in doubt", changes: true}

// alwaysSaid reports whether a flag can be given on the command line alone.
func alwaysSaid(flag string) bool {
	return slices.ContainsFunc(Safeguards, func(s safeguard) bool { return s.Flag == flag && s.Value == "" })
}

// lowered finds the safeguard that a flag lowers by the value that it has.
func lowered(f *pflag.Flag) (safeguard, bool) {
	for _, s := range Safeguards {
		if s.Flag == f.Name && f.Changed && s.isOff(f) {
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
	if s.Value == "" {
		return f.Changed && !slices.Contains([]string{"", "0", "false"}, words[0])
	}
	return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(strings.TrimSpace(word), s.Value) })
}

// say is the safeguard as a person reads that it is off.
func (s safeguard) say() string {
	return fmt.Sprintf("%s (--%s)", s.off, strings.TrimSpace(s.Flag+" "+s.Value))
}

// SafeguardsOff lists what is off in a command.
func SafeguardsOff(cmd *cobra.Command) (off []safeguard) {
	for _, s := range append(slices.Clone(Safeguards), unbounded) {
		if f := cmd.Flags().Lookup(s.Flag); f != nil && s.off != "" && s.isOff(f) {
			off = append(off, s)
		}
	}
	return off
}

// SaidOff lists in words what is off in a command whose input has so many
// irreversible rows.
func (p *Sources) SaidOff(irreversible int) (said []string) {
	for _, s := range p.Off {
		if !s.changes || irreversible > 0 {
			said = append(said, s.say())
		}
	}
	return said
}

// mustBeSaid refuses a value that lowers a safeguard and does not stand on the
// command line.
func mustBeSaid(f *pflag.Flag, from string) error {
	s, found := lowered(f)
	if !found {
		return nil
	}
	return console.Misused("%s: --%s %s lowers a safeguard and must be said each time: give it on the command line", from, s.Flag, s.Value)
}

// describeSafeguards lists the flags that must be said each time.
func describeSafeguards() (whole, byValue string) {
	var flags, values []string
	for _, s := range Safeguards {
		if s.Value == "" {
			flags = append(flags, "--"+s.Flag)
		} else {
			values = append(values, "--"+s.Flag+" "+s.Value)
		}
	}
	return strings.Join(flags, ", "), strings.Join(values, ", ")
}
