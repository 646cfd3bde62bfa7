// Package words says what an upstream's own words mean: whether a failure names
// the SIM, refuses the credentials, says that the work ran past a time, or that
// requests came too fast. No upstream has published its words (upstreams.md), so
// this is reading plain English; what it does not understand it says so.
//
// What a meaning leads to, for a command or a read, is for the packages m2m,
// betatel and wire to say.
package words

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// Meaning is what the words of a failure mean.
type Meaning int

// The meanings, in the order in which they are looked for: the first that fits
// counts (product.md, Pace).
const (
	Unknown     Meaning = iota // nothing that bulk knows
	SIM                        // the ICCID is invalid
	Group                      // the group is invalid
	Content                    // the content is invalid
	Credentials                // the credentials are refused
	Permission                 // the account may not do this
	TimedOut                   // the work ran past a time, duration or deadline
	UnderWay                   // the request was accepted, or is being processed
	TooFast                    // the rate of requests was too high
	Parameter                  // a parameter or value is wrong
	Maintenance                // the service is out of use for now
)

// Of finds what the words of a failure mean.
func Of(text string) Meaning {
	whole := plain(text)
	if whole == "" {
		return Unknown
	}
	if m := refusal(whole); m != Unknown {
		return m
	}
	parts := clauses(text)
	switch {
	case anyOf(parts, timedOut):
		return TimedOut
	case anyOf(parts, underWay):
		return UnderWay
	case anyOf(parts, tooFast):
		return TooFast
	case parameter.in(whole):
		return Parameter
	case maintenance.in(whole):
		return Maintenance
	}
	return Unknown
}

// TooFastIn reports whether words say that the rate of requests was too high,
// whatever else they say.
func TooFastIn(text string) bool { return anyOf(clauses(text), tooFast) }

// MaintenanceIn reports whether words say that the service is out of use for
// now, whatever else they say.
func MaintenanceIn(text string) bool { return maintenance.in(plain(text)) }

// LoginIn reports whether words ask for a login, as the head of a page does.
func LoginIn(text string) bool { return login.in(plain(text)) }

// SpeakOfSIM reports whether words speak of a SIM or of what can be asked about
// it, so that the upstream has let the request in (product.md, Guards).
func SpeakOfSIM(text string) bool { return ofSIM.in(plain(text)) }

// SpeakOfAccount reports whether words speak of a user, account, session or
// password.
func SpeakOfAccount(text string) bool { return ofAccount.in(plain(text)) }

// plain makes words comparable: lower case, one space for all that is neither
// letter nor digit, and where a capital begins a new word, as in RequestTimeout.
func plain(text string) string {
	var b strings.Builder
	before, apart := rune(0), false
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			apart = true
			continue
		}
		if b.Len() > 0 && (apart || unicode.IsUpper(r) && unicode.IsLower(before)) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		before, apart = r, false
	}
	return b.String()
}

// clauses are the parts of a text between its stops, each made plain: "rate
// limit exceeded, try another time" says nothing of a time that was exceeded.
func clauses(text string) []string {
	var all []string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",.;:!?()\n", r) }) {
		if part = plain(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

func anyOf(clauses []string, said func(string) bool) bool {
	for _, c := range clauses {
		if said(c) {
			return true
		}
	}
	return false
}

// pattern is a pattern over plain words, compiled when it is first needed: most
// runs never need any.
type pattern func() *regexp.Regexp

func oneOf(patterns ...string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(strings.Join(patterns, "|")) })
}

func (p pattern) in(text string) bool { return p().MatchString(text) }

// saidWithout reports whether a pattern fits somewhere where none of the four
// words before it is one of those that turn it into its opposite.
func saidWithout(p pattern, opposites map[string]bool, text string) bool {
	for _, at := range p().FindAllStringIndex(text, -1) {
		before := strings.Fields(text[:at[0]])
		turned := false
		for _, word := range before[max(0, len(before)-4):] {
			turned = turned || opposites[word]
		}
		if !turned {
			return true
		}
	}
	return false
}
