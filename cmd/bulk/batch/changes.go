package batch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/runner"
	"bulk/internal/report/human"
)

// changes are the irreversible rows that would be sent, as far as can be known
// without a request, and who said yes to them.
type changes struct {
	total      int
	groups     map[string]int
	first      map[string][]lineSIM // of each group
	unsaid     int                  // SIMs of which nobody has said that they are pending
	rows       runner.Rows          // which rows they are
	again      int                  // those that were done before (--again)
	againLines []int                // where the first of these are
	approval   string               // typed, --yes, --approve, bulk runs approve; empty: none needed
	waits      bool                 // for somebody's yes, once it is with the workers
	recorded   ledger.Approval      // of the plan, where it was read; zero: none counts
}

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

// usual is the rank of a group at which nobody needs to look first.
const usual = 2

func (c *changes) rank(g groupChange) int {
	switch {
	case c.rare(g):
		return 0
	case g.fresh:
		return 1
	}
	return usual
}

func (c *changes) rare(g groupChange) bool { return 100*g.sims < c.total }

func Counted(sims int) string { return human.Count(sims, "SIM", "SIMs") }

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

// named are the first SIMs of a group by line and ICCID.
func (g groupChange) named(most int) string {
	var b strings.Builder
	first := g.first[:min(most, len(g.first))]
	for _, s := range first {
		fmt.Fprintf(&b, "             line %d  %s\n", s.line, s.iccid)
	}
	if more := g.sims - len(first); more > 0 {
		fmt.Fprintf(&b, "             and %s more\n", human.Number(more))
	}
	return b.String()
}
