package batch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
)

func TestIsNumber(t *testing.T) {
	for _, c := range []struct {
		answer string
		n      int
		want   bool
	}{
		{"2000", 2000, true}, {"2,000", 2000, true}, {"2.000", 2000, true}, {"2 000", 2000, true}, {"2'000", 2000, true}, {"2’000", 2000, true},
		{"2\u00a0000", 2000, true}, {"2\u202f000", 2000, true}, {"12,345,678", 12345678, true}, {"0", 0, true}, {"999", 999, true},
		{"", 0, false}, {"yes", 3, false}, {"3 SIMs", 3, false}, {"2001", 2000, false}, {"2,00", 200, false}, {"20,00", 2000, false},
		{"2,0000", 20000, false}, {"1,234.567", 1234567, false}, {"2.0", 20, false}, {"-3", 3, false}, {"+3", 3, false}, {"03", 3, false},
		{",000", 0, false}, {"2,", 2, false}, {"٢", 2, false},
	} {
		require.Equal(t, c.want, console.IsNumber(c.answer, c.n), "%q for %d", c.answer, c.n)
	}
}

// Groups at which a person should look stand first.
func TestGroupsToLookAtStandFirst(t *testing.T) {
	c := &changes{groups: map[string]int{}, first: map[string][]lineSIM{}}
	add := func(group string, n int) {
		for range n {
			c.add(&jobs.Row{Group: group, Line: c.total + 2, ICCID: "8944500102030001010"}, jobs.Standing{}, group == "D")
		}
	}
	add("A", 500)
	add("B", 5)   // fewer than one in a hundred of 505 and 6
	add("C", 100) // new
	add("D", 20)
	var order []string
	for _, g := range c.byGroup(map[string]bool{"A": true, "B": true, "D": true}) {
		order = append(order, g.code+c.remark(g))
	}
	require.Equal(t, []string{"B: fewer than 1 in 100", "C: new to this account", "A", "D"}, order)
	require.Equal(t, 605, c.unsaid)
	g := c.byGroup(map[string]bool{"A": true})[2]
	require.Equal(t, "D", g.code)
	require.Equal(t, "             line 607  8944500102030001010\n             line 608  8944500102030001010\n             line 609  8944500102030001010\n"+
		"             line 610  8944500102030001010\n             line 611  8944500102030001010\n             and 15 more\n", g.named(5))
}
