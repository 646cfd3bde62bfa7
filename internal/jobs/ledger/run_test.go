package ledger

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestRunFromStartToFinish(t *testing.T) {
	ctx := t.Context()
	db := fresh(t)
	last := func() RunInfo {
		info, found, err := db.Last(ctx, RunInfo{Kind: Real, Digest: "d1", Accounts: []string{account}})
		require.NoError(t, err)
		require.True(t, found)
		return info
	}
	run := starts(t, db, Real, "d1")
	require.Equal(t, -1, last().NotRun)
	require.False(t, last().Finished(), "under way")

	require.NoError(t, run.End(ctx, Ended{Ending: "interrupted", NotRun: 3, Tally: map[jobs.Outcome]int{jobs.OK: 7}}))
	require.NoError(t, run.Publishing(ctx, "aa"))
	require.False(t, last().Finished(), "not yet published")
	require.NoError(t, run.Published(ctx))
	require.False(t, last().Finished(), "rows are left")
	require.Equal(t, "interrupted", last().Ending)
	require.Equal(t, 3, last().NotRun)
	require.Equal(t, map[jobs.Outcome]int{jobs.OK: 7}, last().Tally)

	run, err := db.Continue(ctx, last(), "bob", "desk", "other.csv")
	require.NoError(t, err)
	require.Equal(t, "other.csv", last().Output)
	require.Empty(t, last().Ending)
	require.NoError(t, run.End(ctx, Ended{Ending: "", NotRun: 0, Tally: map[jobs.Outcome]int{jobs.OK: 10}}))
	require.False(t, last().Finished(), "what was published earlier is not the whole")
	require.NoError(t, run.Publishing(ctx, "bb"))
	require.False(t, last().Finished(), "killed between the digest and the rename, it is published again")
	require.NoError(t, run.Published(ctx))
	require.True(t, last().Finished())
	require.Equal(t, "bb", last().OutputDigest)
	require.Equal(t, run.ID, last().ID)
}

func TestLast(t *testing.T) {
	ctx := t.Context()
	db := fresh(t)
	starts(t, db, Real, "d1")
	second := starts(t, db, Real, "d1")
	dry := starts(t, db, DryRun, "d1")
	for _, c := range []struct {
		name     string
		kind     Kind
		digest   string
		accounts []string
		want     int64
	}{
		{"the newest of its kind", Real, "d1", []string{account}, second.ID},
		{"another kind", DryRun, "d1", []string{account}, dry.ID},
		{"no such kind", Apply, "d1", []string{account}, 0},
		{"another input", Real, "d2", []string{account}, 0},
		{"other accounts", Real, "d1", []string{account, "betatel:7@esim"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, found, err := db.Last(ctx, RunInfo{Kind: c.kind, Digest: c.digest, Accounts: c.accounts})
			require.NoError(t, err)
			require.Equal(t, c.want != 0, found)
			require.Equal(t, c.want, info.ID)
		})
	}
	all, err := db.Runs(ctx)
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.Equal(t, dry.ID, all[0].ID, "newest first")
	info, found, err := db.Run(ctx, second.ID)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []string{account}, info.Accounts)
	require.Equal(t, "fleet.csv", info.Input)
	_, found, err = db.Run(ctx, 99)
	require.NoError(t, err)
	require.False(t, found)
}

func TestPlanMaker(t *testing.T) {
	ctx := t.Context()
	db := fresh(t)
	dry, wet := starts(t, db, DryRun, "d1"), starts(t, db, Real, "d1")
	require.NoError(t, dry.Publishing(ctx, "plan"))
	require.NoError(t, wet.Publishing(ctx, "results"))
	info, found, err := db.PlanMaker(ctx, "plan")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, dry.ID, info.ID)
	_, found, err = db.PlanMaker(ctx, "results")
	require.NoError(t, err)
	require.False(t, found, "a result file is no plan")
}

func TestApprovals(t *testing.T) {
	ctx := t.Context()
	db := fresh(t)
	run := starts(t, db, Apply, "d1")
	require.NoError(t, run.Approve(ctx, Approval{How: "typed", Digest: "d1", SIMs: 2, Groups: map[string]int{"L1": 2}}))
	require.NoError(t, run.Approve(ctx, Approval{User: "bob", How: "--approve", Digest: "d1", SIMs: 1, Groups: map[string]int{"L1": 1}, Reason: "CHG-1"}))
	all, err := db.Approvals(ctx, run.ID)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, "ann", all[0].User, "who began the run")
	require.Equal(t, "bob", all[1].User, "who continued it")
	require.Equal(t, "CHG-1", all[1].Reason)
	require.Equal(t, map[string]int{"L1": 1}, all[1].Groups)
	require.WithinDuration(t, began, all[1].At, time.Minute)
}

func TestResultsInOrder(t *testing.T) {
	db := fresh(t)
	other, run := starts(t, db, Real, "d0"), starts(t, db, Real, "d1")
	record(t, other, query(5, sim(5)), jobs.OK, "")
	for _, seq := range []int{900, 3, 0, 70, 3} {
		row := query(seq, sim(seq))
		r := result(row, jobs.OK, "")
		r.Data.SIMStatus, r.UpstreamError, r.Description = "active", "no", "It is so."
		require.NoError(t, run.Record(&row, &r, never(t)))
	}
	r, found, err := run.Result(t.Context(), 70)
	require.NoError(t, err)
	require.True(t, found, "a late result is there when it is asked for")
	require.Equal(t, "active", r.Data.SIMStatus)
	_, found, err = run.Result(t.Context(), 5)
	require.NoError(t, err)
	require.False(t, found)

	all := results(t, db, run.ID)
	var order []int
	for _, r := range all {
		order = append(order, r.Seq)
	}
	require.Equal(t, []int{0, 3, 70, 900}, order)
	want := result(query(3, sim(3)), jobs.OK, "")
	want.Data.SIMStatus, want.UpstreamError, want.Description = "active", "no", "It is so."
	require.Equal(t, want, all[1])
}

func TestHistory(t *testing.T) {
	db := fresh(t)
	first, second := starts(t, db, Real, "d1"), starts(t, db, Real, "d2")
	iccid := sim(1)
	at := func(row jobs.Row, o jobs.Outcome, c jobs.Code, after time.Duration, run *Run) {
		r := result(row, o, c)
		r.Started = began.Add(after)
		require.NoError(t, run.Record(&row, &r, never(t)))
	}
	at(query(0, iccid), jobs.OK, "", -time.Hour, first)
	sends(t, first, command(1, iccid, "L100"), jobs.OK)
	at(command(1, iccid, "L200"), jobs.Rejected, jobs.ConflictsWithEarlier, time.Hour, second)
	sends(t, first, command(9, sim(9), "L100"), jobs.OK)
	require.NoError(t, first.Intend(account, new(command(8, sim(8), "L100")), jobs.Standing{}).Begin(t.Context()))
	require.NoError(t, db.Flush(t.Context()))

	events, err := db.History(t.Context(), iccid)
	require.NoError(t, err)
	var short [][3]string
	for _, e := range events {
		short = append(short, [3]string{string(e.Action), e.Outcome, string(e.Act)})
	}
	require.Equal(t, [][3]string{
		{"query_status", "ok", ""}, {"set_aa_group", "ok", "done"}, {"set_aa_group", "rejected", ""},
	}, short)
	require.Equal(t, second.ID, events[2].Run)
	require.Equal(t, jobs.ConflictsWithEarlier, events[2].Code)

	events, err = db.History(t.Context(), sim(8))
	require.NoError(t, err)
	require.Len(t, events, 1, "an act without a result is history, too")
	require.Equal(t, "intent", events[0].Outcome)
}

func TestPrune(t *testing.T) {
	ctx := t.Context()
	now := began
	db, err := Open(ctx, filepath.Join(t.TempDir(), "ledger.db"), Options{Create: true, Now: func() time.Time { return now }})
	require.NoError(t, err)
	defer db.Close()
	hold, err := db.Hold(ctx, []string{account}, 0)
	require.NoError(t, err)
	finish := func(run *Run) {
		require.NoError(t, run.End(ctx, Ended{Ending: "", NotRun: 0, Tally: nil}))
		require.NoError(t, run.Publishing(ctx, "x"))
		require.NoError(t, run.Published(ctx))
	}
	reads := starts(t, db, Real, "reads")
	for seq := range pruneMost + 10 {
		record(t, reads, query(seq, sim(seq)), jobs.OK, "")
	}
	finish(reads)
	acts := starts(t, db, Real, "acts")
	sends(t, acts, command(0, sim(1), "L100"), jobs.OK)
	sends(t, acts, command(1, sim(2), "L100"), jobs.Unknown)
	finish(acts)
	approved := starts(t, db, Real, "approved")
	require.NoError(t, approved.Approve(ctx, Approval{How: "typed"}))
	finish(approved)
	killed := starts(t, db, Real, "killed")
	record(t, killed, query(0, sim(0)), jobs.OK, "")
	now = now.Add(100 * 24 * time.Hour)
	young := starts(t, db, Real, "young")
	record(t, young, query(0, sim(0)), jobs.OK, "")
	finish(young)
	resumed, err := db.Continue(ctx, starts(t, db, Real, "resumed").RunInfo, "bob", "desk", "x")
	require.NoError(t, err)
	record(t, resumed, query(0, sim(0)), jobs.OK, "")
	limit := now.Add(-90 * 24 * time.Hour)

	// As long as something runs on the account, the killed run may be it.
	dropped, needed, err := db.Prune(ctx, limit)
	require.NoError(t, err)
	require.Equal(t, pruneMost+10+2, dropped)
	require.ElementsMatch(t, []string{"killed", "young", "resumed"}, needed)
	hold.Release()
	dropped, needed, err = db.Prune(ctx, limit)
	require.NoError(t, err)
	require.Equal(t, 1, dropped)
	require.ElementsMatch(t, []string{"young", "resumed"}, needed)

	all, err := db.Runs(ctx)
	require.NoError(t, err)
	var left []string
	for _, r := range all {
		left = append(left, r.Digest)
	}
	require.Equal(t, []string{"resumed", "young", "approved", "acts"}, left)
	require.Equal(t, jobs.DoneEarlier, standing(t, db, sim(1)).State)
	require.Equal(t, jobs.InDoubt, standing(t, db, sim(2)).State)
	require.Empty(t, results(t, db, acts.ID))
	for run, pruned := range map[int64]bool{acts.ID: true, approved.ID: true, young.ID: false} {
		info, _, err := db.Run(ctx, run)
		require.NoError(t, err)
		require.Equal(t, pruned, !info.PrunedAt.IsZero(), "what was pruned is said to be")
	}
	require.Len(t, results(t, db, young.ID), 1)
	kept, err := db.Approvals(ctx, approved.ID)
	require.NoError(t, err)
	require.Len(t, kept, 1)
	events, err := db.History(ctx, sim(1))
	require.NoError(t, err)
	require.Equal(t, DoneState, events[0].Act, "what was done stays on record")
}
