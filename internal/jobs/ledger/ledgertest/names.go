package ledgertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var nameTests = []test{
	{"a SIM under another name of the account", testOtherName},
	{"two names, one account", testSameAccount},
	{"two names of which both were used", testSameAccountCollides},
	{"two names, two accounts", testSeparateAccounts},
	{"names of names", testNamesOfNames},
	{"neither of them may be in use", testSameAccountInUse},
	{"which names there are", testAllNames},
}

// under begins, and ends, a command under an account.
func under(t *testing.T, h *Handle, run *ledger.Run, account string, row jobs.Row, outcome jobs.Outcome) {
	t.Helper()
	h.Take(t, account)
	require.NoError(t, run.Intend(account, &row, jobs.Standing{}).Begin(t.Context()))
	r := Result(row, outcome, "")
	r.Account = account
	require.NoError(t, run.Record(&row, &r, Never(t)))
}

func testOtherName(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	for n, outcome := range []jobs.Outcome{jobs.OK, jobs.Unknown, jobs.Failed} {
		under(t, h, run, Other, Command(n, SIM(n), "L300"), outcome)
	}
	for n, want := range []jobs.StandingState{jobs.UnderOtherName, jobs.UnderOtherName, jobs.Untouched} {
		s := h.Stands(t, SIM(n))
		require.Equal(t, want, s.State, "SIM %d", n)
		if want == jobs.UnderOtherName {
			require.Equal(t, Other, s.Account)
			require.Equal(t, "L300", s.Group)
		}
	}
	elsewhere, err := h.Standing(t.Context(), "betatel:7@esim.example", SIM(0))
	require.NoError(t, err)
	require.Equal(t, jobs.Untouched, elsewhere.State, "another upstream")
	named, err := h.Standing(t.Context(), "a name of one's own", SIM(0))
	require.NoError(t, err)
	require.Equal(t, jobs.UnderOtherName, named.State)

	h.GiveBack(Account)
	h.GiveBack(Other)
	_, n, err := h.AcceptLoss(t.Context(), Account, []ledger.Lost{{ICCID: SIM(1)}}, "ann", "a disk")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, jobs.InDoubt, h.Stands(t, SIM(1)).State, "a doubt of one's own comes first")
}

func testSameAccount(t *testing.T, p Place) {
	h := Opened(t, p)
	second := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	under(t, h, run, Other, Command(0, SIM(0), "L300"), jobs.OK)
	under(t, h, run, Other, Command(1, SIM(1), "L300"), jobs.Rejected)
	h.GiveBack(Account)
	h.GiveBack(Other)
	replaced, err := second.SameAccount(t.Context(), Account, Other, "ann", "renamed in May")
	require.NoError(t, err)
	require.Empty(t, replaced)

	for _, db := range []*Handle{second, Opened(t, p)} {
		for _, name := range []string{Account, Other} {
			require.Equal(t, Account, db.OneName(name))
			s, err := db.Standing(t.Context(), name, SIM(0))
			require.NoError(t, err)
			require.Equal(t, jobs.DoneEarlier, s.State)
			require.Equal(t, "L300", s.Group)
			s, err = db.Standing(t.Context(), name, SIM(1))
			require.NoError(t, err)
			has, err := db.HasActs(t.Context(), name)
			require.NoError(t, err)
			require.True(t, has)
		}
	}
	// One lock.
	hold, err := second.Hold(t.Context(), []string{Other, Account}, 0)
	require.NoError(t, err)
	_, err = Opened(t, p).Hold(t.Context(), []string{Account}, 0)
	require.ErrorIs(t, err, ledger.ErrBusy)
	// One key, under either name.
	info := Info(ledger.Real, "d1")
	info.Accounts = []string{Other}
	later, err := second.Start(t.Context(), info)
	require.NoError(t, err)
	require.ErrorIs(t, later.Intend(Other, new(Command(0, SIM(0), "L100")), jobs.Standing{}).Begin(t.Context()), jobs.ErrBarred)
	require.NoError(t, later.Intend(Other, new(Command(5, SIM(5), "L100")), jobs.Standing{}).Begin(t.Context()))
	acts, err := second.ActsOn(t.Context(), SIM(5))
	require.NoError(t, err)
	require.Equal(t, Account, acts[0].Account)
	// One run, whichever name it was begun under.
	found, ok, err := second.Last(t.Context(), Info(ledger.Real, "d1"))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, later.ID, found.ID)
	// The other process, which knew of nothing, learns of it when it takes the account.
	hold.Release()
	h.Take(t, Account)
	require.Equal(t, Account, h.OneName(Other))

	links, err := h.Accounts(t.Context())
	require.NoError(t, err)
	require.Len(t, links, 1)
	require.Equal(t, "renamed in May", links[0].Reason)
	require.Equal(t, "ann", links[0].User)
	require.False(t, links[0].At.IsZero())
	_, err = second.SameAccount(t.Context(), Other, Account, "ann", "once more")
	require.ErrorContains(t, err, "one account already")
	require.ErrorContains(t, second.SeparateAccounts(t.Context(), Other, Account, "ann", "no"), "one account")
}

func testSameAccountCollides(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	require.NoError(t, h.SeparateAccounts(t.Context(), Account, Other, "ann", "two, it was thought"))
	for n, c := range []struct{ here, there jobs.Outcome }{
		{jobs.OK, jobs.OK}, {jobs.Unknown, jobs.OK}, {jobs.OK, jobs.Unknown}, {jobs.Failed, jobs.OK}, {jobs.OK, jobs.Failed},
	} {
		under(t, h, run, Account, Command(n, SIM(n), "L100"), c.here)
		under(t, h, run, Other, Command(100+n, SIM(n), "L300"), c.there)
	}
	h.GiveBack(Account)
	h.GiveBack(Other)
	replaced, err := h.SameAccount(t.Context(), Account, Other, "ann", "one login")
	require.NoError(t, err)
	var which []jobs.ICCID
	for _, a := range replaced {
		which = append(which, a.ICCID)
	}
	require.ElementsMatch(t, []jobs.ICCID{SIM(0), SIM(1), SIM(2)}, which, "SIMs that were commanded under both")
	for n, c := range []struct {
		want  []ledger.State
		state jobs.StandingState
		group string
	}{
		{[]ledger.State{ledger.Replaced, ledger.DoneState}, jobs.DoneEarlier, "L300"}, // the newest
		{[]ledger.State{ledger.UnknownState, ledger.Replaced}, jobs.InDoubt, "L100"},  // what is in doubt
		{[]ledger.State{ledger.Replaced, ledger.UnknownState}, jobs.InDoubt, "L300"},
		{[]ledger.State{ledger.RefusedState, ledger.DoneState}, jobs.DoneEarlier, "L300"},
		{[]ledger.State{ledger.DoneState, ledger.RefusedState}, jobs.DoneEarlier, "L100"},
	} {
		require.Equal(t, c.want, h.States(t, SIM(n)), "SIM %d", n)
		s := h.Stands(t, SIM(n))
		require.Equal(t, c.state, s.State)
		require.Equal(t, c.group, s.Group)
	}
}

func testSeparateAccounts(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	under(t, h, run, Other, Command(0, SIM(0), "L300"), jobs.OK)
	require.NoError(t, h.SeparateAccounts(t.Context(), Account, Other, "ann", "production and test"))
	for _, db := range []*Handle{h, Opened(t, p)} {
		require.Equal(t, jobs.Untouched, db.Stands(t, SIM(0)).State)
		s, err := db.Standing(t.Context(), Other, SIM(0))
		require.NoError(t, err)
		require.Equal(t, jobs.DoneEarlier, s.State)
		third, err := db.Standing(t.Context(), "m2m:third@portal.example", SIM(0))
		require.NoError(t, err)
		require.Equal(t, jobs.UnderOtherName, third.State, "nothing was said of this one")
	}
	under(t, h, run, Account, Command(1, SIM(0), "L100"), jobs.OK)
}

func testNamesOfNames(t *testing.T, p Place) {
	h := Opened(t, p)
	const third, fourth = "m2m:third@portal.example", "m2m:fourth@portal.example"
	run := h.Starts(t, ledger.Real, "d1")
	under(t, h, run, third, Command(0, SIM(0), "L300"), jobs.OK)
	h.GiveBack(third)
	h.GiveBack(Account)
	require.NoError(t, h.SeparateAccounts(t.Context(), Account, fourth, "ann", "two"))
	_, err := h.SameAccount(t.Context(), Other, third, "ann", "one")
	require.NoError(t, err)
	_, err = h.SameAccount(t.Context(), Account, Other, "ann", "one")
	require.NoError(t, err)
	require.Equal(t, []string{Account, Other, third}, h.Names(third))
	require.Equal(t, jobs.DoneEarlier, h.Stands(t, SIM(0)).State)
	s, err := h.Standing(t.Context(), fourth, SIM(0))
	require.NoError(t, err)
	require.Equal(t, jobs.Untouched, s.State, "what was said of the one name holds for all of them")
}

func testSameAccountInUse(t *testing.T, p Place) {
	h := Opened(t, p)
	second := Opened(t, p)
	second.Take(t, Other)
	_, err := h.SameAccount(t.Context(), Account, Other, "ann", "one")
	require.ErrorIs(t, err, ledger.ErrBusy)
	links, err := h.Accounts(t.Context())
	require.NoError(t, err)
	require.Empty(t, links)
}

func testAllNames(t *testing.T, p Place) {
	h := Opened(t, p)
	h.Starts(t, ledger.Real, "d")
	require.NoError(t, h.SeparateAccounts(t.Context(), Account, "m2m:test@portal.example", "ann", "two systems"))
	all, err := h.AllNames(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{Account, "m2m:test@portal.example"}, all)
	require.Equal(t, []string{Other}, h.Names(Other))
	_, found, err := h.LastRun(t.Context(), Other)
	require.NoError(t, err)
	require.False(t, found)
	h.GiveBack(Account)

	info := Info(ledger.DryRun, "x")
	info.Accounts = []string{Other}
	run, err := h.Start(t.Context(), info)
	require.NoError(t, err)
	_, err = h.SameAccount(t.Context(), Account, Other, "ann", "one login")
	require.NoError(t, err)
	for _, name := range []string{Account, Other} {
		last, found, err := h.LastRun(t.Context(), name)
		require.NoError(t, err)
		require.True(t, found, "a run under either name")
		require.Equal(t, run.ID, last.ID)
	}
}
