package ledgertest

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var holderTests = []test{
	{"one at a time", testHold},
	{"all of them or none", testHoldIsAllOrNothing},
	{"who holds it is said", testWhoHolds},
	{"a wait is heeded, and no longer", testWait},
	{"a closed ledger holds nothing", testClosedHoldsNothing},
	{"a run is held by itself", testHoldRun},
	{"a ledger that was closed", testEnded},
}

// processTests are for stores that another process can open, see [Place.Child].
var processTests = []test{
	{"a holder that died", testDeadHolder},
	{"what a killed process left on its way", testKilled},
	{"two processes write", testTwoProcesses},
}

const unrelated = "betatel:7@esim.example"

func testHold(t *testing.T, p Place) {
	ctx := t.Context()
	h, second := Opened(t, p), Opened(t, p)
	hold, err := h.Hold(ctx, []string{Account, unrelated}, 0)
	require.NoError(t, err)
	_, err = second.Hold(ctx, []string{unrelated}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy)
	require.ErrorContains(t, err, unrelated, "it says which")
	_, err = h.Hold(ctx, []string{unrelated}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy, "not by its own process either")
	free, err := second.Hold(ctx, []string{Other}, 0)
	require.NoError(t, err)
	free.Release()
	free.Release()

	waits := make(chan error, 1)
	go func() {
		again, err := second.Hold(ctx, []string{Account}, time.Minute)
		if err == nil {
			again.Release()
		}
		waits <- err
	}()
	hold.Release()
	require.NoError(t, <-waits, "it had its turn")

	gone, cancel := context.WithCancel(ctx)
	h.Take(t, Account)
	cancel()
	_, err = second.Hold(gone, []string{Account}, time.Hour)
	require.ErrorIs(t, err, context.Canceled, "an interrupted wait is no busy account")
	require.False(t, errors.Is(err, ledger.ErrBusy))
}

// A part of the accounts is not kept where another one is taken.
func testHoldIsAllOrNothing(t *testing.T, p Place) {
	ctx := t.Context()
	h, second := Opened(t, p), Opened(t, p)
	h.Take(t, "b")
	_, err := second.Hold(ctx, []string{"c", "b", "a"}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy)
	h.Take(t, "a", "c")
	twice, err := second.Hold(ctx, []string{"d", "d"}, 0)
	require.NoError(t, err, "one account named twice is one")
	twice.Release()
}

func testWhoHolds(t *testing.T, p Place) {
	h, second := Opened(t, p), Opened(t, p)
	held := func(db *Handle) bool {
		_, held, err := db.Holder(t.Context(), Account)
		require.NoError(t, err)
		return held
	}
	require.False(t, held(h))
	h.Take(t, Account)
	var busy *ledger.BusyError
	_, err := second.Hold(t.Context(), []string{Account}, 0)
	require.ErrorAs(t, err, &busy)
	require.Equal(t, "ann", busy.By.User)
	require.Equal(t, "box", busy.By.Host)
	require.Equal(t, os.Getpid(), busy.By.PID)
	require.Zero(t, busy.By.Run)
	require.ErrorContains(t, err, Account+": another run holds the account: ann@box since 2026-10-01 ")

	run := h.Starts(t, ledger.Real, "d1")
	_, err = second.Hold(t.Context(), []string{Account}, 0)
	require.ErrorAs(t, err, &busy)
	require.Equal(t, run.ID, busy.By.Run)
	require.ErrorContains(t, err, ": run 1, ann@box since ")
	for _, db := range []*Handle{h, second} {
		by, is, err := db.Holder(t.Context(), Account)
		require.NoError(t, err)
		require.True(t, is)
		require.Equal(t, run.ID, by.Run)
		require.False(t, by.Since.IsZero())
		_, is, err = db.Holder(t.Context(), Other)
		require.NoError(t, err)
		require.False(t, is)
	}
	before, _, err := h.Holder(t.Context(), Account)
	require.NoError(t, err)
	for n := range 4 {
		Record(t, run, Query(n, SIM(n)), jobs.OK, "")
		require.NoError(t, h.Flush(t.Context()))
	}
	after, _, err := h.Holder(t.Context(), Account)
	require.NoError(t, err)
	require.True(t, after.Beat.After(before.Beat), "it is heard of now and then")
	require.Equal(t, before.Since, after.Since)
	h.GiveBack(Account)
	require.False(t, held(h))
	require.False(t, held(second))
}

func testWait(t *testing.T, p Place) {
	h, second := Opened(t, p), Opened(t, p)
	h.Take(t, Account)
	took := func(wait time.Duration) time.Duration {
		began := time.Now()
		_, err := second.Hold(t.Context(), []string{Account}, wait)
		require.ErrorIs(t, err, ledger.ErrBusy)
		return time.Since(began)
	}
	require.Less(t, took(0), 600*time.Millisecond)
	waited := took(700 * time.Millisecond)
	require.GreaterOrEqual(t, waited, 650*time.Millisecond)
	require.Less(t, waited, 3*time.Second)
}

func testDeadHolder(t *testing.T, p Place) {
	h := Opened(t, p)
	other := Spawn(t, p, ChildHolds, "")
	require.Equal(t, "held", other.Says(t))
	_, err := h.Hold(t.Context(), []string{Account}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy)
	require.ErrorContains(t, err, "child@nursery")
	other.Kill()
	require.Eventually(t, func() bool { // a server has to notice first
		_, held, err := h.Holder(t.Context(), Account)
		require.NoError(t, err)
		return !held
	}, 5*time.Second, 10*time.Millisecond)
	h.Take(t, Account)
}

func testKilled(t *testing.T, p Place) {
	h := Opened(t, p)
	other := Spawn(t, p, ChildBegins, "")
	require.Equal(t, "begun", other.Says(t))
	other.Kill()
	require.Equal(t, []ledger.State{ledger.Intended}, h.States(t, SIM(3)), "an intent outlives its process")
	hold, err := h.Hold(t.Context(), []string{Account}, 0)
	require.NoError(t, err)
	require.Equal(t, 5, hold.Doubted)
	for n := range 5 {
		require.Equal(t, []ledger.State{ledger.UnknownState}, h.States(t, SIM(n)))
	}
}

// Two processes write at once, for the same SIMs under two names of what may be
// one account: each SIM is on its way once.
func testTwoProcesses(t *testing.T, p Place) {
	h := Opened(t, p)
	other := Spawn(t, p, ChildWrites, "")
	require.Equal(t, "held", other.Says(t))
	run := h.Starts(t, ledger.Real, "mine")
	for n := range 200 {
		if err := run.Intend(Account, new(Command(n, SIM(n), "MINE")), jobs.Standing{}).Begin(t.Context()); err != nil {
			require.ErrorIs(t, err, jobs.ErrBarred)
		}
	}
	require.Equal(t, "written", other.Says(t))
	open, err := h.InDoubt(t.Context(), "")
	require.NoError(t, err)
	sims := map[jobs.ICCID]bool{}
	for _, e := range open {
		sims[e.ICCID] = true
	}
	require.Len(t, sims, 200)
	require.Len(t, open, 200, "none is on its way twice")
}

func testClosedHoldsNothing(t *testing.T, p Place) {
	h, second := Opened(t, p), Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	require.NoError(t, h.Close())
	second.Take(t, Account)
	require.Error(t, run.Intend(Account, new(Command(0, SIM(0), "L100")), jobs.Standing{}).Begin(t.Context()))
	h.held[Account].Release() // late, and of no account
	_, err := Opened(t, p).Hold(t.Context(), []string{Account}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy)
}

// A ledger that was closed is nobody's any more, and says where to go.
func testEnded(t *testing.T, p Place) {
	ctx := t.Context()
	h, second := Opened(t, p), Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.OK)
	require.ErrorIs(t, second.End(ctx, "postgres://db/bulk", "ann", "one history", nil), ledger.ErrBusy, "not while somebody runs by it")
	h.GiveBack(Account)
	require.NoError(t, second.End(ctx, "postgres://db/bulk", "ann", "one history", nil))

	var moved *ledger.Moved
	_, err := h.Hold(ctx, []string{Account}, 0)
	require.ErrorAs(t, err, &moved, "whoever has it open learns of it as well")
	_, err = h.Hold(ctx, []string{Other}, 0)
	require.ErrorAs(t, err, &moved)
	require.Equal(t, "postgres://db/bulk", moved.To)
	_, err = p.Open(ctx, p.Where, Options(true))
	require.ErrorAs(t, err, &moved)
	require.Equal(t, "ann", moved.User)
	require.Equal(t, "one history", moved.Word)
	require.False(t, moved.At.IsZero())

	options := Options(false)
	options.Closed = true
	read, err := p.Open(ctx, p.Where, options)
	require.NoError(t, err)
	defer read.Close()
	require.Equal(t, []ledger.State{ledger.DoneState}, Held(read).States(t, SIM(0)), "it can be read")
}

// A run that holds no account is still done by one process alone, and nothing of
// it is pruned meanwhile.
func testHoldRun(t *testing.T, p Place) {
	h, second := Opened(t, p), Opened(t, p)
	run, err := h.Start(t.Context(), ledger.RunInfo{Kind: ledger.DryRun, Input: "x", Digest: "d", Settings: "{}"})
	require.NoError(t, err)
	Record(t, run, Query(0, SIM(0)), jobs.OK, "")
	require.NoError(t, h.Flush(t.Context()))

	release, err := h.HoldRun(t.Context(), run.ID)
	require.NoError(t, err)
	_, err = second.HoldRun(t.Context(), run.ID)
	require.ErrorIs(t, err, ledger.ErrBusy)
	another, err := second.HoldRun(t.Context(), run.ID+1)
	require.NoError(t, err)
	another()
	dropped, _, err := second.Prune(t.Context(), Began.Add(24*time.Hour))
	require.NoError(t, err)
	require.Zero(t, dropped)

	release()
	release()
	again, err := second.HoldRun(t.Context(), run.ID)
	require.NoError(t, err)
	again()
	dropped, _, err = second.Prune(t.Context(), Began.Add(24*time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, dropped)
}
