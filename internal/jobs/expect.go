package jobs

import (
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs/meant"
	"bulk/internal/jobs/sheet"
)

// Expect is a parsed expect column. The zero value expects nothing.
type Expect struct {
	terms []term
}

// term is one field=value|other of an expect column.
type term struct {
	column   Column
	accepted []string // as written; for QRStatus, the number
}

// qrStatus is the column that takes words for its numbers.
var qrStatus, _ = ParseColumn("qr_status")

// qrStates are the words for qr_status 0 to 4 (upstreams.md, query_qr_info).
var qrStates = []string{"unassigned", "provided", "reserved", "installed", "deleted"}

// ParseExpect reads an expect cell for a row with this action. Only data
// columns that the action reads can be expected, and nothing can of an
// irreversible action. The fault, if any, is Invalid with ExpectFormat; it
// never quotes a value, which may be a secret.
func ParseExpect(text string, action Action) (Expect, *Fault) {
	var e Expect
	for at, part := range strings.Split(text, ";") {
		if strings.TrimFunc(part, sheet.Invisible) == "" {
			continue
		}
		if action.Irreversible() {
			return Expect{}, badExpect("%s changes the SIM and reads nothing that expect could be held against. Leave expect empty in this row.", action)
		}
		t, fault := parseTerm(part, at+1, action)
		if fault != nil {
			return Expect{}, fault
		}
		for _, earlier := range e.terms {
			if earlier.column == t.column {
				return Expect{}, badExpect("The expect column names %s twice. Write its alternatives as %s=one|other.", t.column, t.column)
			}
		}
		e.terms = append(e.terms, t)
	}
	return e, nil
}

func badExpect(format string, args ...any) *Fault {
	return &Fault{Invalid, ExpectFormat, fmt.Sprintf(format, args...)}
}

// parseTerm reads the part of an expect column that stands at this place,
// counted from 1.
func parseTerm(part string, place int, action Action) (term, *Fault) {
	name, values, found := strings.Cut(part, "=")
	name = NormalName(strings.TrimFunc(name, sheet.Invisible))
	if !found || !isWord(name) {
		return term{}, badExpect("Part %d of the expect column is not of the form field=value. Write field=value;field=value|other.", place)
	}
	column, known := ParseColumn(name)
	if !known {
		perhaps := ""
		var names []string
		for _, c := range action.Columns() {
			names = append(names, c.String())
		}
		if near := meant.Word(name, names); near != "" {
			perhaps = " Did you mean " + near + "?"
		}
		return term{}, badExpect("The expect column names %s, which is no data column.%s %s reads %s.", name, perhaps, action, list(action.Columns()))
	}
	if !slices.Contains(action.Columns(), column) {
		return term{}, badExpect("The expect column names %s, which %s does not read. It reads %s.", column, action, list(action.Columns()))
	}
	t := term{column: column}
	for value := range strings.SplitSeq(values, "|") {
		value = strings.TrimFunc(value, sheet.Invisible)
		if plainValue(column, value) == "" {
			return term{}, badExpect("The expect column gives no value for %s, or an empty alternative. Write %s=value or %s=one|other.", column, column, column)
		}
		if column == qrStatus {
			number, ok := qrNumber(value)
			if !ok {
				return term{}, badExpect("The expect column has a qr_status that does not exist. Use 0 to 4 or %s.", strings.Join(qrStates, ", "))
			}
			value = number
		}
		t.accepted = append(t.accepted, value)
	}
	return t, nil
}

// isWord tells a text that can be shown as a column's name: no value or secret
// that stands in a name's place.
func isWord(text string) bool {
	for _, r := range text {
		if r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return text != "" && len(text) <= 40
}

func list(columns []Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.String()
	}
	return strings.Join(names, ", ")
}

// qrNumber gives the number of a qr_status written as a number or a word.
func qrNumber(value string) (string, bool) {
	for number, word := range qrStates {
		digit := string(rune('0' + number))
		if value == digit || strings.EqualFold(value, word) {
			return digit, true
		}
	}
	return "", false
}

// Empty reports whether nothing is expected.
func (e Expect) Empty() bool { return len(e.terms) == 0 }

// Columns lists the data columns that something is expected of, in the order
// they were written.
func (e Expect) Columns() []Column {
	columns := make([]Column, len(e.terms))
	for i, t := range e.terms {
		columns[i] = t.column
	}
	return columns
}

// Check holds data against the expectation. It names each field that differs,
// what it is and what was expected; empty: nothing differs. Of LPA strings,
// which are secrets, it says only that they differ.
func (e Expect) Check(d *Data) (mismatch string) { return e.check(d, Column.LPA) }

// CheckWithout does as Check, and says of every private field only that it differs.
func (e Expect) CheckWithout(d *Data) (mismatch string) { return e.check(d, Column.Private) }

func (e Expect) check(d *Data, hide func(Column) bool) string {
	var differs []string
	for _, t := range e.terms {
		if text := t.check(d.Get(t.column), hide); text != "" {
			differs = append(differs, text)
		}
	}
	return strings.Join(differs, "; ")
}

func (t term) check(is string, hide func(Column) bool) string {
	for _, value := range t.accepted {
		if strings.EqualFold(plainValue(t.column, is), plainValue(t.column, value)) {
			return ""
		}
	}
	if hide(t.column) {
		return t.column.String() + " differs"
	}
	expected := make([]string, len(t.accepted))
	for i, value := range t.accepted {
		expected[i] = shown(t.column, value)
	}
	return fmt.Sprintf("%s is %s, expected %s", t.column, shown(t.column, is), strings.Join(expected, " or "))
}

// plainValue is a value as it is compared. An LPA string may come without its
// prefix (upstreams.md, 2).
func plainValue(c Column, value string) string {
	if !c.LPA() {
		return value
	}
	if rest, found := cutPrefixFold(value, "LPA:"); found {
		value = rest
	}
	return strings.TrimPrefix(value, "1$")
}

func cutPrefixFold(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}

// shown is a value as a message names it.
func shown(c Column, value string) string {
	if value == "" {
		return "empty"
	}
	if c == qrStatus && len(value) == 1 && value[0]-'0' < byte(len(qrStates)) {
		return fmt.Sprintf("%s (%s)", value, qrStates[value[0]-'0'])
	}
	return value
}
