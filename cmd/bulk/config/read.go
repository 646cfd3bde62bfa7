package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// profilesKey holds the profiles, at the top of the file.
const profilesKey = "profiles"

// Read reads a settings file and checks all of it, the profiles that are not
// asked for included. Its error is of the type [Problems] where the file can be
// read as YAML. No error quotes a value: it may be a secret in the wrong place.
func Read(path string, keys []Key) (*Document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	return parse(path, text, keys)
}

func parse(path string, text []byte, keys []Key) (*Document, error) {
	d := &Document{path: path, defaults: Settings{}, profiles: map[string]Settings{}}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var root yaml.Node
	err := decoder.Decode(&root)
	if errors.Is(err, io.EOF) {
		return d, nil // comments alone, or nothing
	}
	if err != nil {
		return nil, fmt.Errorf("%s is no YAML: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	r := &reader{path: path, dir: filepath.Dir(path), keys: map[string]Key{}, document: d}
	for _, k := range keys {
		r.keys[canonical(k.Name)] = k
	}
	r.top(root.Content[0])
	var second yaml.Node
	if decoder.Decode(&second) == nil {
		r.problem(&second, "a second document begins; a settings file has one")
	}
	if r.problems != nil {
		return nil, r.problems.sorted()
	}
	return d, nil
}

// top reads the defaults and the profiles.
func (r *reader) top(node *yaml.Node) {
	if empty(node) {
		return
	}
	if node.Kind != yaml.MappingNode {
		r.problem(node, "settings are written as KEY: VALUE, a line each")
		return
	}
	var profiles *yaml.Node
	rest := &yaml.Node{Kind: yaml.MappingNode, Line: node.Line}
	for key, value := range pairs(node) {
		switch {
		case key.Value != profilesKey:
			rest.Content = append(rest.Content, key, value)
		case profiles != nil:
			r.problem(key, "profiles is written twice")
		default:
			profiles = resolved(value)
		}
	}
	r.layer(rest, "", "", r.document.defaults)
	if profiles != nil && !empty(profiles) {
		r.profiles(profiles)
	}
}

func (r *reader) profiles(node *yaml.Node) {
	if node.Kind != yaml.MappingNode {
		r.problem(node, "profiles holds a name for each profile, and below it the settings")
		return
	}
	for key, value := range pairs(node) {
		name, value := key.Value, resolved(value)
		if _, twice := r.document.profiles[name]; twice {
			r.problem(key, "the profile %s is written twice", name)
			continue
		}
		r.document.profiles[name] = Settings{}
		r.document.names = append(r.document.names, name)
		switch {
		case empty(value):
		case value.Kind != yaml.MappingNode:
			r.problem(key, "the profile %s holds settings, written as KEY: VALUE, a line each", name)
		default:
			r.layer(value, "", name, r.document.profiles[name])
		}
	}
}

// layer reads the settings of a mapping: those of a section, such as m2m, have
// its name and a dot before theirs.
func (r *reader) layer(node *yaml.Node, section, profile string, into Settings) {
	for key, value := range pairs(node) {
		value := resolved(value)
		name := section + key.Value
		switch {
		case key.Kind != yaml.ScalarNode:
			r.problem(key, "a key is a word")
		case section == "" && r.isSection(name) && value.Kind == yaml.MappingNode:
			r.layer(value, name+".", profile, into)
		case section == "" && r.isSection(name):
			r.problem(key, "%s has settings of its own, written below it: %s", name, r.inSection(name))
		case empty(value):
			r.problem(key, "%s has no value: write one, or \"\" to make it empty, or leave the line out", name)
		default:
			r.setting(key, name, value, profile, into)
		}
	}
}

// setting reads one.
func (r *reader) setting(at *yaml.Node, name string, value *yaml.Node, profile string, into Settings) {
	key, form, known := r.find(name)
	switch {
	case !known:
		r.problem(at, "there is no setting %s%s", name, r.meant(name))
		return
	case key.Refused != "":
		r.problem(at, "%s %s", name, key.Refused)
		return
	case key.Secret && form == Literal:
		r.problem(at, "%s would be a secret in this file: write %s_file: PATH or %s_env: NAME, and keep it there", name, last(name), last(name))
		return
	}
	words, ok := r.words(at, name, key, form, value)
	if !ok {
		return
	}
	setting := canonical(key.Name)
	if before, twice := into[setting]; twice {
		r.problem(at, "%s is set on line %d already", key.Name, before.Place.Line)
		return
	}
	into[setting] = Value{form, words, Place{r.path, at.Line, profile}}
}

// find finds the setting that a key is about.
func (r *reader) find(name string) (Key, Form, bool) {
	name = canonical(name)
	if key, known := r.keys[name]; known {
		return key, Literal, true
	}
	for suffix, form := range map[string]Form{"-file": File, "-env": Variable, "-command": Command} {
		base, cut := strings.CutSuffix(name, suffix)
		if key, known := r.keys[base]; cut && known && key.ByReference {
			return key, form, true
		}
	}
	return Key{}, Literal, false
}
