package ledger

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestStatesOfAnAct(t *testing.T) {
	row := command(3, sim(1), "L100")
	begin := func(t *testing.T, _ *Run, a *Act) { require.NoError(t, a.Begin(t.Context())) }
	notSent := func(t *testing.T, _ *Run, a *Act) { require.NoError(t, a.NotSent()) }
	ends := func(o jobs.Outcome, c jobs.Code) func(*testing.T, *Run, *Act) {
		return func(t *testing.T, r *Run, _ *Act) { record(t, r, row, o, c) }
	}
	resolve := func(v Verdict) func(*testing.T, *Run, *Act) {
		return func(t *testing.T, r *Run, _ *Act) {
			n, err := r.db.Resolve(t.Context(), account, row.ICCID, v, "", "ann", "seen in the portal")
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
	}
	type step = func(*testing.T, *Run, *Act)
	for _, c := range []struct {
		name  string
		steps []step
		want  []State
		stand jobs.StandingState
	}{
		{"not begun", nil, nil, jobs.Untouched},
		{"rejected before it was begun", []step{ends(jobs.Rejected, jobs.GroupUnknown)}, nil, jobs.Untouched},
		{"on its way", []step{begin}, []State{Intended}, jobs.InDoubt},
		{"done", []step{begin, ends(jobs.OK, "")}, []State{DoneState}, jobs.DoneEarlier},
		{"refused", []step{begin, ends(jobs.Failed, jobs.SIMNotPending)}, []State{RefusedState}, jobs.Untouched},
		{"unknown", []step{begin, ends(jobs.Unknown, jobs.Timeout)}, []State{UnknownState}, jobs.InDoubt},
		{"surely not sent", []step{begin, notSent}, []State{NotSentState}, jobs.Untouched},
		{"surely not sent, and given up", []step{begin, notSent, ends(jobs.Failed, jobs.Throttled)}, []State{NotSentState}, jobs.Untouched},
		{"surely not sent, and on its way again", []step{begin, notSent, begin}, []State{NotSentState, Intended}, jobs.InDoubt},
		{"done at the third attempt", []step{begin, notSent, begin, notSent, begin, ends(jobs.OK, "")}, []State{NotSentState, NotSentState, DoneState}, jobs.DoneEarlier},
		{"what says nothing leaves it in doubt", []step{begin, ends(jobs.Skipped, "")}, []State{UnknownState}, jobs.InDoubt},
		{"resolved as done", []step{begin, ends(jobs.Unknown, jobs.Timeout), resolve(FoundDone)}, []State{ResolvedDone}, jobs.DoneEarlier},
		{"resolved as not done", []step{begin, ends(jobs.Unknown, jobs.Timeout), resolve(FoundNotDone)}, []State{ResolvedNotDone}, jobs.Untouched},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := fresh(t)
			run := starts(t, db, Real, "d1")
			act := run.Intend(account, &row, jobs.Standing{})
			for _, step := range c.steps {
				step(t, run, act)
			}
			require.Equal(t, c.want, states(t, db, row.ICCID))
			s := standing(t, db, row.ICCID)
			require.Equal(t, c.stand, s.State)
			if s.State != jobs.Untouched {
				require.Equal(t, "L100", s.Group)
				require.Equal(t, run.ID, s.Run)
				require.WithinDuration(t, began, s.At, time.Minute)
			}
		})
	}
}

// A command that a person's word lets go out again is an act of its own: the
// record of the first one, and of who settled it, stays.
func TestSentAgainAfterResolution(t *testing.T) {
	db := fresh(t)
	run := starts(t, db, Real, "d1")
	row := command(0, sim(1), "L100")
	sends(t, run, row, jobs.Unknown)
	_, err := db.Resolve(t.Context(), account, row.ICCID, FoundNotDone, "", "ann", "not in the portal")
	require.NoError(t, err)
	sends(t, run, row, jobs.OK)

	require.Equal(t, []State{ResolvedNotDone, DoneState}, states(t, db, row.ICCID))
	events, err := db.History(t.Context(), row.ICCID)
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, []string{"resolved_not_done", "ok"}, []string{events[0].Outcome, events[1].Outcome})
	require.Equal(t, "not in the portal", events[0].Reason)
	require.Empty(t, events[1].ResolvedBy)
}

// again has the account held anew, as by another process once this one is dead.
func again(t *testing.T, db *DB) *Hold {
	t.Helper()
	delete(db.epochs, account)
	hold, err := db.Hold(t.Context(), []string{account}, 0)
	require.NoError(t, err)
	return hold
}

// killed leaves a copy of the ledger as it is, and opens it for a later process.
func killed(t *testing.T, db *DB) *DB { return opens(t, snapshot(t, db)) }

// A person's word stands, even where the request's own process comes back late.
func TestResolutionStands(t *testing.T) {
	db := fresh(t)
	run := starts(t, db, Real, "d1")
	row := command(0, sim(1), "L100")
	require.NoError(t, run.Intend(account, &row, jobs.Standing{}).Begin(t.Context()))
	other := opens(t, db.Path())
	loseLock(t, db)
	hold, err := other.Hold(t.Context(), []string{account}, 0)
	require.NoError(t, err)
	require.Equal(t, 1, hold.Doubted)
	_, err = other.Resolve(t.Context(), account, row.ICCID, FoundDone, "", "ann", "in the portal")
	require.NoError(t, err)
	record(t, run, row, jobs.Failed, jobs.BadRequest)
	require.Equal(t, []State{ResolvedDone}, states(t, db, row.ICCID))
}

// loseLock takes the folder with the locks away.
func loseLock(t *testing.T, db *DB) {
	t.Helper()
	require.NoError(t, os.RemoveAll(db.Path()+".d"))
}

func TestStanding(t *testing.T) {
	db := fresh(t)
	first, second := starts(t, db, Real, "d1"), starts(t, db, Real, "d2")
	iccid := sim(1)

	sends(t, first, command(0, iccid, "L100"), jobs.OK)
	sendsAgain(t, second, command(7, iccid, "L200"), jobs.OK)
	s := standing(t, db, iccid)
	require.Equal(t, jobs.DoneEarlier, s.State)
	require.Equal(t, "L200", s.Group, "the act that replaced the other counts")
	require.Equal(t, second.ID, s.Run)

	sendsAgain(t, first, command(2, iccid, "L400"), jobs.Unknown)
	s = standing(t, db, iccid)
	require.Equal(t, jobs.InDoubt, s.State, "a doubt beats what was done before")
	require.Equal(t, "L400", s.Group)

	require.Equal(t, jobs.Untouched, standing(t, db, sim(2)).State)
	other, err := db.Standing(t.Context(), "betatel:7@esim.example", iccid)
	require.NoError(t, err)
	require.Equal(t, jobs.Untouched, other.State, "an account of another upstream is another SIM")
}

// sendsAgain overrides the act that is there.
func sendsAgain(t testing.TB, run *Run, row jobs.Row, outcome jobs.Outcome) {
	t.Helper()
	over := standing(t, run.db, row.ICCID)
	require.NoError(t, run.Intend(account, &row, over).Begin(t.Context()))
	record(t, run, row, outcome, "")
}

func TestDoubt(t *testing.T) {
	db := fresh(t)
	takes(t, db, other)
	run := starts(t, db, Real, "d1")
	failed, settled, elsewhere := command(0, sim(0), "L100"), command(1, sim(1), "L100"), command(2, sim(2), "L100")
	record(t, run, failed, jobs.Failed, jobs.Throttled) // of an earlier attempt at the row
	require.NoError(t, run.Intend(account, &failed, jobs.Standing{}).Begin(t.Context()))
	sends(t, run, settled, jobs.OK)
	require.NoError(t, run.Intend(other, &elsewhere, jobs.Standing{}).Begin(t.Context()))
	beforeDoubt := results(t, db, run.ID)

	db = killed(t, db)
	for _, want := range []int{1, 0} {
		require.Equal(t, want, again(t, db).Doubted)
		db = killed(t, db)
	}
	require.Equal(t, []State{UnknownState}, states(t, db, failed.ICCID))
	require.Equal(t, []State{DoneState}, states(t, db, settled.ICCID))
	require.Equal(t, []State{Intended}, states(t, db, elsewhere.ICCID), "that account's run may be alive")
	require.Equal(t, jobs.Interrupted, standing(t, db, failed.ICCID).Code)

	found := results(t, db, run.ID)
	require.Equal(t, beforeDoubt, found, "what is on its way is unknown to whoever asks, even before it is marked so")
	require.Len(t, found, 3)
	require.Equal(t, jobs.Unknown, found[0].Outcome, "the row says so too, over what it said before")
	require.Equal(t, jobs.Interrupted, found[0].Code)
	require.Contains(t, found[0].Description, "bulk resolve")
	require.Equal(t, account, found[0].Account)
	require.Equal(t, jobs.OK, found[1].Outcome)
	require.Equal(t, jobs.Unknown, found[2].Outcome)
	require.Equal(t, 2, found[2].Seq)

	mine, err := (&Run{RunInfo: run.RunInfo, db: db}).InDoubt(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[int]bool{0: true, 2: true}, mine)
	none, err := db.Hold(t.Context(), nil, 0)
	require.NoError(t, err)
	require.Zero(t, none.Doubted)
}

func TestResolve(t *testing.T) {
	db := fresh(t)
	run := starts(t, db, Real, "d1")
	sends(t, run, command(0, sim(0), "L100"), jobs.Unknown)
	sends(t, run, command(1, sim(1), "L100"), jobs.OK)
	require.NoError(t, run.Intend(account, new(command(2, sim(2), "L100")), jobs.Standing{}).Begin(t.Context()))
	for i, want := range []int{1, 0, 0} {
		n, err := db.Resolve(t.Context(), account, sim(i), FoundNotDone, "", "ann", "looked")
		require.NoError(t, err)
		require.Equal(t, want, n, "only what is unknown can be settled: SIM %d", i)
	}
	open, err := db.InDoubt(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, sim(2), open[0].ICCID)
	none, err := db.InDoubt(t.Context(), sim(0))
	require.NoError(t, err)
	require.Empty(t, none)
}
