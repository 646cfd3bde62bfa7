// Package config reads the settings file: YAML that holds defaults at its top
// and named profiles that override them. It knows the shape of the file and
// says what is wrong with it, line by line; which settings there are, and what
// they mean, its caller says.
package config

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"bulk/internal/jobs/meant"
)

// Key is a setting as the file may write it.
type Key struct {
	Name        string // as it is written: max-failures, m2m.url
	List        bool   // takes several values: a YAML list, or one text split at its commas
	Pairs       bool   // a list of NAME=VALUE, which may be a YAML mapping as well
	Path        bool   // names a file: a relative one is relative to the settings file
	ByReference bool   // NAME_file, NAME_env and NAME_command, which say where the value is, may be written
	Secret      bool   // by reference and in no other way
	Refused     string // why it cannot be set in a file; empty: it can
}

// Form is how a value is written.
type Form int

// The forms of a value.
const (
	Literal  Form = iota // the value itself
	File                 // the path of a file that holds it
	Variable             // the name of a variable that holds it
	Command              // a command that prints it
)

// Value is what the file says about a setting.
type Value struct {
	Form  Form
	Words []string // one, or those of a list; none: the setting is made empty
	Place Place
}

// Place is where in the file a value stands.
type Place struct {
	File    string
	Line    int
	Profile string // empty: among the defaults
}

func (p Place) String() string {
	at := fmt.Sprintf("%s:%d", p.File, p.Line)
	if p.Profile != "" {
		return "profile " + p.Profile + " in " + at
	}
	return at
}

// Settings are values by the canonical name of their setting.
type Settings map[string]Value

// Lookup finds what the file says about a setting, as Key.Name spells it.
func (s Settings) Lookup(name string) (Value, bool) {
	v, ok := s[canonical(name)]
	return v, ok
}

// canonical makes dashes and underscores the same: flags have the ones,
// variables the others, and people mix them.
func canonical(name string) string { return strings.ReplaceAll(name, "_", "-") }

// Document is a settings file that has been read.
type Document struct {
	path     string
	defaults Settings
	profiles map[string]Settings
	names    []string // of the profiles, as the file has them
}

// Profiles lists the file's profiles, as it has them.
func (d *Document) Profiles() []string { return d.names }

// Settings gives what is in force under a profile: its own values, and the
// defaults of the file for the rest. An empty name gives the defaults alone.
func (d *Document) Settings(profile string) (Settings, error) {
	own, found := d.profiles[profile]
	switch {
	case profile == "":
		return d.defaults, nil
	case !found && d.names == nil:
		return nil, fmt.Errorf("%s has no profile %q: it has no profiles", d.path, profile)
	case !found:
		return nil, fmt.Errorf("%s has no profile %q; it has %s%s", d.path, profile, strings.Join(d.names, ", "), meant.Ask(profile, d.names))
	}
	all := Settings{}
	for name, value := range d.defaults {
		all[name] = value
	}
	for name, value := range own {
		all[name] = value
	}
	return all, nil
}

// Everything are all the values that the file has for a setting: among the
// defaults, and in each profile.
func (d *Document) Everything(name string) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if d == nil {
			return
		}
		layers := []Settings{d.defaults}
		for _, profile := range slices.Sorted(maps.Keys(d.profiles)) {
			layers = append(layers, d.profiles[profile])
		}
		for _, layer := range layers {
			if value, said := layer.Lookup(name); said && !yield(value) {
				return
			}
		}
	}
}

// Problems are everything that is wrong with a file.
type Problems []Problem

// Problem is one thing that is wrong, at a line.
type Problem struct {
	Place Place
	Text  string
}

func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s", p.Place.File, p.Place.Line, p.Text)
}

func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, problem := range p {
		texts[i] = problem.String()
	}
	return strings.Join(texts, "; ")
}

// sorted puts them in the order of the lines.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int { return a.Place.Line - b.Place.Line })
	return p
}
