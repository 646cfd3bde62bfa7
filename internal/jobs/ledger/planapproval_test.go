package ledger

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlanApproval(t *testing.T) {
	db := fresh(t)
	plans := func(digest, output string) int64 {
		run := starts(t, db, DryRun, digest)
		require.NoError(t, run.End(t.Context(), Ended{}))
		require.NoError(t, run.Publishing(t.Context(), output))
		require.NoError(t, run.Published(t.Context()))
		return run.ID
	}
	is := func(digest, user string, run int64) {
		t.Helper()
		a, of, found, err := db.PlanApproval(t.Context(), digest)
		require.NoError(t, err)
		require.Equal(t, user != "", found)
		require.Equal(t, user, a.User)
		require.Equal(t, run, of)
	}
	first, again, other := plans("input", "plan"), plans("input", "plan"), plans("input", "other plan")
	is("plan", "", 0)
	require.NoError(t, db.Approve(t.Context(), first, Approval{User: "ann", How: "bulk runs approve", Digest: "plan", SIMs: 2}))
	is("plan", "ann", first)
	is("other plan", "", 0)
	is("", "", 0)
	// The last word counts; one for other bytes does not.
	require.NoError(t, db.Approve(t.Context(), again, Approval{User: "bob", Digest: "plan", SIMs: 2}))
	is("plan", "bob", again)
	require.NoError(t, db.Approve(t.Context(), other, Approval{User: "eve", Digest: "plan", SIMs: 2}))
	is("plan", "bob", again)
	is("other plan", "", 0)
	// A real run's yes is none to a plan.
	real := starts(t, db, Real, "x")
	require.NoError(t, real.Approve(t.Context(), Approval{User: "eve", Digest: "x"}))
	is("x", "", 0)
}
