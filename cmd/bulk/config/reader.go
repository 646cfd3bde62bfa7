package config

import (
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"bulk/internal/jobs/meant"
)

// words reads a value: one word, or those of a list.
func (r *reader) words(at *yaml.Node, name string, key Key, form Form, value *yaml.Node) ([]string, bool) {
	list := key.List && form == Literal
	var words []string
	switch {
	case value.Kind == yaml.ScalarNode && list:
		words = strings.Split(value.Value, ",")
	case value.Kind == yaml.ScalarNode:
		words = []string{value.Value}
	case value.Kind == yaml.SequenceNode && list:
		for _, item := range value.Content {
			if item = resolved(item); item.Kind != yaml.ScalarNode || empty(item) {
				r.problem(item, "%s is a list of single values", name)
				return nil, false
			}
			words = append(words, item.Value)
		}
	case value.Kind == yaml.MappingNode && list && key.Pairs:
		for k, v := range pairs(value) {
			if v = resolved(v); v.Kind != yaml.ScalarNode || empty(v) {
				r.problem(k, "%s.%s takes a single value", name, k.Value)
				return nil, false
			}
			words = append(words, k.Value+"="+v.Value)
		}
	case list:
		r.problem(at, "%s takes a value or a list of them", name)
		return nil, false
	default:
		r.problem(at, "%s takes a single value", name)
		return nil, false
	}
	if len(words) == 1 && words[0] == "" {
		return nil, true
	}
	if key.Path && form == Literal || form == File {
		for i, word := range words {
			words[i] = r.beside(word)
		}
	}
	return words, true
}

// tagged is the FORMAT: before a path. One letter is a Windows drive.
var tagged = regexp.MustCompile(`^[A-Za-z]{2,}:`)

// beside makes a relative path one beside the settings file. A dash, standard
// output, stays what it is.
func (r *reader) beside(word string) string {
	tag := tagged.FindString(word)
	path := word[len(tag):]
	if path == "" || path == "-" || filepath.IsAbs(path) {
		return word
	}
	return tag + filepath.Join(r.dir, path)
}

// isSection reports whether settings have this name before theirs.
func (r *reader) isSection(name string) bool { return r.inSection(name) != "" }

// inSection lists the settings of a section as they may be written.
func (r *reader) inSection(section string) string {
	var names []string
	for _, full := range slices.Sorted(maps.Keys(r.keys)) {
		key := r.keys[full]
		name, inside := strings.CutPrefix(key.Name, section+".")
		switch {
		case !inside:
		case key.Secret:
			names = append(names, name+"_file", name+"_env", name+"_command")
		default:
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// meant guesses at the setting that somebody mistyped.
func (r *reader) meant(name string) string {
	var names []string
	for full, key := range r.keys {
		if key.Refused == "" {
			names = append(names, full)
		}
	}
	full := meant.Word(canonical(name), names)
	if full == "" {
		return ""
	}
	best := r.keys[full].Name
	if r.keys[full].Secret {
		best += "_file"
	}
	return " (did you mean " + best + "?)"
}

// last is a setting's name without its section.
func last(name string) string { return name[strings.LastIndex(name, ".")+1:] }

// pairs gives the keys and values of a mapping.
func pairs(node *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(*yaml.Node, *yaml.Node) bool) {
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i], node.Content[i+1]) {
				return
			}
		}
	}
}

// resolved is what an alias stands for.
func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// empty: nothing is written, or null.
func empty(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

// reader walks the YAML of a file.
type reader struct {
	path, dir string
	keys      map[string]Key // by canonical name
	document  *Document
	problems  Problems
}

func (r *reader) problem(at *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, Problem{Place{File: r.path, Line: at.Line}, fmt.Sprintf(format, args...)})
}
