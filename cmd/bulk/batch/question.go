package batch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

// typed shows what would change and asks for the number of SIMs.
func (j *approved) typed(ctx context.Context) error {
	c := &j.changes
	known, err := j.db.GroupsUsed(ctx, j.up.accounts[jobs.M2M], slices.Sorted(maps.Keys(c.groups)))
	if err != nil {
		return console.Refused(err.Error(), "nothing was sent")
	}
	answer, err := j.u.Ask(ctx, "\n"+j.question(known)+"Type the number of SIMs to go on, anything else to leave: ")
	if err != nil {
		return console.Refused("no answer: nothing was sent")
	}
	if !console.IsNumber(answer, c.total) {
		return console.Refused("not confirmed: nothing was sent", "to see first what it would do: bulk run --dry-run")
	}
	c.approval = "typed"
	return nil
}

// question says what would change, and what nobody or nothing has made sure of.
// known are the groups that the account was used with.
func (j *approved) question(known map[string]bool) string {
	c := &j.changes
	var b strings.Builder
	fmt.Fprintf(&b, "This cannot be undone. %s would be given an auto-activation group on %s\nby %s:\n",
		Counted(c.total), j.up.accounts[jobs.M2M], j.inputNamed())
	for _, g := range c.byGroup(known) {
		fmt.Fprintf(&b, "  %7s  into group %s%s%s\n", human.Number(g.sims), g.code, j.groupName(g.code), c.remark(g))
		if c.rank(g) < usual {
			b.WriteString(g.named())
		}
	}
	if c.unsaid > 0 {
		fmt.Fprintf(&b, "  Of %s nobody has said that they are in a pending group (current_group, --current-groups).\n", Counted(c.unsaid))
	}
	if c.again > 0 {
		fmt.Fprintf(&b, "  %s done before and would be sent a command a second time (--again).\n", human.Count(c.again, "of them was", "of them were"))
	}
	for _, off := range j.off() {
		fmt.Fprintf(&b, "  Safeguard off: %s.\n", off)
	}
	if most := j.s.MaxInDoubt; most > 0 {
		fmt.Fprintf(&b, "  At worst %s to look up in the portal (--max-in-doubt %d).\n", Counted(min(most, c.total)), most)
	}
	return b.String()
}

// inputNamed is the file, with its sheet.
func (j *loaded) inputNamed() string {
	if sheet := j.file.Sheet(); sheet != "" {
		return fmt.Sprintf("%s, sheet %q", j.name, sheet)
	}
	return j.name
}

func (j *connected) groupName(code string) string {
	if j.catalog == nil {
		return ""
	}
	if g, ok := j.catalog.Group(code); ok && g.Name != "" {
		return " (" + g.Name + ")"
	}
	return ""
}
