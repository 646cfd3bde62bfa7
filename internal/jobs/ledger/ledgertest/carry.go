package ledgertest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var carryTests = []test{
	{"runs get new numbers", testCarry},
	{"results of all runs", testCarryResults},
	{"of several commands one stands", testCarryTwice},
	{"what was done elsewhere bars where the one in doubt was not done", testCarryNotDone},
	{"results that were left behind", testCarryLater},
	{"what persons said of names", testCarryNames},
	{"names of which nobody said anything", testCarryOtherNames},
	{"a request that two ledgers know of", testCarryDenied},
	{"from ledger to ledger", testCarryChain},
	{"what was imported before is no second command", testCarryImported},
}

// elsewhere is a ledger of its own, in memory.
func elsewhere(t *testing.T) *Handle { return Opened(t, NewMemory(t)) }

func from(h *Handle, name string) ledger.Source { return ledger.Source{DB: h.DB, Name: name} }

// ends ends a run and puts its results in place.
func ends(t *testing.T, run *ledger.Run, tally map[jobs.Outcome]int) {
	t.Helper()
	require.NoError(t, run.End(t.Context(), ledger.Ended{Tally: tally}))
	require.NoError(t, run.Publishing(t.Context(), "digest of it"))
	require.NoError(t, run.Published(t.Context()))
}

func testCarry(t *testing.T, p Place) {
	laptop, ctx := elsewhere(t), t.Context()
	run := laptop.Starts(t, ledger.Real, "d1")
	require.NoError(t, run.Approve(ctx, ledger.Approval{How: "typed", Digest: "d1", SIMs: 2, Groups: map[string]int{"L100": 2}, Reason: "CHG-1"}))
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.OK)
	Sends(t, run, Command(1, SIM(1), "L100"), jobs.Unknown)
	said(t, laptop, Command(1, SIM(1), ""), ledger.FoundDone)
	ends(t, run, map[jobs.Outcome]int{jobs.OK: 1, jobs.Unknown: 1})
	open := laptop.Starts(t, ledger.Real, "d2")
	Sends(t, open, Command(0, SIM(2), "L100"), jobs.OK)
	Record(t, open, Query(1, SIM(3)), jobs.OK, "")
	Begins(t, open, Command(2, SIM(4), "L100"))
	require.NoError(t, laptop.Want(ctx, open.ID, "pause", "ann", "lunch"))
	laptop.GiveBack(Account)
	_, _, err := laptop.AcceptLoss(ctx, Account, nil, "ann", "restored")
	require.NoError(t, err)

	h := Opened(t, p)
	own := h.Starts(t, ledger.Real, "d0")
	Sends(t, own, Command(0, SIM(10), "L100"), jobs.OK)
	ends(t, own, map[jobs.Outcome]int{jobs.OK: 1})
	_, err = h.Carry(ctx, []ledger.Source{from(laptop, "laptop:ledger.db")}, "ann", "one history")
	require.ErrorIs(t, err, ledger.ErrBusy, "not while somebody runs on it")
	h.GiveBack(Account)
	foreseen, err := h.Foresee(ctx, []ledger.Source{from(laptop, "laptop:ledger.db")})
	require.NoError(t, err)
	got, err := h.Carry(ctx, []ledger.Source{from(laptop, "laptop:ledger.db")}, "ann", "one history")
	require.NoError(t, err)
	require.Empty(t, got.Twice)
	what := got.From[0]
	require.Equal(t, []int{1, 1, 4, 1, 1, 1, 3}, []int{what.Open, what.Approvals, what.Acts, what.InDoubt, what.Words, what.Losses, what.Results}, "%+v", what)
	for _, f := range []*ledger.Carried{foreseen, got} {
		f.From[0].Runs = nil
	}
	require.Equal(t, foreseen, got)

	other := Opened(t, p)
	all, err := other.Runs(ctx)
	require.NoError(t, err)
	require.Len(t, all, 4)
	require.Equal(t, own.ID, all[3].ID)
	require.Zero(t, all[3].Origin)
	first, second := all[2], all[1]
	require.NotEqual(t, own.ID, first.ID)
	require.Equal(t, "d1", first.Digest)
	require.Equal(t, run.ID, first.Origin.Run)
	require.Equal(t, laptop.ID(), first.Origin.Ledger)
	require.Equal(t, "laptop:ledger.db", first.Origin.Name)
	require.Equal(t, "one history", first.Origin.Reason)
	require.True(t, first.Finished())
	require.True(t, first.LeftBehind(), "its results stayed there")
	approvals, err := other.Approvals(ctx, first.ID)
	require.NoError(t, err)
	require.Len(t, approvals, 1)
	require.Equal(t, "CHG-1", approvals[0].Reason)
	acts, err := other.ActsOn(ctx, SIM(1))
	require.NoError(t, err)
	require.Equal(t, first.ID, acts[0].Run)
	require.Equal(t, ledger.ResolvedDone, acts[0].State)
	history, err := other.History(ctx, SIM(1))
	require.NoError(t, err)
	require.Equal(t, "ann", history[len(history)-1].ResolvedBy)
	losses, err := other.Losses(ctx, Account)
	require.NoError(t, err)
	require.Len(t, losses, 1)
	require.Equal(t, "restored", losses[0].Reason)

	found, there, err := other.Last(ctx, Info(ledger.Real, "d2"))
	require.NoError(t, err)
	require.True(t, there)
	require.Equal(t, second.ID, found.ID)
	require.False(t, found.Finished())
	require.Zero(t, found.PrunedAt)
	wanted, _, err := other.Wanted(ctx, second.ID)
	require.NoError(t, err)
	require.Equal(t, "pause", wanted.Want)
	rows := other.Recorded(t, second.ID)
	require.Len(t, rows, 3)
	require.Equal(t, []jobs.Outcome{jobs.OK, jobs.OK, jobs.Unknown}, []jobs.Outcome{rows[0].Outcome, rows[1].Outcome, rows[2].Outcome})
	other.Take(t, Account)
	goesOn, err := other.Continue(ctx, found, "ann", "box", "fleet.results.csv")
	require.NoError(t, err)
	require.ErrorIs(t, goesOn.Intend(Account, new(Command(5, SIM(4), "L100")), jobs.Standing{}).Begin(ctx), jobs.ErrBarred, "it was on its way")
	Record(t, goesOn, Query(3, SIM(5)), jobs.OK, "")
	require.Len(t, other.Recorded(t, second.ID), 4)
	starts, err := other.DB.Starts(ctx, second.ID)
	require.NoError(t, err)
	require.Len(t, starts, 2)
	other.GiveBack(Account)

	_, err = Opened(t, p).Carry(ctx, []ledger.Source{from(laptop, "")}, "ann", "")
	require.ErrorIs(t, err, ledger.ErrCarried)
}

func testCarryResults(t *testing.T, p Place) {
	laptop, ctx := elsewhere(t), t.Context()
	run := laptop.Starts(t, ledger.DryRun, "d1")
	Record(t, run, Query(0, SIM(0)), jobs.OK, "")
	result := Result(Query(1, SIM(1)), jobs.OK, "")
	result.Data.QRFile = "qr/one.png"
	require.NoError(t, run.Record(new(Query(1, SIM(1))), &result, Never(t)))
	ends(t, run, map[jobs.Outcome]int{jobs.OK: 2})
	gone := laptop.Starts(t, ledger.Real, "d2")
	Record(t, gone, Query(0, SIM(0)), jobs.OK, "")
	ends(t, gone, map[jobs.Outcome]int{jobs.OK: 1})
	laptop.GiveBack(Account)
	source := from(laptop, "laptop")
	source.Results = true
	source.Picture = func(_ ledger.RunInfo, file string) (string, []byte, error) { return "one.png", []byte(file), nil }

	h := Opened(t, p)
	got, err := h.Carry(ctx, []ledger.Source{source}, "ann", "")
	require.NoError(t, err)
	require.Equal(t, 3, got.From[0].Results)
	require.Equal(t, 1, got.From[0].Pictures)
	made, found, err := h.PlanMaker(ctx, "digest of it")
	require.NoError(t, err)
	require.True(t, found, "the plan's age goes by it")
	require.Equal(t, laptop.Recorded(t, run.ID), h.Recorded(t, made.ID))
	if h.Shared() {
		png, err := h.Picture(ctx, made.ID, "one.png")
		require.NoError(t, err)
		require.Equal(t, "qr/one.png", string(png))
	}
}

// requests sends a SIM a command by a run of its own, as a request of that number.
func requests(t *testing.T, h *Handle, request string, n int, outcome jobs.Outcome, group string) {
	t.Helper()
	run := h.Starts(t, ledger.Real, request)
	row := Command(0, SIM(n), group)
	Begins(t, run, row)
	result := Result(row, outcome, "")
	result.RequestID = request
	require.NoError(t, run.Record(&row, &result, Never(t)))
	h.GiveBack(Account)
}

func testCarryTwice(t *testing.T, p Place) {
	laptop, nightly, ctx := elsewhere(t), elsewhere(t), t.Context()
	send := func(h *Handle, request string, n int, outcome jobs.Outcome, group string) {
		requests(t, h, request, n, outcome, group)
	}
	h := Opened(t, p)
	send(laptop, "a", 0, jobs.OK, "L100") // the newest stays
	send(nightly, "b", 0, jobs.OK, "L200")
	send(laptop, "c", 1, jobs.Unknown, "L100") // one in doubt stays
	send(h, "d", 1, jobs.OK, "L100")
	send(laptop, "e", 2, jobs.OK, "L100") // no other
	for range 20 {
		nightly.Starts(t, ledger.Real, "time goes by")
	}
	nightly.GiveBack(Account)
	send(nightly, "f", 3, jobs.OK, "L300")
	send(h, "g", 3, jobs.OK, "L100") // older: its clock begins anew with each ledger

	got, err := h.Carry(ctx, []ledger.Source{from(laptop, "laptop"), from(nightly, "nightly")}, "ann", "")
	require.NoError(t, err)
	require.Len(t, got.Twice, 3)
	stays := map[jobs.ICCID]ledger.Twice{}
	for _, twice := range got.Twice {
		require.Len(t, twice.Goes, 1)
		stays[twice.Stays.ICCID] = twice
	}
	require.Equal(t, "c", stays[SIM(1)].Stays.RequestID)
	require.Equal(t, h.Path(), stays[SIM(1)].Goes[0].Ledger)
	require.Equal(t, "nightly", stays[SIM(3)].Stays.Ledger)
	require.Equal(t, []ledger.State{ledger.Replaced, ledger.UnknownState}, h.States(t, SIM(1)))
	require.ElementsMatch(t, []ledger.State{ledger.Replaced, ledger.DoneState}, h.States(t, SIM(0)))
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, SIM(2)))
	require.Equal(t, []ledger.State{ledger.Replaced, ledger.DoneState}, h.States(t, SIM(3)))
	require.Equal(t, "L300", h.Stands(t, SIM(3)).Group)
}

func testCarryNotDone(t *testing.T, p Place) {
	laptop, nightly, ctx := elsewhere(t), elsewhere(t), t.Context()
	requests(t, laptop, "a", 0, jobs.Unknown, "L100") // what was done comes after it, and before
	requests(t, nightly, "b", 0, jobs.OK, "L200")
	requests(t, laptop, "c", 1, jobs.OK, "L200")
	requests(t, nightly, "d", 1, jobs.Unknown, "L100")
	requests(t, laptop, "e", 2, jobs.Unknown, "L100")
	requests(t, nightly, "f", 2, jobs.OK, "L200")
	h := Opened(t, p)
	_, err := h.Carry(ctx, []ledger.Source{from(laptop, "laptop"), from(nightly, "nightly")}, "ann", "")
	require.NoError(t, err)
	for n := range 2 {
		for range 2 { // and after it was taken back
			require.Equal(t, jobs.InDoubt, h.Stands(t, SIM(n)).State)
			said(t, h, Command(0, SIM(n), ""), ledger.FoundNotDone)
			stands := h.Stands(t, SIM(n))
			require.Equal(t, jobs.DoneEarlier, stands.State, "another ledger confirmed it")
			require.Equal(t, "L200", stands.Group)
			taken, err := h.Undo(ctx, Account, SIM(n), "ann", "wrong SIM")
			require.NoError(t, err)
			require.True(t, taken)
		}
		require.ElementsMatch(t, []ledger.State{ledger.UnknownState, ledger.Replaced}, h.States(t, SIM(n)))
	}
	said(t, h, Command(0, SIM(2), ""), ledger.FoundDone)
	require.ElementsMatch(t, []ledger.State{ledger.ResolvedDone, ledger.Replaced}, h.States(t, SIM(2)))
	require.Equal(t, "L100", h.Stands(t, SIM(2)).Group)
}

func testCarryLater(t *testing.T, p Place) {
	laptop, ctx := elsewhere(t), t.Context()
	run := laptop.Starts(t, ledger.Real, "d1")
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.OK)
	Record(t, run, Query(1, SIM(3)), jobs.OK, "")
	ends(t, run, map[jobs.Outcome]int{jobs.OK: 2})
	laptop.GiveBack(Account)
	h := Opened(t, p)
	got, err := h.Carry(ctx, []ledger.Source{from(laptop, "laptop")}, "ann", "")
	require.NoError(t, err)
	require.Equal(t, 1, got.From[0].Left)
	there := got.From[0].Runs[0].ID
	_, err = h.CarryResults(ctx, []ledger.Source{from(laptop, "laptop")}, false)
	require.ErrorIs(t, err, ledger.ErrCarried, "they are not wanted")
	all := ledger.Source{DB: laptop.DB, Name: "laptop", Results: true}
	for _, dry := range []bool{true, true, false} {
		info, _, err := h.Run(ctx, there)
		require.NoError(t, err)
		require.True(t, info.LeftBehind())
		got, err := h.CarryResults(ctx, []ledger.Source{all}, dry)
		require.NoError(t, err)
		require.Equal(t, 2, got.From[0].Results)
	}
	other := Opened(t, p)
	info, _, err := other.Run(ctx, there)
	require.NoError(t, err)
	require.Zero(t, info.PrunedAt)
	require.Len(t, other.Recorded(t, there), 2)
	require.Equal(t, []ledger.State{ledger.DoneState}, other.States(t, SIM(0)), "its act came before")
	_, err = h.CarryResults(ctx, []ledger.Source{all}, false)
	require.ErrorIs(t, err, ledger.ErrCarried, "once")
}

func testCarryNames(t *testing.T, p Place) {
	laptop, ctx := elsewhere(t), t.Context()
	run := laptop.Starts(t, ledger.Real, "d1")
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.OK)
	laptop.GiveBack(Account)
	_, err := laptop.SameAccount(ctx, Other, Account, "ann", "the vendor says so")
	require.NoError(t, err)

	h := Opened(t, p)
	own := h.Starts(t, ledger.Real, "d0")
	Sends(t, own, Command(0, SIM(1), "L100"), jobs.OK)
	h.GiveBack(Account)
	_, err = h.Carry(ctx, []ledger.Source{from(laptop, "laptop")}, "ann", "")
	require.NoError(t, err)
	require.Equal(t, jobs.DoneEarlier, h.Stands(t, SIM(0)).State)
	require.Equal(t, Other, h.OneName(Account))
	for n := range 2 {
		acts, err := h.ActsOn(ctx, SIM(n))
		require.NoError(t, err)
		require.Equal(t, Other, acts[0].Account)
	}

	third := elsewhere(t)
	third.Starts(t, ledger.Real, "d3")
	third.GiveBack(Account)
	require.NoError(t, third.SeparateAccounts(ctx, Account, Other, "bob", "two customers"))
	_, err = h.Carry(ctx, []ledger.Source{from(third, "third")}, "ann", "")
	var apart *ledger.DisagreeError
	require.ErrorAs(t, err, &apart)
	require.Equal(t, ledger.DisagreeError{A: Account, B: Other, One: h.Path(), Two: "third"}, *apart)
	_, err = third.SameAccount(ctx, Other, Account, "bob", "the vendor says so")
	require.NoError(t, err)
	_, err = h.Carry(ctx, []ledger.Source{from(third, "third")}, "ann", "")
	require.NoError(t, err, "what was said last counts")
}

// Nobody has said whether two names are one account.
func testCarryOtherNames(t *testing.T, p Place) {
	laptop, nightly, ctx := elsewhere(t), elsewhere(t), t.Context()
	sends := func(h *Handle, account string, n int) {
		run := h.Starts(t, ledger.Real, account)
		h.GiveBack(Account)
		h.Take(t, account)
		row := Command(0, SIM(n), "L100")
		require.NoError(t, run.Intend(account, &row, jobs.Standing{}).Begin(ctx))
		require.NoError(t, run.Record(&row, new(Result(row, jobs.OK, "")), Never(t)))
		h.GiveBack(account)
	}
	h := Opened(t, p)
	sends(h, Other, 0)
	sends(laptop, Account, 0)
	sends(laptop, Account, 1)
	sends(nightly, Other, 1)
	sends(nightly, Other, 2)
	got, err := h.Carry(ctx, []ledger.Source{from(laptop, "laptop"), from(nightly, "nightly")}, "ann", "")
	require.NoError(t, err)
	require.Empty(t, got.Twice)
	two := []string{Account, Other}
	slices.Sort(two)
	require.Equal(t, []ledger.NamedTwice{{A: two[0], B: two[1], SIMs: 2, First: min(SIM(0), SIM(1))}}, got.Names)
	require.NoError(t, h.SeparateAccounts(ctx, Account, Other, "ann", "two customers"))
	third := elsewhere(t)
	sends(third, Other, 1)
	got, err = h.Carry(ctx, []ledger.Source{from(third, "third")}, "ann", "")
	require.NoError(t, err)
	require.Empty(t, got.Names, "somebody has said that they are two")
}

// A request that two ledgers know of, in one of which somebody has looked.
func testCarryDenied(t *testing.T, p Place) {
	laptop, nightly, ctx := elsewhere(t), elsewhere(t), t.Context()
	requests(t, laptop, "a", 0, jobs.Unknown, "L100")
	requests(t, laptop, "b", 1, jobs.Unknown, "L100")
	requests(t, nightly, "c", 1, jobs.Unknown, "L100")
	acts, err := laptop.ActsOn(ctx, SIM(0))
	require.NoError(t, err)
	known := []ledger.Foreign{{Account: Account, ICCID: SIM(0), Group: "L100", At: acts[0].At, RequestID: acts[0].RequestID}}
	_, err = nightly.Import(ctx, known, "ann", "")
	require.NoError(t, err)
	h := Opened(t, p)
	_, err = h.Import(ctx, known, "ann", "")
	require.NoError(t, err)
	said(t, nightly, Command(0, SIM(0), ""), ledger.FoundNotDone)
	said(t, nightly, Command(0, SIM(1), ""), ledger.FoundNotDone)
	got, err := h.Carry(ctx, []ledger.Source{from(laptop, "laptop"), from(nightly, "nightly")}, "ann", "")
	require.NoError(t, err)
	require.Empty(t, got.Twice)
	require.Equal(t, jobs.Untouched, h.Stands(t, SIM(0)).State, "it was not done, whoever else knows of it")
	require.Equal(t, jobs.InDoubt, h.Stands(t, SIM(1)).State, "another request")
}

// However a ledger came, its runs come once.
func testCarryChain(t *testing.T, p Place) {
	laptop, nightly, ctx := elsewhere(t), elsewhere(t), t.Context()
	ends(t, laptop.Starts(t, ledger.Real, "d0"), map[jobs.Outcome]int{jobs.OK: 1})
	laptop.GiveBack(Account)
	requests(t, laptop, "a", 0, jobs.OK, "L100")
	requests(t, nightly, "b", 1, jobs.OK, "L100")
	_, err := nightly.Carry(ctx, []ledger.Source{from(laptop, "laptop")}, "ann", "first")
	require.NoError(t, err)
	_, err = laptop.Carry(ctx, []ledger.Source{from(nightly, "nightly")}, "ann", "")
	require.ErrorIs(t, err, ledger.ErrCarried, "back")
	h := Opened(t, p)
	for _, both := range [][]ledger.Source{{from(laptop, "laptop"), from(nightly, "nightly")}, {from(nightly, "nightly"), from(laptop, "laptop")}, {from(laptop, "laptop"), from(laptop, "again")}} {
		_, err = h.Carry(ctx, both, "ann", "")
		require.ErrorContains(t, err, "holds the same runs: name one of the two")
	}
	got, err := h.Carry(ctx, []ledger.Source{from(nightly, "nightly")}, "ann", "then")
	require.NoError(t, err)
	require.ElementsMatch(t, []int64{1, 2, 3}, got.From[0].Numbers)
	_, err = h.Carry(ctx, []ledger.Source{from(laptop, "laptop")}, "ann", "")
	require.ErrorIs(t, err, ledger.ErrCarried)
	runs, err := h.Runs(ctx)
	require.NoError(t, err)
	require.Len(t, runs, 3)
	begun := map[string]ledger.RunInfo{}
	for _, r := range runs {
		begun[r.Digest] = r
	}
	require.True(t, begun["d0"].LeftBehind())
	nights := ledger.Source{DB: nightly.DB, Name: "nightly", Results: true}
	_, err = h.CarryResults(ctx, []ledger.Source{nights}, false)
	require.ErrorIs(t, err, ledger.ErrCarried, "they are not there either")
	o := begun["a"].Origin
	require.Equal(t, []any{laptop.ID(), "laptop, by way of nightly", int64(2), "then"}, []any{o.Ledger, o.Name, o.Run, o.Reason}, "where it was begun, and who carried it last")
	require.Equal(t, jobs.DoneEarlier, h.Stands(t, SIM(0)).State)
}

func testCarryImported(t *testing.T, p Place) {
	laptop, ctx := elsewhere(t), t.Context()
	run := laptop.Starts(t, ledger.Real, "d1")
	Sends(t, run, Command(0, SIM(0), "L100"), jobs.OK)
	Sends(t, run, Command(1, SIM(1), "L100"), jobs.Unknown)
	laptop.GiveBack(Account)
	acts, err := laptop.ActsOn(ctx, SIM(0))
	require.NoError(t, err)
	there, err := laptop.ActsOn(ctx, SIM(1))
	require.NoError(t, err)

	h := Opened(t, p)
	_, err = h.Import(ctx, []ledger.Foreign{
		{Account: Account, ICCID: SIM(0), Group: "L100", Done: true, At: acts[0].At, RequestID: acts[0].RequestID},
		{Account: Account, ICCID: SIM(1), Group: "L100", At: there[0].At},
	}, "ann", "a file")
	require.NoError(t, err)
	said(t, laptop, Command(1, SIM(1), ""), ledger.FoundDone)
	got, err := h.Carry(ctx, []ledger.Source{from(laptop, "laptop")}, "ann", "")
	require.NoError(t, err)
	require.Empty(t, got.Twice)
	require.Equal(t, []ledger.State{ledger.DoneState, ledger.Replaced}, h.States(t, SIM(0)))
	require.Equal(t, []ledger.State{ledger.Replaced, ledger.ResolvedDone}, h.States(t, SIM(1)), "what is known of it counts")
}
