package ledgertest

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var runTests = []test{
	{"from start to finish", testFromStartToFinish},
	{"the last one of an input", testLast},
	{"an input is known by all that was given for it", testInputKey},
	{"every start, and what ended it", testStarts},
	{"who comes back writes over nothing", testOvertaken},
	{"who made a plan", testPlanMaker},
	{"more than fit on a page", testManyRuns},
	{"old results are dropped, and that is said", testPrune},
}

// A process that was taken for dead comes back: what another did with its run since
// stands, and what became of its own command is known.
func testOvertaken(t *testing.T, p Place) {
	ctx := t.Context()
	h := Opened(t, p)
	old := h.Starts(t, ledger.Real, "d1")
	command, read, late := Command(0, SIM(0), "L100"), Query(1, SIM(1)), Query(2, SIM(2))
	act := Begins(t, old, command)
	require.NotNil(t, act)
	Record(t, old, read, jobs.OK, "")
	require.NoError(t, h.Flush(ctx))

	h.GiveBack(Account)
	h.Take(t, Account)
	info, found, err := h.Last(ctx, Info(ledger.Real, "d1"))
	require.NoError(t, err)
	require.True(t, found)
	run, err := h.Continue(ctx, info, "bob", "desk", "fleet.results.csv")
	require.NoError(t, err)
	Record(t, run, late, jobs.OK, "")
	require.NoError(t, run.End(ctx, ledger.Ended{Tally: map[jobs.Outcome]int{jobs.OK: 2, jobs.Unknown: 1}}))
	require.NoError(t, errors.Join(run.Publishing(ctx, "bb"), run.Published(ctx)))
	before := h.Recorded(t, run.ID)

	require.ErrorIs(t, old.Record(new(command), new(Result(command, jobs.OK, "")), Never(t)), ledger.ErrOvertaken)
	lost := make(chan error, 1)
	result := Result(late, jobs.Failed, jobs.Timeout)
	require.NoError(t, old.Record(&late, &result, func(err error) { lost <- err }))
	require.NoError(t, h.Flush(ctx))
	require.ErrorIs(t, <-lost, ledger.ErrOvertaken)
	require.ErrorIs(t, old.End(ctx, ledger.Ended{Ending: "the account was taken over", NotRun: 3}), ledger.ErrOvertaken)
	require.ErrorIs(t, old.Publishing(ctx, "aa"), ledger.ErrOvertaken)
	require.ErrorIs(t, old.Published(ctx), ledger.ErrOvertaken)

	require.Equal(t, before, h.Recorded(t, run.ID))
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, SIM(0)), "the answer that came late is the truth")
	info, _, err = h.Run(ctx, run.ID)
	require.NoError(t, err)
	require.True(t, info.Finished())
	require.Equal(t, "bb", info.OutputDigest)
	require.Empty(t, info.Ending)
	starts, err := h.DB.Starts(ctx, run.ID)
	require.NoError(t, err)
	require.Len(t, starts, 2)
	require.True(t, starts[0].EndedAt.IsZero())
	require.Empty(t, starts[1].Ending)
}

func testFromStartToFinish(t *testing.T, p Place) {
	ctx := t.Context()
	h := Opened(t, p)
	last := func() ledger.RunInfo {
		info, found, err := h.Last(ctx, Info(ledger.Real, "d1"))
		require.NoError(t, err)
		require.True(t, found)
		return info
	}
	run := h.Starts(t, ledger.Real, "d1")
	require.Equal(t, -1, last().NotRun)
	require.False(t, last().Finished(), "under way")

	require.NoError(t, run.End(ctx, ledger.Ended{Ending: "interrupted", NotRun: 3, Tally: map[jobs.Outcome]int{jobs.OK: 7}}))
	require.NoError(t, run.Publishing(ctx, "aa"))
	require.False(t, last().Finished(), "not yet published")
	require.NoError(t, run.Published(ctx))
	require.False(t, last().Finished(), "rows are left")
	require.Equal(t, "interrupted", last().Ending)
	open := func(before int64) int {
		all, err := h.OpenRuns(ctx, before, 10)
		require.NoError(t, err)
		return len(all)
	}
	require.Equal(t, 1, open(run.ID+1))
	require.Zero(t, open(run.ID))
	require.Equal(t, 3, last().NotRun)
	require.Equal(t, map[jobs.Outcome]int{jobs.OK: 7}, last().Tally)

	run, err := h.Continue(ctx, last(), "bob", "desk", "other.csv")
	require.NoError(t, err)
	require.Equal(t, "other.csv", last().Output)
	require.Empty(t, last().Ending)
	require.False(t, last().ResumedAt.IsZero())
	require.NoError(t, run.End(ctx, ledger.Ended{Tally: map[jobs.Outcome]int{jobs.OK: 10}}))
	require.False(t, last().Finished(), "what was published earlier is not the whole")
	require.NoError(t, run.Publishing(ctx, "bb"))
	require.False(t, last().Finished(), "killed between the digest and the rename, it is published again")
	require.NoError(t, run.Published(ctx))
	require.True(t, last().Finished())
	require.Equal(t, "bb", last().OutputDigest)
	require.Equal(t, run.ID, last().ID)
	require.Zero(t, open(run.ID+1))
}

func testLast(t *testing.T, p Place) {
	ctx := t.Context()
	h := Opened(t, p)
	h.Starts(t, ledger.Real, "d1")
	second := h.Starts(t, ledger.Real, "d1")
	dry := h.Starts(t, ledger.DryRun, "d1")
	for _, c := range []struct {
		name     string
		kind     ledger.Kind
		digest   string
		accounts []string
		want     int64
	}{
		{"the newest of its kind", ledger.Real, "d1", []string{Account}, second.ID},
		{"another kind", ledger.DryRun, "d1", []string{Account}, dry.ID},
		{"no such kind", ledger.Apply, "d1", []string{Account}, 0},
		{"another input", ledger.Real, "d2", []string{Account}, 0},
		{"other accounts", ledger.Real, "d1", []string{Account, "betatel:7@esim"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, found, err := h.Last(ctx, ledger.RunInfo{Kind: c.kind, Digest: c.digest, Accounts: c.accounts})
			require.NoError(t, err)
			require.Equal(t, c.want != 0, found)
			require.Equal(t, c.want, info.ID)
		})
	}
	all, err := h.Runs(ctx)
	require.NoError(t, err)
	require.Len(t, all, 3)
	require.Equal(t, dry.ID, all[0].ID, "newest first")
	info, found, err := h.Run(ctx, second.ID)
	require.NoError(t, err)
	require.True(t, found)
	want := Info(ledger.Real, "d1")
	want.ID, want.NotRun, want.StartedAt, want.Tally = second.ID, -1, info.StartedAt, info.Tally
	require.Equal(t, want, info)
	require.Empty(t, info.Tally)
	require.False(t, info.StartedAt.IsZero())
	for _, none := range []int64{0, -1, 99} {
		_, found, err = h.Run(ctx, none)
		require.NoError(t, err)
		require.False(t, found)
	}
}

func testInputKey(t *testing.T, p Place) {
	h := Opened(t, p)
	h.Take(t, Account)
	begin := Info(ledger.Real, "d1")
	begin.Sheet, begin.Columns, begin.Action, begin.Group = "North", "iccid=SIM", "set_aa_group", "L100"
	run, err := h.Start(t.Context(), begin)
	require.NoError(t, err)
	for name, edit := range map[string]func(*ledger.RunInfo){
		"":        func(*ledger.RunInfo) {},
		"sheet":   func(r *ledger.RunInfo) { r.Sheet = "South" },
		"columns": func(r *ledger.RunInfo) { r.Columns = "" },
		"action":  func(r *ledger.RunInfo) { r.Action = "" },
		"group":   func(r *ledger.RunInfo) { r.Group = "L200" },
		"digest":  func(r *ledger.RunInfo) { r.Digest = "d2" },
	} {
		asked := begin
		edit(&asked)
		found, ok, err := h.Last(t.Context(), asked)
		require.NoError(t, err)
		require.Equal(t, name == "", ok, name)
		if ok {
			require.Equal(t, run.ID, found.ID)
			require.Equal(t, "North", found.Sheet)
		}
	}
}

func testStarts(t *testing.T, p Place) {
	ctx := t.Context()
	h := Opened(t, p)
	info := Info(ledger.Real, "d1")
	by := func(cause string) int {
		n, err := h.EndedBy(ctx, info, cause)
		require.NoError(t, err)
		return n
	}
	require.Zero(t, by("canary"))
	run := h.Starts(t, ledger.Real, "d1")
	require.NoError(t, run.End(ctx, ledger.Ended{Ending: "a canary failed", Cause: "canary", NotRun: 9, Tally: map[jobs.Outcome]int{jobs.Failed: 1}}))
	require.Equal(t, 1, by("canary"))
	run, err := h.Continue(ctx, run.RunInfo, "bob", "desk", "x.csv")
	require.NoError(t, err)
	require.Equal(t, 1, by("canary"), "one that goes on, or was killed, has ended nothing")
	require.NoError(t, run.End(ctx, ledger.Ended{Ending: "a canary failed", Cause: "canary", NotRun: 8}))
	require.Equal(t, 2, by("canary"))
	starts, err := h.DB.Starts(ctx, run.ID)
	require.NoError(t, err)
	require.Len(t, starts, 2)
	require.Equal(t, []string{"ann", "bob"}, []string{starts[0].User, starts[1].User})
	require.Equal(t, []int{9, 8}, []int{starts[0].NotRun, starts[1].NotRun})
	require.Equal(t, map[jobs.Outcome]int{jobs.Failed: 1}, starts[0].Tally)
	require.Equal(t, []int{1, 2}, []int{starts[0].N, starts[1].N})
	require.True(t, starts[1].At.After(starts[0].EndedAt))

	again := h.Starts(t, ledger.Real, "d1")
	require.NoError(t, again.End(ctx, ledger.Ended{Ending: "a canary failed", Cause: "canary", NotRun: 8}))
	require.Equal(t, 3, by("canary"), "over the runs of an input")
	third := h.Starts(t, ledger.Real, "d1")
	require.NoError(t, third.End(ctx, ledger.Ended{}))
	require.Zero(t, by("canary"), "the newest did not")
	killed := h.Starts(t, ledger.Real, "d2")
	starts, err = h.DB.Starts(ctx, killed.ID)
	require.NoError(t, err)
	require.Equal(t, -1, starts[0].NotRun)
	require.True(t, starts[0].EndedAt.IsZero())
}

func testPlanMaker(t *testing.T, p Place) {
	ctx := t.Context()
	h := Opened(t, p)
	dry, wet := h.Starts(t, ledger.DryRun, "d1"), h.Starts(t, ledger.Real, "d1")
	require.NoError(t, dry.Publishing(ctx, "plan"))
	require.NoError(t, wet.Publishing(ctx, "results"))
	info, found, err := h.PlanMaker(ctx, "plan")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, dry.ID, info.ID)
	for _, digest := range []string{"results", ""} {
		_, found, err = h.PlanMaker(ctx, digest)
		require.NoError(t, err)
		require.False(t, found, "a result file is no plan")
	}
}

func testManyRuns(t *testing.T, p Place) {
	h := Opened(t, p)
	h.Take(t, Account)
	var mu sync.Mutex
	var want []int64
	var begins errgroup.Group
	begins.SetLimit(64)
	for range 1203 {
		begins.Go(func() error {
			run, err := h.Start(t.Context(), Info(ledger.DryRun, "d1"))
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				want = append(want, run.ID)
			}
			return err
		})
	}
	require.NoError(t, begins.Wait())
	slices.Sort(want)
	all, err := h.Runs(t.Context())
	require.NoError(t, err)
	var got []int64
	for _, r := range slices.Backward(all) {
		got = append(got, r.ID)
	}
	require.Equal(t, want, got)
}

func testPrune(t *testing.T, p Place) {
	ctx := t.Context()
	now := Began
	db, err := p.Open(ctx, p.Where, ledger.Options{Create: true, Now: func() time.Time { return now }})
	require.NoError(t, err)
	defer db.Close()
	h := Held(db)
	finish := func(run *ledger.Run) {
		require.NoError(t, run.End(ctx, ledger.Ended{}))
		require.NoError(t, run.Publishing(ctx, "x"))
		require.NoError(t, run.Published(ctx))
	}
	const many = 4321 // more than are dropped at once
	reads := h.Starts(t, ledger.Real, "reads")
	for seq := range many {
		Record(t, reads, Query(seq, SIM(seq)), jobs.OK, "")
	}
	finish(reads)
	acts := h.Starts(t, ledger.Real, "acts")
	Sends(t, acts, Command(0, SIM(1), "L100"), jobs.OK)
	Sends(t, acts, Command(1, SIM(2), "L100"), jobs.Unknown)
	finish(acts)
	approved := h.Starts(t, ledger.Real, "approved")
	require.NoError(t, approved.Approve(ctx, ledger.Approval{How: "typed"}))
	finish(approved)
	killed := h.Starts(t, ledger.Real, "killed")
	Record(t, killed, Query(0, SIM(0)), jobs.OK, "")
	require.NoError(t, h.Want(ctx, killed.ID, "pause", "ann", "why not"))
	for done := range 3 {
		killed.Tell(ledger.Progress{Done: done, Total: 10, Rate: 2.5, Left: 1500 * time.Millisecond, Paused: done == 2, Tally: map[jobs.Outcome]int{jobs.OK: done}})
	}
	require.NoError(t, h.Flush(ctx))
	told, err := Opened(t, p).ProgressOf(ctx, []int64{killed.ID, 1 << 30})
	require.NoError(t, err)
	require.Len(t, told, 1)
	at := told[killed.ID].At
	require.False(t, at.IsZero())
	require.Equal(t, ledger.Progress{Run: killed.ID, Done: 2, Total: 10, Rate: 2.5, Left: 1500 * time.Millisecond, Paused: true, At: at, Tally: map[jobs.Outcome]int{jobs.OK: 2}}, told[killed.ID])
	killed.Count(`{"n":1}`, []byte{1, 0, 2})
	killed.Count(`{"n":2}`, nil)
	require.NoError(t, h.Flush(ctx))
	counted, err := Opened(t, p).CountedOf(ctx, killed.ID)
	require.NoError(t, err)
	require.Equal(t, []ledger.Counted{{Run: killed.ID, Start: 1, Counts: `{"n":2}`, Timeline: []byte{1, 0, 2}}}, counted, "the timeline that was written stands")
	now = now.Add(100 * 24 * time.Hour)
	young := h.Starts(t, ledger.Real, "young")
	Record(t, young, Query(0, SIM(0)), jobs.OK, "")
	finish(young)
	first := h.Starts(t, ledger.Real, "resumed")
	first.Count("first", []byte{1})
	resumed, err := h.Continue(ctx, first.RunInfo, "bob", "desk", "x")
	require.NoError(t, err)
	resumed.Count("second", []byte{3})
	first.Count("first, late", nil)
	require.NoError(t, h.Flush(ctx))
	counted, err = h.CountedOf(ctx, resumed.ID)
	require.NoError(t, err)
	require.Equal(t, []ledger.Counted{{Run: resumed.ID, Start: 1, Counts: "first, late", Timeline: []byte{1}}, {Run: resumed.ID, Start: 2, Counts: "second", Timeline: []byte{3}}}, counted)
	counted, err = h.CountsOf(ctx, resumed.ID)
	require.NoError(t, err)
	require.Equal(t, []ledger.Counted{{Run: resumed.ID, Start: 1, Counts: "first, late"}, {Run: resumed.ID, Start: 2, Counts: "second"}}, counted)
	counted, err = resumed.CountedBefore(ctx)
	require.NoError(t, err)
	require.Len(t, counted, 1)
	Record(t, resumed, Query(0, SIM(0)), jobs.OK, "")
	limit := now.Add(-90 * 24 * time.Hour)

	// As long as something runs on the account, the killed run may be it.
	dropped, needed, err := h.Prune(ctx, limit)
	require.NoError(t, err)
	require.Equal(t, many+2, dropped)
	require.ElementsMatch(t, []string{"killed", "young", "resumed"}, needed)
	h.GiveBack(Account)
	dropped, needed, err = h.Prune(ctx, limit)
	require.NoError(t, err)
	require.Equal(t, 1, dropped)
	require.ElementsMatch(t, []string{"young", "resumed"}, needed)
	counted, err = h.CountedOf(ctx, killed.ID)
	require.NoError(t, err)
	require.Empty(t, counted, "it goes with the results")

	pruned(t, h, now)
	require.Empty(t, h.Recorded(t, acts.ID))
	require.Len(t, h.Recorded(t, young.ID), 1)
	kept, err := h.Approvals(ctx, approved.ID)
	require.NoError(t, err)
	require.Len(t, kept, 1)
	later := h.Starts(t, ledger.Real, "later")
	require.Greater(t, later.ID, resumed.ID)
	dropped, _, err = h.Prune(ctx, limit)
	require.NoError(t, err)
	require.Zero(t, dropped)
}

// pruned holds what testPrune did against what is to be left of it.
func pruned(t *testing.T, h *Handle, now time.Time) {
	ctx := t.Context()
	all, err := h.Runs(ctx)
	require.NoError(t, err)
	var left []string
	for _, r := range all {
		left = append(left, r.Digest)
		require.Equal(t, r.Digest != "young" && r.Digest != "resumed", !r.PrunedAt.IsZero(), "what was pruned is said to be: %s", r.Digest)
		require.True(t, r.PrunedAt.IsZero() || r.PrunedAt.Equal(now), "and stays so: %s", r.Digest)
	}
	require.Equal(t, []string{"resumed", "young", "killed", "approved", "acts", "reads"}, left, "runs stay")
	require.Equal(t, jobs.DoneEarlier, h.Stands(t, SIM(1)).State)
	require.Equal(t, jobs.InDoubt, h.Stands(t, SIM(2)).State)
	events, err := h.History(ctx, SIM(1))
	require.NoError(t, err)
	require.Equal(t, ledger.DoneState, events[0].Act, "what was done stays on record")
}
