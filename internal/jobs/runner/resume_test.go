package runner

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
)

// Each row comes to an end in a first stretch of the run; in the second one,
// after some time, it is done again or not.
func TestWhatIsDoneAgain(t *testing.T) {
	status := "query_status " + string(card(1))
	for _, c := range []struct {
		name   string
		row    string
		first  jobs.Answer
		change func(*rig)
		after  time.Duration
		again  bool
		then   jobs.Outcome
	}{
		{name: "a read that is fresh", row: reading(1), first: done(), after: 59 * time.Minute, then: jobs.OK},
		{name: "a read that is old", row: reading(1), first: done(), after: time.Hour, again: true, then: jobs.OK},
		{name: "a read from the future", row: reading(1), first: done(), after: -time.Minute, again: true, then: jobs.OK},
		{name: "a drift that is fresh", row: expecting(1, "sim_status=closed"), first: done(), after: time.Minute, then: jobs.Drift},
		{name: "a failed read", row: reading(1), first: ended(jobs.Timeout, jobs.MaybeSent), after: time.Second, again: true, then: jobs.OK},
		{name: "a read that was refused", row: reading(1), first: ended(jobs.SIMUnknown, jobs.Refused), after: time.Second, again: true, then: jobs.OK},
		{name: "a row that is wrong in itself", row: "12,query_status,,", after: 24 * time.Hour, then: jobs.Invalid},

		{name: "a command that is done, however old", row: command(1), first: done(), after: 1000 * time.Hour, then: jobs.OK},
		{name: "a command that was refused", row: command(1), first: ended(jobs.GroupNotLive, jobs.Refused), after: time.Second, then: jobs.Failed},
		{name: "a command that could not be sent", row: command(1), first: ended(jobs.Connection, jobs.SurelyNotSent), after: time.Second, again: true, then: jobs.OK},
		{name: "a command refused with the credentials", row: command(1), first: ended(jobs.AuthFailed, jobs.Refused), after: time.Second, again: true, then: jobs.OK},
		{name: "a command in doubt", row: command(1), first: ended(jobs.Timeout, jobs.MaybeSent), after: 1000 * time.Hour, then: jobs.Unknown},
		{name: "a command in doubt, with --again", row: command(1), first: ended(jobs.Timeout, jobs.MaybeSent), after: time.Hour,
			change: func(r *rig) { r.Deps.Again = jobs.Again{Before: time.Now().Add(time.Hour)} }, then: jobs.Unknown},
		{name: "a command in doubt that a person found not done", row: command(1), first: ended(jobs.Timeout, jobs.MaybeSent), after: time.Hour,
			change: resolved(ledger.FoundNotDone), again: true, then: jobs.OK},
		{name: "a command in doubt that a person found done", row: command(1), first: ended(jobs.Timeout, jobs.MaybeSent), after: time.Hour,
			change: resolved(ledger.FoundDone), then: jobs.Skipped},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := &played{}
			answer := c.first
			up.command = func(context.Context, jobs.ICCID, string) jobs.Answer { return answer }
			up.ask = func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer {
				a := answer
				if a.Verdict == jobs.Done {
					a.Data = &jobs.Data{SIMStatus: "active"}
				}
				return a
			}
			r := rigged(t, up, c.row)
			defer r.close()
			now := time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
			r.Deps.Now = func() time.Time { return now }
			r.run()
			requests := len(up.sent) + up.count(status)
			now = now.Add(c.after)
			if c.change != nil {
				c.change(r)
			}
			answer = done()
			report := r.run()
			if c.again {
				requests *= 2
			}
			require.Equal(t, requests, len(up.sent)+up.count(status))
			require.Equal(t, tally(c.then, 1), report.Tally)
			require.Zero(t, report.NotRun)
			require.Equal(t, []jobs.Outcome{c.then}, r.outcomes())
		})
	}
}

func resolved(verdict ledger.Verdict) func(*rig) {
	return func(r *rig) {
		n, err := r.db.Resolve(r.t.Context(), accounts[jobs.M2M], card(1), verdict, "", "ann", "looked")
		require.NoError(r.t, err)
		require.Equal(r.t, 1, n)
	}
}

// What was on its way when a process was killed is unknown, at once and without
// a request, even if the run ends before it comes to that row.
func TestInFlightAtAKill(t *testing.T) {
	up := &played{}
	r := rigged(t, up, many(3, command)...)
	defer r.close()
	r.take()
	run, err := r.db.Continue(t.Context(), r.info, "ann", "box", "out.csv")
	require.NoError(t, err)
	row := jobs.Row{Seq: 1, Line: 3, ICCID: card(1), Action: jobs.SetAAGroup, Group: "L1", SameReadAs: -1}
	require.NoError(t, run.Intend(accounts[jobs.M2M], &row, jobs.Standing{}).Begin(t.Context()))

	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	report, err := r.prepare().Do(stopped, t.Context())
	require.NoError(t, err)
	require.Equal(t, tally(jobs.Unknown, 1), report.Tally)
	require.Equal(t, 2, report.NotRun)
	require.Equal(t, []jobs.Outcome{jobs.NotRun, jobs.Unknown, jobs.NotRun}, r.outcomes())

	require.Equal(t, tally(jobs.OK, 2, jobs.Unknown, 1), r.run().Tally)
	require.ElementsMatch(t, []jobs.ICCID{card(0), card(2)}, up.sent)
}

// A SIM that an earlier run left in doubt is barred, whatever the file says.
func TestEarlierDoubtBars(t *testing.T) {
	up := &played{}
	r := rigged(t, up, command(1))
	defer r.close()
	r.take()
	earlier, err := r.db.Start(t.Context(), r.info)
	require.NoError(t, err)
	row := jobs.Row{Seq: 77, Line: 80, ICCID: card(1), Action: jobs.SetAAGroup, Group: "L9", SameReadAs: -1}
	require.NoError(t, earlier.Intend(accounts[jobs.M2M], &row, jobs.Standing{}).Begin(t.Context()))
	for range 2 {
		require.Equal(t, tally(jobs.Unknown, 1), r.run().Tally)
	}
	require.Empty(t, up.sent)
	_, err = r.db.Resolve(t.Context(), accounts[jobs.M2M], card(1), ledger.FoundNotDone, "", "ann", "looked")
	require.NoError(t, err)
	require.Equal(t, tally(jobs.OK, 1), r.run().Tally, "once it is resolved the row goes on")
}

// Of a run that is continued what a person is asked about and what the run sends
// are the same rows: those that are not kept.
func TestKeep(t *testing.T) {
	up := &played{}
	up.command = func(_ context.Context, iccid jobs.ICCID, _ string) jobs.Answer {
		return map[jobs.ICCID]jobs.Answer{
			card(0): done(), card(1): ended(jobs.GroupNotLive, jobs.Refused), card(2): ended(jobs.Timeout, jobs.MaybeSent),
			card(3): ended(jobs.Throttled, jobs.SurelyNotSent),
		}[iccid]
	}
	up.ask = func(_ context.Context, _ jobs.Action, iccid jobs.ICCID) jobs.Answer {
		if iccid == card(4) {
			return ended(jobs.SIMUnknown, jobs.Refused)
		}
		return done()
	}
	r := rigged(t, up, append(many(5, command), reading(6))...)
	defer r.close()
	r.Deps.Preflight.Status = true
	require.Equal(t, tally(jobs.OK, 2, jobs.Failed, 2, jobs.Unknown, 1, jobs.Rejected, 1), r.run().Tally)
	for _, c := range []struct {
		after time.Duration
		kept  []int
	}{{time.Minute, []int{0, 1, 2, 4, 5}}, {time.Hour + time.Minute, []int{0, 1, 2}}} {
		k, err := Keep(t.Context(), r.db, r.info.ID, time.Now().Add(c.after), time.Hour)
		require.NoError(t, err)
		var kept []int
		for seq := range 6 {
			if k.Rows.Has(seq) {
				kept = append(kept, seq)
			}
		}
		require.Equal(t, c.kept, kept, c.after)
		require.Equal(t, 1, k.inDoubt)
	}
}

// A rejection that cost no request is looked at again at once: the catalogue may
// have been mended.
func TestRejectionWithoutARequest(t *testing.T) {
	catalogue := func(groups string) *jobs.Catalog {
		c, err := jobs.ReadCatalog(strings.NewReader("code,name,type\n"+groups), "groups.csv")
		require.NoError(t, err)
		return c
	}
	r := rigged(t, &played{}, command(1))
	defer r.close()
	r.Deps.Catalog = catalogue("L1,,pending\n")
	require.Equal(t, tally(jobs.Rejected, 1), r.run().Tally)
	r.Deps.Catalog = catalogue("L1,,live\n")
	require.Equal(t, tally(jobs.OK, 1), r.run().Tally)
}

// A row that nobody said yes to is not sent, and ends the run.
func TestNotApproved(t *testing.T) {
	up := &played{}
	r := rigged(t, up, many(3, command)...)
	defer r.close()
	r.Workers = map[jobs.Upstream]int{jobs.M2M: 1}
	r.Approved = &Rows{}
	r.Approved.Add(0)
	r.Approved.Add(2)
	report := r.run()
	require.Equal(t, Guarded, report.Ending)
	require.Contains(t, report.Cause, "line 3 was not among the rows that were approved")
	require.Equal(t, []jobs.ICCID{card(0)}, up.sent)
	require.Equal(t, []jobs.Outcome{jobs.OK, jobs.NotRun, jobs.NotRun}, r.outcomes())
}

// What earlier starts of the run left in doubt counts where nobody is there to
// know of it.
func TestUnattended(t *testing.T) {
	for _, c := range []struct {
		name       string
		unattended bool
		most       int
		tally      map[jobs.Outcome]int
		cause      string
	}{
		{name: "a person continues it", most: 4, tally: tally(jobs.Unknown, 2, jobs.OK, 4)},
		{name: "nobody is there", unattended: true, most: 4, tally: tally(jobs.Unknown, 2, jobs.OK, 1),
			cause: "2 irreversible rows of this run are unknown, half of --max-in-doubt 4: look the SIMs up"},
		{name: "there is room left", unattended: true, most: 5, tally: tally(jobs.Unknown, 2, jobs.OK, 4)},
		{name: "no bound", unattended: true, most: 0, tally: tally(jobs.Unknown, 2, jobs.OK, 4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := &played{}
			r := rigged(t, up, append(many(5, command), profile(9))...)
			defer r.close()
			r.take()
			run, err := r.db.Continue(t.Context(), r.info, "ann", "box", "out.csv")
			require.NoError(t, err)
			for n := range 2 { // and then it was killed
				row := jobs.Row{Seq: n, Line: n + 2, ICCID: card(n), Action: jobs.SetAAGroup, Group: "L1", SameReadAs: -1}
				require.NoError(t, run.Intend(accounts[jobs.M2M], &row, jobs.Standing{}).Begin(t.Context()))
			}
			r.Guards.Unattended, r.Guards.MaxInDoubt = c.unattended, c.most
			r.lines[jobs.M2M] = &way{blocked: later(100 * time.Millisecond)} // reads go on
			report := r.run()
			require.Equal(t, c.tally, report.Tally)
			require.Contains(t, report.Cause, c.cause)
			require.Len(t, up.sent, 6-2-1-report.NotRun)
		})
	}
}

// later is closed after some time.
func later(d time.Duration) chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

func TestUnreadableLedger(t *testing.T) {
	r := rigged(t, &played{}, reading(1))
	r.close()
	_, err := Keep(t.Context(), r.db, r.info.ID, time.Now(), time.Hour)
	require.Error(t, err)
	require.False(t, errors.Is(err, context.Canceled))
}
