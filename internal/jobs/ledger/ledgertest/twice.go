package ledgertest

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var twiceTests = []test{
	{"two runs that read before either writes", testBothRead},
	{"two spellings of a SIM", testTwoSpellings},
	{"two names of the account, by runs that read before either writes", testTwoNames},
	{"what bars and what does not", testWhatBars},
	{"of many at once some are refused and the others stand", testOneOfMany},
	{"many at once for one SIM", testManyForOne},
	{"an account that is not held", testNotHeld},
	{"an account that was taken over", testTakenOver},
	{"again overrides what was read, and only that", testAgain},
	{"again that did nothing lets the old act stand", testAgainDidNothing},
}

// Until a person has said that two names are two accounts, they may be one.
func testTwoNames(t *testing.T, p Place) {
	here, there := Opened(t, p), Opened(t, p)
	here.Take(t, Account)
	there.Take(t, Other)
	first := here.Starts(t, ledger.Real, "d1")
	info := Info(ledger.Real, "d2")
	info.Accounts = []string{Other}
	second, err := there.Start(t.Context(), info)
	require.NoError(t, err)
	row := Command(0, SIM(0), "L100")
	require.Equal(t, jobs.Untouched, here.Stands(t, SIM(0)).State)
	one, two := first.Intend(Account, &row, jobs.Standing{}), second.Intend(Other, &row, jobs.Standing{})
	require.NoError(t, one.Begin(t.Context()))
	require.ErrorIs(t, two.Begin(t.Context()), jobs.ErrBarred, "on its way")
	Record(t, first, row, jobs.OK, "")
	require.ErrorIs(t, two.Begin(t.Context()), jobs.ErrBarred, "done")
	other := Command(1, SIM(1), "L100")
	Sends(t, first, other, jobs.Failed)
	require.NoError(t, second.Intend(Other, &other, jobs.Standing{}).Begin(t.Context()), "surely not done")

	require.NoError(t, there.SeparateAccounts(t.Context(), Account, Other, "ann", "production and test"))
	require.NoError(t, two.Begin(t.Context()), "two accounts")
}

func testBothRead(t *testing.T, p Place) {
	h := Opened(t, p)
	first, second := h.Starts(t, ledger.Real, "d1"), h.Starts(t, ledger.Real, "d2")
	row := Command(0, SIM(0), "L100")
	require.Equal(t, jobs.Untouched, h.Stands(t, SIM(0)).State)
	one, two := first.Intend(Account, &row, jobs.Standing{}), second.Intend(Account, &row, jobs.Standing{})
	require.NoError(t, one.Begin(t.Context()))
	require.ErrorIs(t, two.Begin(t.Context()), jobs.ErrBarred)
	Record(t, first, row, jobs.OK, "")
	require.ErrorIs(t, two.Begin(t.Context()), jobs.ErrBarred)
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, SIM(0)), "exactly one act")
	// The refused one has written nothing, and may still end its row.
	Record(t, second, row, jobs.Skipped, jobs.AlreadyDone)
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, SIM(0)))
}

func testTwoSpellings(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	short := SIM(4)
	long := short.SIM().Spellings()[1]
	require.Len(t, long, 20)
	Sends(t, run, Command(0, long, "L100"), jobs.OK)
	require.Equal(t, jobs.DoneEarlier, h.Stands(t, short).State)
	require.ErrorIs(t, run.Intend(Account, new(Command(1, short, "L100")), jobs.Standing{}).Begin(t.Context()), jobs.ErrBarred)
	acts, err := h.ActsOn(t.Context(), short)
	require.NoError(t, err)
	require.Len(t, acts, 1)
	require.Equal(t, long, acts[0].ICCID, "what was sent is what the file said")
}

func testWhatBars(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	for i, c := range []struct {
		name string
		do   func(row jobs.Row)
		bars bool
	}{
		{"on its way", func(row jobs.Row) { Begins(t, run, row) }, true},
		{"done", func(row jobs.Row) { Sends(t, run, row, jobs.OK) }, true},
		{"unknown", func(row jobs.Row) { Sends(t, run, row, jobs.Unknown) }, true},
		{"refused", func(row jobs.Row) { Sends(t, run, row, jobs.Failed) }, false},
		{"not sent", func(row jobs.Row) { require.NoError(t, Begins(t, run, row).NotSent()) }, false},
		{"cannot be told", func(row jobs.Row) { Sends(t, run, row, jobs.Unknown); said(t, h, row, ledger.NotToBeTold) }, true},
		{"said to be done", func(row jobs.Row) { Sends(t, run, row, jobs.Unknown); said(t, h, row, ledger.FoundDone) }, true},
		{"said not to be done", func(row jobs.Row) { Sends(t, run, row, jobs.Unknown); said(t, h, row, ledger.FoundNotDone) }, false},
	} {
		row := Command(i, SIM(i), "L100")
		c.do(row)
		later := Command(100+i, SIM(i), "L200")
		err := run.Intend(Account, &later, jobs.Standing{}).Begin(t.Context())
		if c.bars {
			require.ErrorIs(t, err, jobs.ErrBarred, c.name)
		} else {
			require.NoError(t, err, c.name)
		}
	}
}

func said(t *testing.T, h *Handle, row jobs.Row, v ledger.Verdict) {
	t.Helper()
	n, err := h.Resolve(t.Context(), Account, row.ICCID, v, "", "ann", "looked")
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

// The changes of many rows are one commit: that one of them is refused must not
// cost the others theirs.
func testOneOfMany(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	const many, every = 1024, 100 // so that not each of the refused has a commit to itself
	for n := 77; n < many; n += every {
		Sends(t, run, Command(5000+n, SIM(n), "L100"), jobs.OK)
	}
	errs := make([]error, many)
	var all sync.WaitGroup
	for n := range many {
		all.Go(func() {
			errs[n] = run.Intend(Account, new(Command(n, SIM(n), "L100")), jobs.Standing{}).Begin(t.Context())
		})
	}
	all.Wait()
	for n, err := range errs {
		if n%every == 77 {
			require.ErrorIs(t, err, jobs.ErrBarred)
			continue
		}
		require.NoError(t, err, "SIM %d", n)
		require.Equal(t, jobs.InDoubt, h.Stands(t, SIM(n)).State)
	}
}

func testManyForOne(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	for round := range 5 {
		var all sync.WaitGroup
		var got atomic.Int64
		for n := range 40 {
			all.Go(func() {
				err := run.Intend(Account, new(Command(round*100+n, SIM(round), "L100")), jobs.Standing{}).Begin(t.Context())
				if err == nil {
					got.Add(1)
				} else {
					require.ErrorIs(t, err, jobs.ErrBarred)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 1, got.Load())
	}
}

func testNotHeld(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	err := run.Intend(Other, new(Command(0, SIM(0), "L100")), jobs.Standing{}).Begin(t.Context())
	require.ErrorIs(t, err, ledger.ErrFenced)
	require.ErrorContains(t, err, Other)
	h.GiveBack(Account)
	require.ErrorIs(t, run.Intend(Account, new(Command(0, SIM(0), "L100")), jobs.Standing{}).Begin(t.Context()), ledger.ErrFenced)
	require.Empty(t, h.States(t, SIM(0)))
}

// What the one whose account was taken over had on its way is unknown for the
// other; what comes of it is true, and still written down.
func testTakenOver(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	flying := Command(0, SIM(0), "L100")
	Begins(t, run, flying)
	act := run.Intend(Account, new(Command(1, SIM(1), "L100")), jobs.Standing{})
	h.GiveBack(Account)

	second := Opened(t, p)
	hold, err := second.Hold(t.Context(), []string{Account}, 0)
	require.NoError(t, err)
	require.Equal(t, 1, hold.Doubted)
	require.Equal(t, []ledger.State{ledger.UnknownState}, second.States(t, SIM(0)))
	require.ErrorIs(t, act.Begin(t.Context()), ledger.ErrFenced)
	Record(t, run, flying, jobs.OK, "")
	require.Equal(t, []ledger.State{ledger.DoneState}, second.States(t, SIM(0)))
	require.Equal(t, jobs.OK, second.Recorded(t, run.ID)[0].Outcome)
}

func testAgain(t *testing.T, p Place) {
	h := Opened(t, p)
	first := h.Starts(t, ledger.Real, "d1")
	row := Command(0, SIM(0), "L100")
	Sends(t, first, row, jobs.OK)
	read := h.Stands(t, SIM(0))

	// Somebody else overrode it since.
	second, third := h.Starts(t, ledger.Real, "d2"), h.Starts(t, ledger.Real, "d3")
	other := Command(9, SIM(0), "L200")
	require.NoError(t, second.Intend(Account, &other, read).Begin(t.Context()))
	require.Equal(t, []ledger.State{ledger.Replaced, ledger.Intended}, h.States(t, SIM(0)))
	require.ErrorIs(t, third.Intend(Account, &row, read).Begin(t.Context()), jobs.ErrBarred)
	Record(t, second, other, jobs.OK, "")
	require.ErrorIs(t, third.Intend(Account, &row, read).Begin(t.Context()), jobs.ErrBarred, "not the act that was read")
	require.Equal(t, []ledger.State{ledger.Replaced, ledger.DoneState}, h.States(t, SIM(0)))
	require.Equal(t, "L200", h.Stands(t, SIM(0)).Group)

	// As it was read, but for when it was settled; another SIM's act.
	now := h.Stands(t, SIM(0))
	stale := now
	stale.Settled = stale.Settled.Add(1e9)
	require.ErrorIs(t, third.Intend(Account, &row, stale).Begin(t.Context()), jobs.ErrBarred)
	Sends(t, first, Command(1, SIM(1), "L100"), jobs.OK)
	require.ErrorIs(t, third.Intend(Account, &row, h.Stands(t, SIM(1))).Begin(t.Context()), jobs.ErrBarred)
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, SIM(1)))
	require.NoError(t, third.Intend(Account, &row, now).Begin(t.Context()))

	// What a person found done can be overridden, what is in doubt cannot.
	unknown := Command(2, SIM(2), "L100")
	Sends(t, first, unknown, jobs.Unknown)
	require.ErrorIs(t, third.Intend(Account, &unknown, h.Stands(t, SIM(2))).Begin(t.Context()), jobs.ErrBarred)
	said(t, h, unknown, ledger.FoundDone)
	require.NoError(t, third.Intend(Account, &unknown, h.Stands(t, SIM(2))).Begin(t.Context()))
	require.Equal(t, []ledger.State{ledger.Replaced, ledger.Intended}, h.States(t, SIM(2)))
}

func testAgainDidNothing(t *testing.T, p Place) {
	h := Opened(t, p)
	first, second := h.Starts(t, ledger.Real, "d1"), h.Starts(t, ledger.Real, "d2")
	again := func(t *testing.T, n int) (jobs.Row, *ledger.Act, jobs.Standing) {
		Sends(t, first, Command(n, SIM(n), "L100"), jobs.OK)
		was := h.Stands(t, SIM(n))
		row := Command(100+n, SIM(n), "L200")
		act := second.Intend(Account, &row, was)
		require.NoError(t, act.Begin(t.Context()))
		return row, act, was
	}
	stands := func(t *testing.T, n int, want ...ledger.State) {
		require.Equal(t, want, h.States(t, SIM(n)))
	}
	t.Run("surely not sent, then sent", func(t *testing.T) {
		row, act, was := again(t, 0)
		require.NoError(t, act.NotSent())
		stands(t, 0, ledger.DoneState, ledger.NotSentState)
		require.Equal(t, was, h.Stands(t, SIM(0)), "as if nothing had been tried")
		require.NoError(t, act.Begin(t.Context()), "another attempt overrides it again")
		Record(t, second, row, jobs.OK, "")
		stands(t, 0, ledger.Replaced, ledger.NotSentState, ledger.DoneState)
	})
	t.Run("refused", func(t *testing.T) {
		row, _, was := again(t, 1)
		Record(t, second, row, jobs.Failed, jobs.SIMNotPending)
		stands(t, 1, ledger.DoneState, ledger.RefusedState)
		require.Equal(t, was.Act, h.Stands(t, SIM(1)).Act)
	})
	t.Run("unknown, and said not to be done", func(t *testing.T) {
		row, _, was := again(t, 2)
		Record(t, second, row, jobs.Unknown, jobs.Timeout)
		stands(t, 2, ledger.Replaced, ledger.UnknownState)
		said(t, h, row, ledger.FoundNotDone)
		stands(t, 2, ledger.DoneState, ledger.ResolvedNotDone)
		require.Equal(t, was.Act, h.Stands(t, SIM(2)).Act)
		undone, err := h.Undo(t.Context(), Account, SIM(2), "ann", "wrong SIM")
		require.NoError(t, err)
		require.True(t, undone)
		stands(t, 2, ledger.Replaced, ledger.UnknownState)
	})
	t.Run("found done by a person, overridden, not sent", func(t *testing.T) {
		row := Command(3, SIM(3), "L100")
		Sends(t, first, row, jobs.Unknown)
		said(t, h, row, ledger.FoundDone)
		act := second.Intend(Account, new(Command(103, SIM(3), "L200")), h.Stands(t, SIM(3)))
		require.NoError(t, act.Begin(t.Context()))
		require.NoError(t, act.NotSent())
		stands(t, 3, ledger.ResolvedDone, ledger.NotSentState)
	})
	t.Run("left on its way by a dead run", func(t *testing.T) {
		again(t, 4)
		h.GiveBack(Account)
		h.Take(t, Account)
		stands(t, 4, ledger.Replaced, ledger.UnknownState)
		require.Equal(t, jobs.InDoubt, h.Stands(t, SIM(4)).State, "what was done before says nothing of it")
	})
}
