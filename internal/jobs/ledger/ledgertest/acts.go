package ledgertest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var actTests = []test{
	{"each act comes to its state", testStates},
	{"in the order of sending, each attempt an act of its own", testOrderOfActs},
	{"an intent is there when Begin returns", testIntentIsThere},
	{"an outcome is there when Record returns", testOutcomeIsThere},
	{"what a later command says is an act of its own", testSentAgainAfterResolution},
	{"a person's word stands", testResolutionStands},
	{"numbers and times", testNumbersAndTimes},
	{"refusals are kept until the SIM is done", testRefusals},
}

func testStates(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	type step = func(t *testing.T, row jobs.Row, act *ledger.Act)
	begin := func(t *testing.T, _ jobs.Row, a *ledger.Act) { require.NoError(t, a.Begin(t.Context())) }
	notSent := func(t *testing.T, _ jobs.Row, a *ledger.Act) { require.NoError(t, a.NotSent()) }
	ends := func(o jobs.Outcome, c jobs.Code) step {
		return func(t *testing.T, row jobs.Row, _ *ledger.Act) { Record(t, run, row, o, c) }
	}
	resolve := func(v ledger.Verdict) step {
		return func(t *testing.T, row jobs.Row, _ *ledger.Act) {
			n, err := h.Resolve(t.Context(), Account, row.ICCID, v, "", "ann", "seen in the portal")
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
	}
	unknown := ends(jobs.Unknown, jobs.Timeout)
	for i, c := range []struct {
		name  string
		steps []step
		want  []ledger.State
		stand jobs.StandingState
	}{
		{"not begun", nil, nil, jobs.Untouched},
		{"rejected before it was begun", []step{ends(jobs.Rejected, jobs.GroupUnknown)}, nil, jobs.Untouched},
		{"on its way", []step{begin}, []ledger.State{ledger.Intended}, jobs.InDoubt},
		{"done", []step{begin, ends(jobs.OK, "")}, []ledger.State{ledger.DoneState}, jobs.DoneEarlier},
		{"refused", []step{begin, ends(jobs.Failed, jobs.SIMNotPending)}, []ledger.State{ledger.RefusedState}, jobs.Untouched},
		{"unknown", []step{begin, unknown}, []ledger.State{ledger.UnknownState}, jobs.InDoubt},
		{"surely not sent", []step{begin, notSent}, []ledger.State{ledger.NotSentState}, jobs.Untouched},
		{"surely not sent, and given up", []step{begin, notSent, ends(jobs.Failed, jobs.Throttled)}, []ledger.State{ledger.NotSentState}, jobs.Untouched},
		{"surely not sent, and on its way again", []step{begin, notSent, begin}, []ledger.State{ledger.NotSentState, ledger.Intended}, jobs.InDoubt},
		{"done at the third attempt", []step{begin, notSent, begin, notSent, begin, ends(jobs.OK, "")},
			[]ledger.State{ledger.NotSentState, ledger.NotSentState, ledger.DoneState}, jobs.DoneEarlier},
		{"what says nothing leaves it in doubt", []step{begin, ends(jobs.Skipped, "")}, []ledger.State{ledger.UnknownState}, jobs.InDoubt},
		{"resolved as done", []step{begin, unknown, resolve(ledger.FoundDone)}, []ledger.State{ledger.ResolvedDone}, jobs.DoneEarlier},
		{"resolved as not done", []step{begin, unknown, resolve(ledger.FoundNotDone)}, []ledger.State{ledger.ResolvedNotDone}, jobs.Untouched},
		{"cannot be told", []step{begin, unknown, resolve(ledger.NotToBeTold)}, []ledger.State{ledger.CannotTell}, jobs.InDoubt},
		{"cannot be told, and then can", []step{begin, unknown, resolve(ledger.NotToBeTold), resolve(ledger.FoundDone)},
			[]ledger.State{ledger.ResolvedDone}, jobs.DoneEarlier},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := Command(i, SIM(i), "L100")
			act := run.Intend(Account, &row, jobs.Standing{})
			for _, step := range c.steps {
				step(t, row, act)
			}
			require.Equal(t, c.want, h.States(t, row.ICCID))
			s := h.Stands(t, row.ICCID)
			require.Equal(t, c.stand, s.State)
			require.Equal(t, len(c.want) > 0 && c.want[0] == ledger.CannotTell, s.CannotTell)
			if s.State != jobs.Untouched {
				require.Equal(t, "L100", s.Group)
				require.Equal(t, run.ID, s.Run)
				require.WithinDuration(t, Began, s.At, time.Hour)
				require.Equal(t, s.State == jobs.DoneEarlier, !s.Settled.IsZero() && s.State == jobs.DoneEarlier)
			}
		})
	}
}

func testOrderOfActs(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	for _, n := range []int{7, 3, 5} {
		row := Command(n, SIM(n), "L100")
		act := run.Intend(Account, &row, jobs.Standing{})
		require.NoError(t, act.Begin(t.Context()))
		require.NoError(t, act.NotSent())
		require.NoError(t, act.Begin(t.Context()))
	}
	var order []jobs.ICCID
	last := int64(0)
	for id := int64(1); len(order) < 6; id++ {
		a, found, err := h.ActAt(t.Context(), id)
		require.NoError(t, err)
		if !found {
			require.Less(t, id, int64(1000), "acts are missing")
			continue // numbers may be left out
		}
		require.Greater(t, a.ID, last)
		last = a.ID
		order = append(order, a.ICCID)
	}
	require.Equal(t, []jobs.ICCID{SIM(7), SIM(7), SIM(3), SIM(3), SIM(5), SIM(5)}, order)
	newest, found, err := h.LastAct(t.Context(), Account)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, last, newest.ID)
}

func testIntentIsThere(t *testing.T, p Place) {
	h := Opened(t, p)
	second := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	for seq := range 5 {
		act := Begins(t, run, Command(seq, SIM(seq), "L100"))
		require.Equal(t, []ledger.State{ledger.Intended}, second.States(t, SIM(seq)), "what another process sees when Begin returns")
		require.NoError(t, act.NotSent())
		require.Equal(t, []ledger.State{ledger.NotSentState}, second.States(t, SIM(seq)), "and when NotSent does")
	}
}

func testOutcomeIsThere(t *testing.T, p Place) {
	h := Opened(t, p)
	second := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	row := Command(0, SIM(0), "L100")
	Sends(t, run, row, jobs.OK)
	require.Equal(t, []ledger.State{ledger.DoneState}, second.States(t, SIM(0)))
	for r, err := range second.Results(t.Context(), run.ID) {
		require.NoError(t, err)
		require.Equal(t, jobs.OK, r.Outcome)
	}
}

func testSentAgainAfterResolution(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	row := Command(0, SIM(1), "L100")
	Sends(t, run, row, jobs.Unknown)
	_, err := h.Resolve(t.Context(), Account, row.ICCID, ledger.FoundNotDone, "", "ann", "not in the portal")
	require.NoError(t, err)
	Sends(t, run, row, jobs.OK)

	require.Equal(t, []ledger.State{ledger.ResolvedNotDone, ledger.DoneState}, h.States(t, row.ICCID))
	events, err := h.History(t.Context(), row.ICCID)
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, []string{"resolved_not_done", "ok"}, []string{events[0].Outcome, events[1].Outcome})
	require.Equal(t, "not in the portal", events[0].Reason)
	require.Empty(t, events[1].ResolvedBy)
}

// Even where the request's own process comes back late.
func testResolutionStands(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	row := Command(0, SIM(1), "L100")
	Begins(t, run, row)
	h.GiveBack(Account)
	second := Opened(t, p)
	second.Take(t, Account)
	_, err := second.Resolve(t.Context(), Account, row.ICCID, ledger.FoundDone, "", "ann", "in the portal")
	require.NoError(t, err)
	Record(t, run, row, jobs.Failed, jobs.BadRequest)
	require.Equal(t, []ledger.State{ledger.ResolvedDone}, h.States(t, row.ICCID))
}

func testNumbersAndTimes(t *testing.T, p Place) {
	h := Opened(t, p)
	odd := time.Date(2026, 10, 25, 2, 30, 0, 987_654_321, time.FixedZone("CEST", 2*3600))
	run := h.Starts(t, ledger.Real, "d1")
	row := Query(0, SIM(0))
	r := Result(row, jobs.OK, "")
	r.Started, r.Duration, r.HTTPStatus, r.Attempts = odd, 90*time.Minute+time.Millisecond, 599, 1<<31-1
	require.NoError(t, run.Record(&row, &r, Never(t)))
	got := h.Recorded(t, run.ID)
	require.Len(t, got, 1)
	require.Equal(t, odd.UTC().Truncate(time.Millisecond), got[0].Started, "UTC, to the millisecond")
	require.Equal(t, r.Duration, got[0].Duration)
	require.Equal(t, r.HTTPStatus, got[0].HTTPStatus)
	require.Equal(t, r.Attempts, got[0].Attempts)
}

func testRefusals(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	refused := func(seq int) jobs.Code { return h.Stands(t, SIM(seq)).Refused }
	ends := func(seq int, o jobs.Outcome, c jobs.Code, edit func(*jobs.Result)) {
		row := Command(seq, SIM(seq), "L100")
		r := Result(row, o, c)
		if edit != nil {
			edit(&r)
		}
		require.NoError(t, run.Record(&row, &r, Never(t)))
	}
	status := func(n int) func(*jobs.Result) { return func(r *jobs.Result) { r.HTTPStatus = n } }
	for i, c := range []struct {
		outcome jobs.Outcome
		code    jobs.Code
		edit    func(*jobs.Result)
		want    jobs.Code
	}{
		{jobs.Rejected, jobs.SIMClosed, nil, jobs.SIMClosed},
		{jobs.Rejected, jobs.GroupUnknown, func(r *jobs.Result) { r.Attempts, r.HTTPStatus, r.RequestID = 0, 0, "" }, ""}, // nothing was asked
		{jobs.Rejected, jobs.SIMClosed, func(r *jobs.Result) { r.Attempts = 0 }, jobs.SIMClosed},                          // by a live check
		{jobs.Failed, jobs.SIMNotPending, nil, jobs.SIMNotPending},
		{jobs.Failed, jobs.UpstreamError, nil, jobs.UpstreamError},
		{jobs.Failed, jobs.UpstreamError, status(502), ""},
		{jobs.Failed, jobs.Throttled, nil, ""},
		{jobs.Failed, jobs.AuthFailed, nil, ""},
		{jobs.Unknown, jobs.Timeout, nil, ""},
	} {
		ends(i, c.outcome, c.code, c.edit)
		require.Equal(t, c.want, refused(i), "%s %s", c.outcome, c.code)
	}
	ends(0, jobs.Failed, jobs.SIMNotPending, nil)
	require.Equal(t, jobs.SIMNotPending, refused(0), "the last one counts")
	ends(0, jobs.Failed, jobs.Timeout, nil)
	require.Equal(t, jobs.SIMNotPending, refused(0), "what says nothing of the SIM changes nothing")
	ends(0, jobs.OK, "", nil)
	require.Empty(t, refused(0))
	elsewhere, err := h.Standing(t.Context(), "betatel:7@esim.example", SIM(2))
	require.NoError(t, err)
	require.Empty(t, elsewhere.Refused, "another account")
}
