package input

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"bulk/internal/jobs"
	"bulk/internal/jobs/sheet"
)

// OpenCurrentGroups reads the header of such a file; name is for messages. Of
// columns, which say what an input calls its columns, those count that the file
// has. A file that cannot be used is a [*Refusal].
func OpenCurrentGroups(ctx context.Context, c *Copy, name string, columns map[string]string) (*CurrentGroups, error) {
	f, err := Open(ctx, c, Options{Columns: columns, OneSheet: true, others: func(string) bool { return true }})
	if err != nil {
		return nil, of(name, err)
	}
	g := &CurrentGroups{name: name, file: f, at: currentColumn}
	for _, note := range f.Notes {
		g.Notes = append(g.Notes, name+": "+note)
	}
	if f.layout.places[currentColumn] >= 0 {
		return g, nil
	}
	g.at = groupColumn
	if f.layout.places[groupColumn] < 0 {
		hint := "give a file with the columns iccid and group"
		if likely := cmp.Or(f.Likely(currentColumn.String()), f.Likely(groupColumn.String())); likely != "" {
			hint = fmt.Sprintf("if the groups are in %.40q: --column current_group=%.40q", likely, likely)
		}
		return nil, of(name, refuse(hint, "%s: the header has no column current_group or group; it has %s", f.at(f.head.Line), quoted(f.head.Names)))
	}
	return g, nil
}

// of says that a refusal is about another file than the input.
func of(name string, err error) error {
	var r *Refusal
	if errors.As(err, &r) {
		return &Refusal{File: name, Text: r.Text, Hint: r.Hint}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// has reports whether the file has the column that --column names so.
func (g *CurrentGroups) has(own string) bool {
	if g == nil {
		return false
	}
	for c, at := range g.file.layout.places {
		if columnNames[c] == own && at >= 0 {
			return normal(g.file.head.Names[at]) == normal(g.file.options.Columns[own])
		}
	}
	return false
}

// of gives a SIM's group; empty: nothing is said.
func (g *groupsOfSIMs) of(s jobs.SIM) string {
	if g == nil {
		return ""
	}
	said, found := g.bySIM[packKey(string(s), 0)]
	if !found {
		return ""
	}
	return g.groups[said.group]
}

// read takes the groups of the SIMs that are wanted. Two groups for one of them
// are a [*Refusal].
func (g *CurrentGroups) read(ctx context.Context, wanted func(jobs.SIM) bool) (*groupsOfSIMs, error) {
	r, err := g.file.open()
	if err != nil {
		return nil, of(g.name, err)
	}
	defer r.close()
	found, ids := &groupsOfSIMs{bySIM: map[askKey]groupSaid{}}, map[string]int32{}
	unread, first := 0, 0
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		row, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, of(g.name, err)
		}
		iccid, fault := jobs.ParseICCID(row.ICCID)
		if fault != nil {
			if unread++; unread == 1 {
				first = row.line
			}
			continue
		}
		group := sheet.Unwrap(g.cell(row))
		if group == "" || !wanted(iccid.SIM()) {
			continue
		}
		if err := found.add(iccid.SIM(), group, row.line, ids); err != nil {
			return nil, of(g.name, err)
		}
	}
	if unread > 0 {
		g.Notes = append(g.Notes, fmt.Sprintf("%s: %s without an iccid that can be read, passed over (the first is line %d)", g.name, counted(unread, "row"), first))
	}
	return found, nil
}

func (g *CurrentGroups) cell(r *record) string {
	if g.at == currentColumn {
		return r.CurrentGroup
	}
	return r.Group
}

func (g *groupsOfSIMs) add(s jobs.SIM, group string, line int, ids map[string]int32) error {
	id, known := ids[group]
	if !known {
		id = int32(len(g.groups))
		g.groups, ids[group] = append(g.groups, group), id
	}
	key := packKey(string(s), 0)
	if said, twice := g.bySIM[key]; twice && said.group != id {
		return refuse("find out which is right", "line %d says that the SIM %s is in group %s, and line %d in group %s", said.line, s, g.groups[said.group], line, group)
	}
	g.bySIM[key] = groupSaid{id, int32(line)}
	return nil
}
