package jobs

import (
	"fmt"
	"slices"
	"strings"
)

// Group finds a group by its code, spelled exactly.
func (c *Catalog) Group(code string) (CatalogEntry, bool) {
	e, found := c.byCode[code]
	return e, found
}

// Len is the number of groups.
func (c *Catalog) Len() int { return len(c.codes) }

// Targets are the codes of the groups that a SIM may be given, in the file's order.
func (c *Catalog) Targets() []string {
	return slices.DeleteFunc(slices.Clone(c.codes), func(code string) bool { return c.byCode[code].Type != LiveGroup })
}

// CheckTarget says why a SIM cannot be assigned to this group; nil: it can.
// Only a code names a group here, never its name: the upstream takes codes
// alone (upstreams.md, set_aa_group). The fault is Rejected.
func (c *Catalog) CheckTarget(group string) *Fault {
	e, found := c.byCode[group]
	if !found {
		return &Fault{Rejected, GroupUnknown, c.unknown("Group", group)}
	}
	if e.Type != LiveGroup {
		return &Fault{Rejected, GroupNotLive, fmt.Sprintf("Group %s is %s, and a SIM can only be assigned to a live one. Name a live group.", e.describe(), e.Type)}
	}
	return nil
}

// CheckCurrent says why a SIM that is in this group, given as code or name,
// cannot be assigned; nil: it can, or nothing is given. Where several groups
// bear the name, each must be pending. The fault is Rejected.
func (c *Catalog) CheckCurrent(current string) *Fault {
	if current == "" {
		return nil
	}
	entries := c.byName[foldName(current)]
	if e, found := c.byCode[current]; found {
		entries = []CatalogEntry{e}
	}
	if len(entries) == 0 {
		return &Fault{Rejected, GroupUnknown, c.unknown("The SIM's current group", current)}
	}
	for _, e := range entries {
		if e.Type != PendingGroup {
			return &Fault{Rejected, SIMNotPending, fmt.Sprintf("The SIM is in group %s, which is %s; only a SIM in a pending group can be given an auto-activation group. "+
				"Look the SIM up in the portal.", e.describe(), e.Type)}
		}
	}
	return nil
}

func (e CatalogEntry) describe() string {
	if e.Name == "" || e.Name == e.Code {
		return e.Code
	}
	return fmt.Sprintf("%s (%s)", e.Code, e.Name)
}

// unknown says that a group is not in the catalogue, and what may be meant.
func (c *Catalog) unknown(what, group string) string {
	text := fmt.Sprintf("%s %q is not in the catalogue", what, group)
	if named := c.byName[foldName(group)]; len(named) > 0 {
		codes := make([]string, len(named))
		for i, e := range named {
			codes[i] = e.Code
		}
		return fmt.Sprintf("%s as a code; it is the name of group %s. Write the code.", text, strings.Join(codes, ", and of group "))
	}
	if near := c.near(group); near != "" {
		return fmt.Sprintf("%s; group %q is. If that is meant, write it so.", text, near)
	}
	return text + ". Use a code of the catalogue, or bring the catalogue up to date."
}

// near finds a code that differs in leading zeros or case alone, which
// spreadsheets and people lose; empty: there is none.
func (c *Catalog) near(group string) string {
	for _, code := range c.codes {
		if strings.EqualFold(strings.TrimLeft(code, "0"), strings.TrimLeft(group, "0")) {
			return code
		}
	}
	return ""
}
