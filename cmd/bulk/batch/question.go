package batch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

// groupChange is what would change into one group.
type groupChange struct {
	code  string
	sims  int
	first []lineSIM // the first few of them
	fresh bool      // the account was never used with it
}

// lineSIM is a SIM and the line of the input where it stands.
type lineSIM struct {
	line  int
	iccid jobs.ICCID
}

// fewSIMs is how many SIMs of a group are named.
const fewSIMs = 5

// add counts a row that would be sent; pending: somebody has said that its SIM is
// in a pending group.
func (c *changes) add(row *jobs.Row, standing jobs.Standing, pending bool) {
	c.total++
	c.rows.Add(row.Seq)
	if standing.State == jobs.DoneEarlier {
		if c.again++; len(c.againLines) < fewSIMs {
			c.againLines = append(c.againLines, row.Line)
		}
	}
	c.groups[row.Group]++
	if first := c.first[row.Group]; len(first) < fewSIMs {
		c.first[row.Group] = append(first, lineSIM{row.Line, row.ICCID})
	}
	if !pending {
		c.unsaid++
	}
}

// byGroup lists the groups, those first at which a person should look: with fewer
// than one in a hundred of the SIMs, or new to this account.
func (c *changes) byGroup(known map[string]bool) []groupChange {
	var all []groupChange
	for _, code := range slices.Sorted(maps.Keys(c.groups)) {
		all = append(all, groupChange{code: code, sims: c.groups[code], first: c.first[code], fresh: !known[code]})
	}
	slices.SortStableFunc(all, func(a, b groupChange) int {
		return cmp.Compare(c.rank(a), c.rank(b))
	})
	return all
}

func (c *changes) rank(g groupChange) int {
	if c.rare(g) || g.fresh {
		return 0
	}
	return 1
}

func (c *changes) rare(g groupChange) bool { return 100*g.sims < c.total }

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
		if c.rank(g) == 0 {
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

func Counted(sims int) string { return human.Count(sims, "SIM", "SIMs") }

// inputNamed is the file, with its sheet.
func (j *loaded) inputNamed() string {
	if sheet := j.file.Sheet(); sheet != "" {
		return fmt.Sprintf("%s, sheet %q", j.name, sheet)
	}
	return j.name
}

// remark says why a person should look at a group.
func (c *changes) remark(g groupChange) string {
	var why []string
	if c.rare(g) {
		why = append(why, "fewer than 1 in 100")
	}
	if g.fresh {
		why = append(why, "new to this account")
	}
	if why == nil {
		return ""
	}
	return ": " + strings.Join(why, ", ")
}

// named are the SIMs of a group by line and ICCID.
func (g groupChange) named() string {
	var b strings.Builder
	for _, s := range g.first {
		fmt.Fprintf(&b, "             line %d  %s\n", s.line, s.iccid)
	}
	if more := g.sims - len(g.first); more > 0 {
		fmt.Fprintf(&b, "             and %s more\n", human.Number(more))
	}
	return b.String()
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
