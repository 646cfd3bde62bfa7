package files

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"bulk/internal/jobs"
	_ "bulk/internal/jobs/dicetest" // BULK_SEED
)

// A pick keeps as many rows as it may: the gravest, of those the first, in the
// input's order.
func TestPick(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		outcomes := rapid.SliceOfN(rapid.SampledFrom(jobs.Outcomes), 0, 60).Draw(t, "outcomes")
		p := newPick(limit)
		for seq, outcome := range outcomes {
			p.add(jobs.Row{Seq: seq}, jobs.Result{Seq: seq, Outcome: outcome})
		}
		order := make([]int, len(outcomes))
		for seq := range order {
			order[seq] = seq
		}
		weight := func(seq int) int { return slices.Index(gravest, outcomes[seq]) }
		slices.SortStableFunc(order, func(a, b int) int { return weight(a) - weight(b) })
		want := append([]int{}, order[:min(limit, len(order))]...)
		slices.Sort(want)
		got := []int{}
		for _, kept := range p.rows() {
			got = append(got, kept.row.Seq)
		}
		require.Equal(t, want, got)

		left, graveLeft := p.left()
		require.Equal(t, len(outcomes)-len(want), left)
		wantGrave := 0
		for _, seq := range order[len(want):] {
			if grave(outcomes[seq]) {
				wantGrave++
			}
		}
		require.Equal(t, wantGrave, graveLeft)
		for _, worst := range p.worst() {
			require.True(t, grave(worst.result.Outcome))
		}
	})
}

func TestEveryOutcomeHasItsWeight(t *testing.T) {
	require.ElementsMatch(t, jobs.Outcomes, gravest)
}

// What is kept is a copy: the rows' own memory may be used again.
func TestPickCopies(t *testing.T) {
	fields := []string{"a"}
	p := newPick(1)
	p.add(jobs.Row{Fields: fields}, jobs.Result{Outcome: jobs.OK})
	fields[0] = "b"
	require.Equal(t, "a", p.rows()[0].row.Fields[0])
}
