package input

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// heading is what a column is called, as far as it says what the column holds: its
// words in small letters without accents, and these in one.
type heading struct {
	words []string
	whole string
}

func headingOf(name string) heading {
	var b strings.Builder
	small := false
	for _, r := range norm.NFD.String(sheet.Unwrap(name)) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsUpper(r) && small: // targetGroup
			b.WriteByte(' ')
		case !unicode.IsLetter(r):
			r = ' '
		}
		small = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	words := strings.Fields(b.String())
	return heading{words, strings.Join(words, "")}
}

// begins reports whether a word begins so.
func (h heading) begins(stems ...string) bool {
	return slices.ContainsFunc(h.words, func(word string) bool {
		return slices.ContainsFunc(stems, func(stem string) bool { return strings.HasPrefix(word, stem) })
	})
}

// has reports whether one of its words, or all of them in one, is one of these.
func (h heading) has(words ...string) bool {
	return slices.Contains(words, h.whole) || slices.ContainsFunc(h.words, func(word string) bool { return slices.Contains(words, word) })
}

// aboutGroups reports whether it speaks of groups.
func (h heading) aboutGroups() bool {
	return strings.Contains(h.whole, "group") || strings.Contains(h.whole, "grup") || h.has("grp", "aa", "aacode")
}

// now reports whether it speaks of what is, or was, and not of what is to be.
func (h heading) now() bool {
	return h.begins("current", "existing", "present", "previous", "aktuell", "derzeit", "jetzig", "bisher", "istgrup", "altegrup", "actuel", "existant", "actual", "anterior", "vigente") ||
		h.has("from", "old", "ist", "alt", "alte")
}

// moment reports whether it says when something was done, or by whom.
func (h heading) moment() bool {
	return h.has("date", "time", "zeit", "fecha", "hora", "heure", "user", "benutzer", "by", "von", "usuario") ||
		slices.ContainsFunc([]string{"date", "time", "datum", "zeit", "zeitpunkt", "stamp"}, func(end string) bool { return strings.HasSuffix(h.whole, end) })
}

// speaksOf reports whether a column that bulk reads may be called so, in English,
// German, French or Spanish.
func (h heading) speaksOf(c column) bool {
	switch c {
	case actionColumn:
		return !h.moment() && (h.begins("action", "aktion", "accion", "azion") ||
			h.has("command", "befehl", "commande", "comando", "orden", "operation", "operacion", "vorgang", "auftrag", "auftragsart", "anweisung", "aufgabe", "massnahme",
				"task", "tache", "tarea", "instruction", "instruccion"))
	case groupColumn:
		return h.aboutGroups() && !h.now()
	case currentColumn:
		return h.aboutGroups() && h.now()
	case expectColumn:
		return h.begins("expect", "erwart", "esperad", "attendu") || h.has("soll", "sollwert")
	}
	return false
}

// likely names the column that may be this one under another name, beside one of its
// own or not: its place; -1: there is none, or somebody said which column it is.
func (f *File) likely(c column) int {
	at := f.layout.places[c]
	given, named := f.options.Columns[c.String()]
	if f.options.lacks(c) || at >= 0 && named && normal(f.head.Names[at]) == normal(given) {
		return -1
	}
	if c == actionColumn {
		for at := range f.head.Names {
			if f.free(at) && holds(f.first, at, isAction) {
				return at
			}
		}
	}
	for at, name := range f.head.Names {
		if f.free(at) && headingOf(name).speaksOf(c) && (c != expectColumn || holds(f.first, at, isExpect)) {
			return at
		}
	}
	return -1
}

// free reports whether a column is none that bulk reads or writes.
func (f *File) free(at int) bool {
	return !slices.Contains(f.layout.places[:], at) && !slices.Contains(f.layout.prior, at)
}

// Likely names the column that may be one of [ColumnNames] under another name, where
// the header has none of its own; empty: there is none.
func (f *File) Likely(own string) string {
	c := column(slices.Index(columnNames[:], own))
	if at := f.likely(c); at >= 0 && f.layout.places[c] < 0 {
		return f.head.Names[at]
	}
	return ""
}

// likelyNames are what other programs call the ICCID's column, by its letters alone;
// most likely first.
var likelyNames = []string{"icc", "simserialnumber", "simserial", "simnumber", "simno", "simnr", "simnummer", "simid", "simkarte", "simkartennummer", "kartennummer",
	"numerodesim", "numerosim", "numsim", "tarjetasim", "cartesim", "uicc", "serialnumber", "seriennummer", "numerodeserie", "sim", "serial"}

// likelyICCID names the column that probably holds the ICCIDs: one that is called so
// but for some signs or words beside it, one that holds numbers of that kind in
// the rows below, or one that other programs call so. Empty: there is none.
func likelyICCID(names []string, below [][]string) string {
	called := calledICCID(names)
	if strings.Contains(headingOf(called).whole, "iccid") {
		return called
	}
	for i, name := range names {
		if name != "" && holds(below, i, isICCID) {
			return name
		}
	}
	return called
}

// calledICCID names the column that is called as one with ICCIDs may be; empty: there
// is none.
func calledICCID(names []string) string {
	called := make([]string, len(names))
	for i, name := range names {
		called[i] = headingOf(name).whole
		if strings.Contains(called[i], "iccid") {
			return name
		}
	}
	for _, known := range likelyNames {
		if at := slices.Index(called, known); at >= 0 {
			return names[at]
		}
	}
	return ""
}

// holds reports whether most of what stands in a column is of a kind.
func holds(rows [][]string, at int, kind func(text string) bool) bool {
	good, bad := 0, 0
	for _, row := range rows {
		if at >= len(row) || sheet.Empty(row[at:at+1]) {
			continue
		}
		if kind(row[at]) {
			good++
		} else {
			bad++
		}
	}
	return good > bad
}

func isICCID(text string) bool {
	_, fault := jobs.ParseICCID(text)
	return fault == nil
}

func isAction(text string) bool {
	_, ok := jobs.ParseAction(sheet.Unwrap(text))
	return ok
}

// isExpect reports whether a text has the form of what is expected, field=value.
func isExpect(text string) bool { return strings.Contains(text, "=") }
