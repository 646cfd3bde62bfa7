package ledgertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var personTests = []test{
	{"only what is unknown can be settled", testResolve},
	{"the group that the portal shows is what was done", testFoundGroup},
	{"a word is taken back", testUndo},
	{"all of it stays in the history", testWords},
	{"what became unknown is settled while its run goes on", testResolveMeanwhile},
	{"who said yes to what", testApprovals},
	{"what is wanted of a run", testWanted},
	{"that it is to be a new ledger", testInit},
}

func testResolve(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.Unknown)
	Sends(t, run, Command(1, SIM(1), "L100"), jobs.OK)
	Begins(t, run, Command(2, SIM(2), "L100"))
	Sends(t, run, Command(3, SIM(3), "L100"), jobs.Unknown)
	for i, want := range []int{1, 0, 0} {
		n, err := h.Resolve(t.Context(), Account, SIM(i), ledger.FoundNotDone, "", "ann", "looked")
		require.NoError(t, err)
		require.Equal(t, want, n, "SIM %d", i)
	}
	n, err := h.Resolve(t.Context(), Other, SIM(3), ledger.FoundDone, "", "ann", "looked")
	require.NoError(t, err)
	require.Zero(t, n, "another account's")
	_, err = h.Resolve(t.Context(), Account, SIM(3), "perhaps", "", "ann", "looked")
	require.Error(t, err)
	said(t, h, Command(3, SIM(3), ""), ledger.NotToBeTold)
	n, err = h.Resolve(t.Context(), Account, SIM(3), ledger.NotToBeTold, "", "bob", "looked again")
	require.NoError(t, err)
	require.Zero(t, n, "it has been said")

	open, err := h.InDoubt(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, open, 2)
	require.Equal(t, []jobs.ICCID{SIM(2), SIM(3)}, []jobs.ICCID{open[0].ICCID, open[1].ICCID})
	require.Equal(t, []ledger.State{ledger.Intended, ledger.CannotTell}, []ledger.State{open[0].Act, open[1].Act}, "barred, and listed")
	none, err := h.InDoubt(t.Context(), SIM(0))
	require.NoError(t, err)
	require.Empty(t, none)
	mine, err := run.InDoubt(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[int]bool{2: true}, mine, "what cannot be told is no doubt that the run waits for")
}

func testFoundGroup(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	for n, c := range []struct{ found, stands string }{{"", "L100"}, {"L100", "L100"}, {"L300", "L300"}} {
		Sends(t, run, Command(n, SIM(n), "L100"), jobs.Unknown)
		_, err := h.Resolve(t.Context(), Account, SIM(n), ledger.FoundDone, c.found, "ann", "portal")
		require.NoError(t, err)
		require.Equal(t, c.stands, h.Stands(t, SIM(n)).Group)
		acts, err := h.ActsOn(t.Context(), SIM(n))
		require.NoError(t, err)
		require.Equal(t, "L100", acts[0].Group, "what was sent stays on record")
	}
}

func testUndo(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	undo := func(n int) (bool, error) { return h.Undo(t.Context(), Account, SIM(n), "bob", "it was another SIM") }
	for n, v := range []ledger.Verdict{ledger.FoundDone, ledger.FoundNotDone, ledger.NotToBeTold} {
		row := Command(n, SIM(n), "L100")
		Sends(t, run, row, jobs.Unknown)
		said(t, h, row, v)
		ok, err := undo(n)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, []ledger.State{ledger.UnknownState}, h.States(t, SIM(n)), "%s", v)
		ok, err = undo(n)
		require.NoError(t, err)
		require.False(t, ok, "once")
	}
	row := Command(7, SIM(7), "L100")
	Sends(t, run, row, jobs.Unknown)
	said(t, h, row, ledger.FoundNotDone)
	Sends(t, run, Command(8, SIM(7), "L200"), jobs.OK)
	_, err := undo(7)
	require.ErrorIs(t, err, ledger.ErrSentLater)
	require.Equal(t, []ledger.State{ledger.ResolvedNotDone, ledger.DoneState}, h.States(t, SIM(7)))
	ok, err := undo(99)
	require.NoError(t, err)
	require.False(t, ok)
}

func testWords(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	row := Command(0, SIM(0), "L100")
	Sends(t, run, row, jobs.Unknown)
	_, err := h.Resolve(t.Context(), Account, SIM(0), ledger.FoundDone, "L300", "ann", "portal shows L300")
	require.NoError(t, err)
	_, err = h.Undo(t.Context(), Account, SIM(0), "bob", "wrong SIM")
	require.NoError(t, err)
	said(t, h, row, ledger.FoundNotDone)
	events, err := h.History(t.Context(), SIM(0))
	require.NoError(t, err)
	var short [][4]string
	for _, e := range events {
		short = append(short, [4]string{e.Outcome, string(e.Act), e.ResolvedBy, e.Reason})
	}
	require.Equal(t, [][4]string{
		{"unknown", "resolved_not_done", "ann", "looked"}, {"done", "", "ann", "portal shows L300"}, {"undo", "", "bob", "wrong SIM"},
	}, short)
	require.Equal(t, "L300", events[1].Group)
}

func testResolveMeanwhile(t *testing.T, p Place) {
	h, second := Opened(t, p), Opened(t, p)
	run := h.Starts(t, ledger.Real, "d")
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.Unknown)
	flying := Command(1, SIM(1), "L100")
	Begins(t, run, flying)

	n, err := second.Resolve(t.Context(), Account, SIM(0), ledger.FoundDone, "", "ann", "seen")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = second.Resolve(t.Context(), Account, SIM(1), ledger.FoundNotDone, "", "ann", "seen")
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, []ledger.State{ledger.Intended}, h.States(t, SIM(1)))
	Record(t, run, flying, jobs.OK, "")
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, SIM(1)))
	require.Equal(t, []ledger.State{ledger.ResolvedDone}, h.States(t, SIM(0)))
}

func testApprovals(t *testing.T, p Place) {
	ctx := t.Context()
	h := Opened(t, p)
	run := h.Starts(t, ledger.Apply, "d1")
	require.NoError(t, run.Approve(ctx, ledger.Approval{How: "typed", Digest: "d1", SIMs: 2, Groups: map[string]int{"L1": 2}}))
	require.NoError(t, run.Approve(ctx, ledger.Approval{User: "bob", How: "--approve", Digest: "d1", SIMs: 1, Groups: map[string]int{"L1": 1}, Reason: "CHG-1"}))
	all, err := h.Approvals(ctx, run.ID)
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, "ann", all[0].User, "who began the run")
	require.Equal(t, "bob", all[1].User, "who continued it")
	require.Equal(t, "CHG-1", all[1].Reason)
	require.Equal(t, 1, all[1].SIMs)
	require.Equal(t, map[string]int{"L1": 1}, all[1].Groups)
	require.True(t, all[1].At.After(all[0].At))
	none, err := h.Approvals(ctx, run.ID+1)
	require.NoError(t, err)
	require.Empty(t, none)
}

func testWanted(t *testing.T, p Place) {
	ctx := t.Context()
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	_, said, err := h.Wanted(ctx, run.ID)
	require.NoError(t, err)
	require.False(t, said)
	for _, want := range []string{"pause", "run", "cancel"} {
		require.NoError(t, h.Want(ctx, run.ID, want, "bob", "because "+want))
		c, said, err := h.Wanted(ctx, run.ID)
		require.NoError(t, err)
		require.True(t, said)
		require.Equal(t, want, c.Want)
		require.Equal(t, "bob", c.User)
		require.Equal(t, "because "+want, c.Reason)
		require.False(t, c.At.IsZero())
	}
}

func testInit(t *testing.T, p Place) {
	h := Opened(t, p)
	meta, err := h.Meta(t.Context())
	require.NoError(t, err)
	require.Equal(t, h.ID(), meta.ID)
	require.Len(t, meta.ID, 36)
	require.Empty(t, meta.InitBy)
	require.False(t, meta.MadeAt.IsZero())
	require.NoError(t, h.Init(t.Context(), "ann", "the first here"))
	meta, err = h.Meta(t.Context())
	require.NoError(t, err)
	require.Equal(t, "ann", meta.InitBy)
	require.Equal(t, "the first here", meta.InitWord)
	require.False(t, meta.InitAt.IsZero())
	require.Equal(t, h.ID(), Opened(t, p).ID(), "it is one ledger")
}
