package ledgertest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var standingTests = []test{
	{"what was done, what is in doubt", testStanding},
	{"of many at once", testStandingOfMany},
	{"asked while it is written", testStandingWhileWritten},
	{"what a dead run left on its way", testDoubt},
}

func testStanding(t *testing.T, p Place) {
	h := Opened(t, p)
	first, second := h.Starts(t, ledger.Real, "d1"), h.Starts(t, ledger.Real, "d2")
	Sends(t, first, Command(0, SIM(1), "L100"), jobs.OK)
	SendsOver(t, h, second, Command(7, SIM(1), "L200"), jobs.OK)
	s := h.Stands(t, SIM(1))
	require.Equal(t, jobs.DoneEarlier, s.State)
	require.Equal(t, "L200", s.Group, "the act that replaced the other counts")
	require.Equal(t, second.ID, s.Run)

	SendsOver(t, h, first, Command(2, SIM(1), "L400"), jobs.Unknown)
	s = h.Stands(t, SIM(1))
	require.Equal(t, jobs.InDoubt, s.State, "a doubt beats what was done before")
	require.Equal(t, "L400", s.Group)

	Record(t, first, Command(3, SIM(3), "L100"), jobs.Rejected, jobs.SIMClosed)
	require.Equal(t, jobs.Untouched, h.Stands(t, SIM(3)).State)
	require.Equal(t, jobs.Untouched, h.Stands(t, SIM(2)).State)
	elsewhere, err := h.Standing(t.Context(), "betatel:7@esim.example", SIM(1))
	require.NoError(t, err)
	require.Equal(t, jobs.Untouched, elsewhere.State, "an account of another upstream")
}

func testStandingOfMany(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	outcomes := []jobs.Outcome{jobs.OK, jobs.Unknown, jobs.Failed}
	for n := range 60 {
		Sends(t, run, Command(n, SIM(n), "L100"), outcomes[n%3])
	}
	want := []jobs.StandingState{jobs.DoneEarlier, jobs.InDoubt, jobs.Untouched}
	var all sync.WaitGroup
	for n := range 900 {
		all.Go(func() {
			s, err := h.Standing(t.Context(), Account, SIM(n%90))
			if err != nil {
				t.Error(err)
			}
			expect := jobs.Untouched
			if n%90 < 60 {
				expect = want[n%90%3]
			}
			if s.State != expect {
				t.Errorf("SIM %d: %v, not %v", n%90, s.State, expect)
			}
		})
	}
	all.Wait()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Standing(gone, Account, SIM(0))
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, jobs.DoneEarlier, h.Stands(t, SIM(0)).State, "and whoever comes after is answered")
}

func testStandingWhileWritten(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := range 25 {
				iccid := SIM(n*8 + worker)
				row := Command(n*8+worker, iccid, "L100")
				if s, err := h.Standing(t.Context(), Account, iccid); err != nil || s.State != jobs.Untouched {
					t.Errorf("before: %v, %v", s.State, err)
				}
				if err := run.Intend(Account, &row, jobs.Standing{}).Begin(t.Context()); err != nil {
					t.Error(err)
				}
				if s, err := h.Standing(t.Context(), Account, iccid); err != nil || s.State != jobs.InDoubt {
					t.Errorf("after: %v, %v", s.State, err)
				}
			}
		})
	}
	all.Wait()
}

func testDoubt(t *testing.T, p Place) {
	h := Opened(t, p)
	h.Take(t, Other)
	run := h.Starts(t, ledger.Real, "d1")
	failed, settled, elsewhere := Command(0, SIM(0), "L100"), Command(1, SIM(1), "L100"), Command(2, SIM(2), "L100")
	Record(t, run, failed, jobs.Failed, jobs.Throttled) // of an earlier attempt at the row
	Begins(t, run, failed)
	Sends(t, run, settled, jobs.OK)
	require.NoError(t, run.Intend(Other, &elsewhere, jobs.Standing{}).Begin(t.Context()))
	before := h.Recorded(t, run.ID)
	h.GiveBack(Account)

	second := Opened(t, p)
	for _, want := range []int{1, 0} {
		hold, err := second.Hold(t.Context(), []string{Account}, 0)
		require.NoError(t, err)
		require.Equal(t, want, hold.Doubted)
		hold.Release()
	}
	require.Equal(t, []ledger.State{ledger.UnknownState}, second.States(t, SIM(0)))
	require.Equal(t, []ledger.State{ledger.DoneState}, second.States(t, SIM(1)))
	require.Equal(t, []ledger.State{ledger.Intended}, second.States(t, SIM(2)), "that account's run may be alive")
	require.Equal(t, jobs.Interrupted, second.Stands(t, SIM(0)).Code)

	found := second.Recorded(t, run.ID)
	require.Equal(t, before, found, "what is on its way is unknown to whoever asks, even before it is marked so")
	require.Len(t, found, 3)
	require.Equal(t, jobs.Unknown, found[0].Outcome, "the row says so too, over what it said before")
	require.Equal(t, jobs.Interrupted, found[0].Code)
	require.Contains(t, found[0].Description, "bulk resolve")
	require.Equal(t, Account, found[0].Account)
	require.Equal(t, jobs.OK, found[1].Outcome)
	require.Equal(t, jobs.Unknown, found[2].Outcome)
	require.Equal(t, 2, found[2].Seq)

	mine, err := run.InDoubt(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[int]bool{0: true, 2: true}, mine)
	none, err := second.Hold(t.Context(), nil, 0)
	require.NoError(t, err)
	require.Zero(t, none.Doubted)
}
