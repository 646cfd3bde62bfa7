package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// sendsCanary takes a canary's command to its outcome; empty: it is left on its
// way.
func sendsCanary(t *testing.T, run *Run, row jobs.Row, outcome jobs.Outcome) {
	t.Helper()
	act := run.Intend(account, &row, jobs.Standing{})
	act.Canary = true
	require.NoError(t, act.Begin(t.Context()))
	if outcome != "" {
		record(t, run, row, outcome, jobs.Timeout)
	}
}

func TestBadCanary(t *testing.T) {
	row := command(0, sim(0), "L1")
	ends := func(t *testing.T, run *Run) {
		require.NoError(t, run.End(t.Context(), Ended{Ending: "a canary", Cause: "canary", NotRun: 1}))
	}
	for _, c := range []struct {
		name string
		do   func(t *testing.T, run *Run)
		bad  State // empty: nothing bars the rest
	}{
		{name: "nothing was sent", do: func(*testing.T, *Run) {}},
		{name: "it was ok", do: func(t *testing.T, run *Run) { sendsCanary(t, run, row, jobs.OK) }},
		{name: "on its way at a kill", do: func(t *testing.T, run *Run) { sendsCanary(t, run, row, "") }, bad: Intended},
		{name: "unknown, and ended the start", do: func(t *testing.T, run *Run) { sendsCanary(t, run, row, jobs.Unknown); ends(t, run) }, bad: UnknownState},
		{name: "refused, and the process was killed", do: func(t *testing.T, run *Run) { sendsCanary(t, run, row, jobs.Failed) }, bad: RefusedState},
		{name: "refused, and ended the start", do: func(t *testing.T, run *Run) { sendsCanary(t, run, row, jobs.Failed); ends(t, run) }},
		{name: "refused in a start before that one", do: func(t *testing.T, run *Run) {
			sendsCanary(t, run, row, jobs.Failed)
			ends(t, run)
			_, err := run.db.Continue(t.Context(), run.RunInfo, "ann", "box", "out.csv") // and was killed
			require.NoError(t, err)
		}},
		{name: "not sent after all", do: func(t *testing.T, run *Run) {
			act := run.Intend(account, &row, jobs.Standing{})
			act.Canary = true
			require.NoError(t, act.Begin(t.Context()))
			require.NoError(t, act.NotSent())
		}},
		{name: "no canary", do: func(t *testing.T, run *Run) {
			require.NoError(t, run.Intend(account, &row, jobs.Standing{}).Begin(t.Context()))
		}},
		{name: "a person has looked", do: func(t *testing.T, run *Run) {
			sendsCanary(t, run, row, jobs.Unknown)
			_, err := run.db.Resolve(t.Context(), account, row.ICCID, FoundNotDone, "", "ann", "looked")
			require.NoError(t, err)
		}},
		{name: "a person has looked and cannot tell", do: func(t *testing.T, run *Run) {
			sendsCanary(t, run, row, jobs.Unknown)
			_, err := run.db.Resolve(t.Context(), account, row.ICCID, NotToBeTold, "", "ann", "looked")
			require.NoError(t, err)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := fresh(t)
			run := starts(t, db, Real, "a")
			sends(t, run, command(5, sim(5), "L1"), jobs.Failed)
			c.do(t, run)
			bad, found, err := db.BadCanary(t.Context(), run.ID)
			require.NoError(t, err)
			require.Equal(t, c.bad != "", found)
			if found {
				require.Equal(t, c.bad, bad.State)
				require.Equal(t, row.Line, bad.Line)
			}
		})
	}
}

// A start that was killed ended nothing, and is passed over.
func TestEndedBy(t *testing.T) {
	db := fresh(t)
	info := func() RunInfo { return RunInfo{Kind: Real, Digest: "a", Accounts: []string{account}} }
	counts := func(want int) {
		t.Helper()
		n, err := db.EndedBy(t.Context(), info(), "canary")
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	end := func(run *Run, cause string) { require.NoError(t, run.End(t.Context(), Ended{Cause: cause})) }
	again := func(run *Run) *Run {
		next, err := db.Continue(t.Context(), run.RunInfo, "ann", "box", "out.csv")
		require.NoError(t, err)
		return next
	}
	counts(0)
	run := starts(t, db, Real, "a")
	counts(0)
	end(run, "canary")
	counts(1)
	run = again(run) // killed
	counts(1)
	run = again(run)
	end(run, "canary")
	counts(2)
	end(starts(t, db, Real, "b"), "") // another input
	end(starts(t, db, Apply, "a"), "")
	counts(2)
	run = starts(t, db, Real, "a")
	counts(2)
	end(run, "canary")
	counts(3)
	end(again(run), "")
	counts(0)
}
