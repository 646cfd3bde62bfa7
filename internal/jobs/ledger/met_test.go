package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// TestMetNeverMisses: a SIM with an act may be asked about in vain, but is
// never taken for one without.
func TestMetNeverMisses(t *testing.T) {
	m := newMet()
	const many = 200_000
	for n := range many {
		m.add(account, sim(n))
	}
	require.False(t, m.never(account, sim(many+1)), "the acts of others are not known yet")
	m.whole.Store(true)
	wrong := 0
	for n := range many {
		require.False(t, m.never(account, sim(n)))
		if !m.never(account, sim(many+n)) || !m.never("m2m:other@portal.example", sim(n)) {
			wrong++
		}
	}
	require.Less(t, wrong, many/1000)
}

// TestStandingOfMany: the answers are the same whether the file is asked or
// not, about acts of earlier processes and of this one.
func TestStandingOfMany(t *testing.T) {
	db := fresh(t)
	before := starts(t, db, Real, "d1")
	for n := range 20 {
		sends(t, before, command(n, sim(n), "L100"), jobs.OK)
	}
	path := db.Path()
	require.NoError(t, db.Close())
	db = opens(t, path)
	run := starts(t, db, Real, "d2")
	sends(t, run, command(0, sim(30), "L100"), jobs.Unknown) // before the acts of others are read

	expect := func(n int) jobs.StandingState {
		switch {
		case n < 20:
			return jobs.DoneEarlier
		case n == 30 || n == 50:
			return jobs.InDoubt
		}
		return jobs.Untouched
	}
	for round := range 5 {
		for n := range 60 {
			if n != 50 || round > 2 {
				require.Equal(t, expect(n), standing(t, db, sim(n)).State, "SIM %d, round %d", n, round)
			}
		}
		if round == 2 {
			require.True(t, db.met.whole.Load())
			sends(t, run, command(1, sim(50), "L100"), jobs.Unknown)
		}
	}
}
