package betatel

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// object is a JSON object by folded names: last_operation_date,
// lastOperationDate and Last-Operation-Date are one.
type object map[string]member

type member struct {
	name  string // as it was spelled
	value json.RawMessage
}

var utf8BOM = []byte("\xEF\xBB\xBF")

// parseObject reads a body that is one JSON object and nothing else.
func parseObject(body []byte) (object, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(body, utf8BOM), &raw); err != nil {
		return nil, errors.New("it is not a JSON object")
	}
	if raw == nil {
		return nil, errors.New("it is null")
	}
	o := make(object, len(raw))
	for name, value := range raw {
		folded, m := fold(name), member{name, value}
		if before, twice := o[folded]; !twice || m.better(before) {
			o[folded] = m
		}
	}
	return o, nil
}

// better chooses between two spellings of a name: the one with something to
// say, or the first in the alphabet, so that an answer is always read alike.
func (m member) better(than member) bool {
	if empty, thanEmpty := text(m.value) == "", text(than.value) == ""; empty != thanEmpty {
		return thanEmpty
	}
	return m.name < than.name
}

// fold makes names comparable: lower case, without "_", "-" and spaces.
func fold(name string) string {
	folded := make([]byte, 0, 32)
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_' || c == '-' || c == ' ':
		case 'A' <= c && c <= 'Z':
			folded = append(folded, c+'a'-'A')
		default:
			folded = append(folded, c)
		}
	}
	return string(folded)
}

// text is the text of the member with a folded name.
func (o object) text(name string) string { return text(o[name].value) }

// iccids adds the ICCID that the object names, if it does.
func (o object) iccids(to []string) []string {
	if text := o.text("iccid"); text != "" {
		return append(to, text)
	}
	return to
}

// saysError reports whether a member whose name begins with "error" says that
// there is one.
func (o object) saysError() bool {
	for name, m := range o {
		if !strings.HasPrefix(name, "error") {
			continue
		}
		switch strings.TrimLeft(strings.ToLower(text(m.value)), "0") {
		case "", "none", "success", "false", "[]", "{}":
		default:
			return true
		}
	}
	return false
}

// inside returns the object under a folded name, if there is one.
func (o object) inside(name string) (object, bool) {
	raw := o[name].value
	if len(raw) == 0 || raw[0] != '{' {
		return nil, false
	}
	inner, err := parseObject(raw)
	return inner, err == nil
}

// text is a value as text: a string's content without space around it, a number
// digit for digit as it stands, an object or list as compact JSON with sorted
// names; null and what is absent are empty.
func text(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	switch raw[0] {
	case '"':
		if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
			return strings.TrimSpace(string(inner)) // as nearly all are
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return strings.TrimSpace(s)
	case '{', '[':
		return compact(raw)
	default:
		return string(raw)
	}
}

func compact(raw json.RawMessage) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // a number stays digit for digit
	var v any
	if d.Decode(&v) != nil {
		return ""
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil { // sorts the names
		return ""
	}
	return strings.TrimSpace(b.String())
}

// errorStatus is the status that an error body names, between 400 and 599.
func errorStatus(o object) (int, bool) {
	status, err := strconv.Atoi(o.text("statuscode"))
	if err != nil {
		if inner, ok := o.inside("error"); ok {
			return errorStatus(inner)
		}
	}
	return status, err == nil && status >= 400 && status <= 599
}

// errorWords are the words of an error body: its message, else its error.
func errorWords(o object) string {
	for _, name := range []string{"message", "error", "detail", "description"} {
		if inner, ok := o.inside(name); ok {
			if words := errorWords(inner); words != "" {
				return words
			}
		}
		if words := list(o[name].value); words != "" {
			return words
		}
	}
	return ""
}

// list joins a list of texts, as some frameworks give several messages.
func list(raw json.RawMessage) string {
	var several []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &several) != nil {
		return text(raw)
	}
	texts := make([]string, len(several))
	for i, one := range several {
		texts[i] = text(one)
	}
	return strings.Join(texts, "; ")
}
