package ledgertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var lossTests = []test{
	{"the last act of an account", testLastAct},
	{"what may have been lost is unknown", testAcceptLoss},
	{"whether an account has acts", testHasActs},
}

func testLastAct(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	_, found, err := h.LastAct(t.Context(), Account)
	require.NoError(t, err)
	require.False(t, found)
	_, any := h.Newest(Account)
	require.False(t, any)
	under(t, h, run, Other, Command(9, SIM(9), "L100"), jobs.OK)
	for n, outcome := range []jobs.Outcome{jobs.OK, jobs.Failed, jobs.Unknown} {
		Sends(t, run, Command(n, SIM(n), "L100"), outcome)
		last, found, err := h.LastAct(t.Context(), Account)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, SIM(n), last.ICCID)
		require.Equal(t, SIM(n).SIM(), last.SIM)
		newest, any := h.Newest(Account)
		require.True(t, any)
		require.Equal(t, last.ID, newest.ID)
		require.Equal(t, last.At, newest.At, "what the process knows of it is what is read, to the digit")
		at, found, err := Opened(t, p).ActAt(t.Context(), last.ID)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, last, at)
	}
	_, found, err = h.ActAt(t.Context(), 1<<40)
	require.NoError(t, err)
	require.False(t, found)
}

func testAcceptLoss(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.OK)
	Sends(t, run, Command(1, SIM(1), "L100"), jobs.Unknown)
	Sends(t, run, Command(2, SIM(2), "L100"), jobs.Failed)
	_, _, err := Opened(t, p).AcceptLoss(t.Context(), Account, nil, "ann", "looked")
	require.ErrorIs(t, err, ledger.ErrBusy, "not while somebody runs on it")
	h.GiveBack(Account)
	last, _, err := h.LastAct(t.Context(), Account)
	require.NoError(t, err)
	lost := []ledger.Lost{{ICCID: SIM(3), Group: "L100"}, {ICCID: SIM(3).SIM().Spellings()[1], Group: "L100"}}
	for _, n := range []int{0, 1, 2, 4} {
		lost = append(lost, ledger.Lost{ICCID: SIM(n)})
	}
	under, unknown, err := h.AcceptLoss(t.Context(), Account, lost, "ann", "backup of Monday")
	require.NoError(t, err)
	require.Equal(t, 3, unknown, "each SIM once, but for those that are known")
	require.Equal(t, "L100", h.Stands(t, SIM(3)).Group)
	for n, want := range []jobs.StandingState{jobs.DoneEarlier, jobs.InDoubt, jobs.InDoubt, jobs.InDoubt, jobs.InDoubt, jobs.Untouched} {
		require.Equal(t, want, h.Stands(t, SIM(n)).State, "SIM %d", n)
	}
	require.True(t, h.Stands(t, SIM(3)).Lost)
	require.False(t, h.Stands(t, SIM(1)).Lost, "it was sent")
	info, found, err := h.Run(t.Context(), under)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, ledger.AcceptLoss, info.Kind)
	require.Equal(t, "ann", info.User)
	losses, err := Opened(t, p).Losses(t.Context(), Account)
	require.NoError(t, err)
	require.Len(t, losses, 1)
	require.Equal(t, last.ID, losses[0].Act)
	require.Equal(t, "backup of Monday", losses[0].Reason)
	require.Equal(t, "ann", losses[0].User)
	require.False(t, losses[0].At.IsZero())
	none, err := h.Losses(t.Context(), Other)
	require.NoError(t, err)
	require.Empty(t, none)
	// They are settled like others.
	said(t, h, Command(0, SIM(4), ""), ledger.FoundNotDone)
	require.Equal(t, jobs.Untouched, h.Stands(t, SIM(4)).State)
	events, err := h.History(t.Context(), SIM(4))
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Equal(t, under, events[0].Run)
}

func testHasActs(t *testing.T, p Place) {
	h := Opened(t, p)
	asks := func(want, finished bool) {
		t.Helper()
		for _, db := range []*Handle{h, Opened(t, p)} {
			has, err := db.HasActs(t.Context(), Account)
			require.NoError(t, err)
			require.Equal(t, want, has)
			has, err = db.HasFinishedActs(t.Context(), Account)
			require.NoError(t, err)
			require.Equal(t, finished, has)
			has, err = db.HasActs(t.Context(), Other)
			require.NoError(t, err)
			require.False(t, has)
		}
	}
	asks(false, false)
	run := h.Starts(t, ledger.Real, "d1")
	Record(t, run, Query(0, SIM(0)), jobs.OK, "")
	Record(t, run, Command(1, SIM(1), "L100"), jobs.Rejected, jobs.SIMClosed)
	asks(false, false)
	Sends(t, run, Command(2, SIM(2), "L100"), jobs.Failed)
	asks(true, false)
	require.NoError(t, run.End(t.Context(), ledger.Ended{}))
	asks(true, false)
	require.NoError(t, run.Publishing(t.Context(), "x"))
	require.NoError(t, run.Published(t.Context()))
	asks(true, true)
}
