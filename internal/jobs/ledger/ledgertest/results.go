package ledgertest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

var resultTests = []test{
	{"in the order of the input", testResultsInOrder},
	{"what is on its way is unknown", testResultsOfWhatFlies},
	{"more than fit on a page", testManyResults},
	{"a SIM's history", testHistory},
}

func testResultsInOrder(t *testing.T, p Place) {
	h := Opened(t, p)
	other, run := h.Starts(t, ledger.Real, "d0"), h.Starts(t, ledger.Real, "d1")
	Record(t, other, Query(5, SIM(5)), jobs.OK, "")
	full := func(seq int) jobs.Result {
		r := Result(Query(seq, SIM(seq)), jobs.OK, "")
		r.Data.SIMStatus = "active"
		r.UpstreamError, r.Description = "no", "It is so."
		return r
	}
	for _, seq := range []int{900, 3, 0, 70, 3} {
		require.NoError(t, run.Record(new(Query(seq, SIM(seq))), new(full(seq)), Never(t)))
	}
	r, found, err := run.Result(t.Context(), 70)
	require.NoError(t, err)
	require.True(t, found, "a late result is there when it is asked for")
	require.Equal(t, "active", r.Data.SIMStatus)
	_, found, err = run.Result(t.Context(), 5)
	require.NoError(t, err)
	require.False(t, found)

	all := h.Recorded(t, run.ID)
	var order []int
	for _, r := range all {
		order = append(order, r.Seq)
	}
	require.Equal(t, []int{0, 3, 70, 900}, order)
	require.Equal(t, full(3), all[1])
}

func testResultsOfWhatFlies(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	for _, seq := range []int{4, 0, 9, 2} {
		Begins(t, run, Command(seq, SIM(seq), "L100"))
	}
	Record(t, run, Query(1, SIM(50)), jobs.OK, "")
	Record(t, run, Command(2, SIM(2), "L100"), jobs.OK, "")
	var got []string
	for _, r := range h.Recorded(t, run.ID) {
		got = append(got, string(r.Outcome))
		require.Equal(t, []int{0, 1, 2, 4, 9}[len(got)-1], r.Seq)
	}
	require.Equal(t, []string{"unknown", "ok", "ok", "unknown", "unknown"}, got)
	for range h.Results(t.Context(), run.ID) {
		break // whoever has seen enough leaves
	}
}

func testManyResults(t *testing.T, p Place) {
	h := Opened(t, p)
	run := h.Starts(t, ledger.Real, "d1")
	const many = 3456
	for seq := range many {
		Record(t, run, Query(seq, SIM(seq)), jobs.OK, "")
	}
	Record(t, run, Query(7, SIM(7)), jobs.Failed, jobs.Timeout)
	all := h.Recorded(t, run.ID)
	require.Len(t, all, many)
	for seq, r := range all {
		require.Equal(t, seq, r.Seq)
	}
	require.Equal(t, jobs.Failed, all[7].Outcome, "the last one of a row counts")
}

func testHistory(t *testing.T, p Place) {
	h := Opened(t, p)
	first, second := h.Starts(t, ledger.Real, "d1"), h.Starts(t, ledger.Real, "d2")
	iccid := SIM(1)
	at := func(row jobs.Row, o jobs.Outcome, c jobs.Code, after time.Duration, run *ledger.Run) {
		r := Result(row, o, c)
		r.Started = Began.Add(after)
		require.NoError(t, run.Record(&row, &r, Never(t)))
	}
	at(Query(0, iccid), jobs.OK, "", -time.Hour, first)
	row := Command(1, iccid, "L100")
	act := first.Intend(Account, &row, jobs.Standing{})
	require.NoError(t, act.Begin(t.Context()))
	require.NoError(t, act.NotSent())
	require.NoError(t, act.Begin(t.Context()))
	Record(t, first, row, jobs.OK, "")
	at(Command(1, iccid, "L200"), jobs.Rejected, jobs.ConflictsWithEarlier, 2*time.Hour, second)
	at(Query(30_000, iccid.SIM().Spellings()[1]), jobs.OK, "", 3*time.Hour, second) // far on in the file, otherwise spelled
	Sends(t, first, Command(9, SIM(9), "L100"), jobs.OK)
	Begins(t, first, Command(8, SIM(8), "L100"))

	events, err := h.History(t.Context(), iccid)
	require.NoError(t, err)
	var short [][3]string
	for _, e := range events {
		short = append(short, [3]string{string(e.Action), e.Outcome, string(e.Act)})
	}
	require.Equal(t, [][3]string{
		{"query_status", "ok", ""}, {"set_aa_group", "not_sent", "not_sent"}, {"set_aa_group", "ok", "done"},
		{"set_aa_group", "rejected", ""}, {"query_status", "ok", ""},
	}, short)
	require.Equal(t, second.ID, events[3].Run)
	require.Equal(t, jobs.ConflictsWithEarlier, events[3].Code)
	again, err := h.History(t.Context(), iccid.SIM().Spellings()[1])
	require.NoError(t, err)
	require.Equal(t, events, again, "by either spelling")

	events, err = h.History(t.Context(), SIM(8))
	require.NoError(t, err)
	require.Len(t, events, 1, "an act without a result is history, too")
	require.Equal(t, "intent", events[0].Outcome)
	none, err := h.History(t.Context(), SIM(77))
	require.NoError(t, err)
	require.Empty(t, none)
}
