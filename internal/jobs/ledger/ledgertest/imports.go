package ledgertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var importTests = []test{
	{"what another ledger knows of", testImport},
	{"what was in doubt", testImportSettles},
	{"what a person said stands", testImportSpoken},
	{"other groups clash", testImportClashes},
}

// foreign says that a SIM was sent a command.
func foreign(n int, group string, done bool) ledger.Foreign {
	return ledger.Foreign{Account: Account, ICCID: SIM(n), Group: group, Done: done, At: Began, RequestID: "4711"}
}

func testImport(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.OK)
	_, err := Opened(t, p).Import(t.Context(), []ledger.Foreign{foreign(1, "L100", true)}, "ann", "")
	require.ErrorIs(t, err, ledger.ErrBusy, "not while somebody runs on it")
	h.GiveBack(Account)

	other := foreign(3, "L100", true)
	other.Account = Other
	given := []ledger.Foreign{foreign(0, "L100", true), foreign(1, "L100", true), foreign(2, "L100", false), other, foreign(1, "L100", true), foreign(4, "", false), foreign(4, "L100", true)}
	for n := range 1200 {
		given = append(given, foreign(100+n, "L100", true))
	}
	got, err := h.Import(t.Context(), given, "ann", "from the laptop")
	require.NoError(t, err)
	require.Equal(t, &ledger.Import{Run: got.Run, Added: 1204, Known: 3}, got)
	info, found, err := h.Run(t.Context(), got.Run)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, ledger.Imported, info.Kind)
	require.Equal(t, "ann", info.User)
	for n, want := range map[int]jobs.StandingState{0: jobs.DoneEarlier, 1: jobs.DoneEarlier, 2: jobs.InDoubt, 4: jobs.DoneEarlier, 1299: jobs.DoneEarlier, 5: jobs.Untouched} {
		require.Equal(t, want, h.Stands(t, SIM(n)).State, "SIM %d", n)
	}
	stands := h.Stands(t, SIM(2))
	require.Equal(t, []bool{true, false}, []bool{stands.Imported, stands.Lost}, "it is another ledger that knows of it")
	acts, err := h.ActsOn(t.Context(), SIM(1))
	require.NoError(t, err)
	require.Len(t, acts, 1)
	require.Equal(t, "4711", acts[0].RequestID)
	require.Equal(t, Began, acts[0].At, "when it was sent")
	require.Equal(t, got.Run, acts[0].Run)
	has, err := h.HasActs(t.Context(), Other)
	require.NoError(t, err)
	require.True(t, has, "imported acts are a history")

	again, err := Opened(t, p).Import(t.Context(), given, "ann", "")
	require.NoError(t, err)
	require.Equal(t, &ledger.Import{Known: len(given)}, again, "twice is harmless")
	run = h.Starts(t, ledger.Real, "d2")
	require.ErrorIs(t, run.Intend(Account, new(Command(0, SIM(1), "L100")), jobs.Standing{}).Begin(t.Context()), jobs.ErrBarred, "the unique key knows them")
}

func testImportSettles(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	for n, outcome := range []jobs.Outcome{jobs.Unknown, jobs.Unknown, jobs.Failed, jobs.Unknown} {
		Sends(t, run, Command(n, SIM(n), "L100"), outcome)
	}
	said(t, h, Command(0, SIM(3), ""), ledger.NotToBeTold)
	h.GiveBack(Account)
	got, err := h.Import(t.Context(), []ledger.Foreign{foreign(0, "L100", true), foreign(1, "L100", false), foreign(2, "L100", true), foreign(3, "L100", true)}, "ann", "")
	require.NoError(t, err)
	require.Equal(t, 1, got.Settled)
	require.Equal(t, 1, got.Added)
	require.Equal(t, 2, got.Known)
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, SIM(0)))
	require.Equal(t, []ledger.State{ledger.UnknownState}, h.States(t, SIM(1)))
	require.Equal(t, []ledger.State{ledger.RefusedState, ledger.DoneState}, h.States(t, SIM(2)))
	require.Equal(t, []ledger.State{ledger.CannotTell}, h.States(t, SIM(3)), "a person's word stands")
}

func testImportClashes(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.OK)
	Sends(t, run, Command(1, SIM(1), "L100"), jobs.Unknown)
	h.GiveBack(Account)
	got, err := h.Import(t.Context(), []ledger.Foreign{foreign(0, "L200", true), foreign(1, "L200", true)}, "ann", "")
	require.NoError(t, err)
	require.Len(t, got.Clashes, 2)
	require.Equal(t, SIM(0), got.Clashes[0].ICCID)
	require.Equal(t, "L200", got.Clashes[0].Group)
	require.Equal(t, "L100", got.Clashes[0].Here.Group)
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, SIM(0)))
	require.Equal(t, []ledger.State{ledger.UnknownState}, h.States(t, SIM(1)))
	require.Zero(t, got.Run, "nothing was new")
}

// A file of before somebody looked is imported a second time.
func testImportSpoken(t *testing.T, p Place) {
	h := Opened(t, p)
	undone := func(n int) {
		taken, err := h.Undo(t.Context(), Account, SIM(n), "ann", "wrong SIM")
		require.NoError(t, err)
		require.True(t, taken)
	}
	sent := func(n int, id string, done bool) ledger.Foreign {
		f := foreign(n, "L100", done)
		f.RequestID = id
		return f
	}
	_, err := h.Import(t.Context(), []ledger.Foreign{foreign(0, "L100", false), sent(1, "", false), foreign(2, "L100", false), foreign(3, "L100", false)}, "ann", "")
	require.NoError(t, err)
	said(t, h, Command(0, SIM(0), ""), ledger.FoundNotDone)
	said(t, h, Command(0, SIM(1), ""), ledger.FoundNotDone)
	said(t, h, Command(0, SIM(2), ""), ledger.FoundDone)
	undone(2)
	said(t, h, Command(0, SIM(3), ""), ledger.FoundNotDone)
	got, err := h.Import(t.Context(), []ledger.Foreign{foreign(0, "L100", false), sent(1, "", false), foreign(2, "L100", true), sent(3, "4712", false)}, "ann", "")
	require.NoError(t, err)
	require.Equal(t, &ledger.Import{Run: got.Run, Added: 1, Known: 3}, got)
	require.Equal(t, []ledger.State{ledger.ResolvedNotDone}, h.States(t, SIM(0)))
	require.Equal(t, []ledger.State{ledger.ResolvedNotDone}, h.States(t, SIM(1)), "its request has no number: it is the time that says which it was")
	require.Equal(t, []ledger.State{ledger.UnknownState}, h.States(t, SIM(2)), "that it was done was taken back")
	require.Equal(t, []ledger.State{ledger.ResolvedNotDone, ledger.UnknownState}, h.States(t, SIM(3)), "another request")

	for n, added := range []int{1, 0} { // an answer, or somebody else, has confirmed it since
		got, err = h.Import(t.Context(), []ledger.Foreign{foreign(0, "L100", true)}, "ann", "")
		require.NoError(t, err)
		require.Equal(t, added, got.Added)
		require.Len(t, got.Denied, added)
		require.Equal(t, jobs.DoneEarlier, h.Stands(t, SIM(0)).State, "time %d", n)
	}
	require.Equal(t, []ledger.State{ledger.ResolvedNotDone, ledger.DoneState}, h.States(t, SIM(0)))
}
