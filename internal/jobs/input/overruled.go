package input

import (
	"fmt"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// overrule notes where a column that may be the action's or the group's says
// otherwise than the option that is taken for the row.
func (j *judge) overrule(r *record, v *finding) {
	if at := j.likely[actionColumn]; at >= 0 && v.action != "" && sheet.Unwrap(r.Action) == "" {
		said := sheet.Unwrap(r.fields[at])
		if action, _ := jobs.ParseAction(said); said != "" && action != v.action {
			v.over[actionColumn] = said
		}
	}
	if at := j.likely[groupColumn]; at >= 0 && v.action.Irreversible() && v.group != "" && sheet.Unwrap(r.Group) == "" {
		if said := sheet.Unwrap(r.fields[at]); said != "" && said != v.group {
			v.over[groupColumn] = said
		}
	}
}

// overruled counts such rows.
func (s *scan) overruled(line int, v *finding) {
	for c, said := range v.over {
		if said == "" {
			continue
		}
		at := slices.IndexFunc(s.Overruled, func(o Overruled) bool { return o.Own == columnNames[c] })
		if at < 0 {
			given := v.group
			if column(c) == actionColumn {
				given = string(v.action)
			}
			at = len(s.Overruled)
			s.Overruled = append(s.Overruled, Overruled{
				Own: columnNames[c], Name: s.f.head.Names[s.judge.likely[c]], Given: given, Says: strings.Clone(said), Line: line,
				Beside: s.f.layout.places[c] >= 0,
			})
		}
		s.Overruled[at].Count++
	}
}

// refuseOverruled refuses to take an option for rows of which the file seems to say
// otherwise, where what they ask for cannot be undone. nil: there are none.
func (s *scan) refuseOverruled() *Refusal {
	if len(s.Overruled) == 0 || s.Irreversible == 0 || s.f.options.Accepted {
		return nil
	}
	var texts, hints []string
	for _, o := range s.Overruled {
		texts = append(texts, o.String())
		hints = append(hints, o.Hint())
	}
	return &Refusal{Text: strings.Join(texts, "; "), Hint: strings.Join(hints, "; ")}
}

func (o Overruled) String() string {
	more := ""
	if o.Count > 1 {
		more = fmt.Sprintf(" (the first of %d)", o.Count)
	}
	if o.Beside {
		return fmt.Sprintf("%.40q, which may be the %s too, is not read: where %[2]s is empty --%[2]s gives %s, and line %d says %.40q there%s",
			o.Name, o.Own, o.Given, o.Line, o.Says, more)
	}
	return fmt.Sprintf("the file has no column %s, and %.40q, which may be it, is not read: --%s gives %s, and line %d says %.40q there%s",
		o.Own, o.Name, o.Own, o.Given, o.Line, o.Says, more)
}

// Hint says how to tell bulk what such a column is.
func (o Overruled) Hint() string {
	if o.Beside {
		return fmt.Sprintf("if %.40q is the %s: --column %s=%.40q, or write it into the column %[2]s; if it is something else: --column %[2]s=%[2]s", o.Name, o.Own, o.Own, o.Name)
	}
	return fmt.Sprintf("if %.40q is the %s: --column %s=%.40q; if it is something else: --column %[2]s=", o.Name, o.Own, o.Own, o.Name)
}
