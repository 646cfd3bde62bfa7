package runner

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/dicetest"
)

// The rows of a SIM never run at the same time and run in the order of the
// file, whichever lanes they are in, however long each takes and however they
// spell the SIM.
func TestRowsOfOneSIMInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, order := map[jobs.SIM]bool{}, map[jobs.SIM][]jobs.Action{}
		most, now := 0, 0
		dice := dicetest.For(t)
		at := func(spelled jobs.ICCID, action jobs.Action) {
			iccid := spelled.SIM()
			mu.Lock()
			assert.False(t, running[iccid], "two rows of %s at once", iccid)
			running[iccid] = true
			order[iccid] = append(order[iccid], action)
			now++
			most = max(most, now)
			takes := time.Duration(dice.IntN(2000)) * time.Millisecond
			mu.Unlock()
			time.Sleep(takes)
			mu.Lock()
			running[iccid] = false
			now--
			mu.Unlock()
		}
		up := &played{
			ask:     func(_ context.Context, a jobs.Action, i jobs.ICCID) jobs.Answer { at(i, a); return done() },
			command: func(_ context.Context, i jobs.ICCID, _ string) jobs.Answer { at(i, jobs.SetAAGroup); return done() },
		}
		var rows []string
		want := map[jobs.SIM][]jobs.Action{}
		kinds := []jobs.Action{jobs.GetEUICCProfile, jobs.QueryStatus, jobs.SetAAGroup, jobs.QueryContract}
		for n := range 200 {
			for place := range 1 + n%4 {
				action := kinds[(n/4+place)%4]
				iccid := card(n)
				if place%2 == 1 {
					iccid = otherSpelling(iccid)
				}
				rows = append(rows, fmt.Sprintf("%s,%s,%s,", iccid, action, map[bool]string{true: "L1"}[action == jobs.SetAAGroup]))
				want[card(n).SIM()] = append(want[card(n).SIM()], action)
			}
		}
		// The rows of different SIMs are mixed, those of one keep their order.
		dice.Shuffle(len(rows), func(i, j int) {
			if rows[i][:19] != rows[j][:19] && !between(rows, i, j) {
				rows[i], rows[j] = rows[j], rows[i]
			}
		})
		r := rigged(t, up, rows...)
		defer r.close()
		report := r.run()
		require.Equal(t, tally(jobs.OK, len(rows)), report.Tally)
		require.Equal(t, want, order)
		require.Greater(t, most, 20, "different SIMs' rows run side by side")
	})
}

// between reports whether rows of the SIMs at i and j stand between them, so that
// they must not change places.
func between(rows []string, i, j int) bool {
	a, b := rows[i][:19], rows[j][:19]
	for k := min(i, j) + 1; k < max(i, j); k++ {
		if rows[k][:19] == a || rows[k][:19] == b {
			return true
		}
	}
	return false
}

func TestLanesDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := &played{}
		rows := append(many(3*mostParked, profile), many(500, func(n int) string { return reading(100_000 + n) })...)
		r := rigged(t, up, rows...)
		defer r.close()
		open := make(chan struct{})
		r.lines[jobs.Betatel] = &way{blocked: open}
		runner := r.prepare()
		reports := make(chan Report)
		go func() {
			report, err := runner.Do(t.Context(), t.Context())
			require.NoError(t, err)
			reports <- report
		}()
		synctest.Wait()
		finished, total, _ := runner.Progress()
		require.Equal(t, 500, finished, "all of m2m's rows, although betatel takes none")
		require.Equal(t, len(rows), total)
		close(open)
		require.Equal(t, tally(jobs.OK, len(rows)), (<-reports).Tally)
	})
}

// More rows of one SIM than may wait for their turn, over both lanes.
func TestMoreRowsOfASIMThanMayWait(t *testing.T) {
	var rows []string
	for n := range mostParked + 100 {
		rows = append(rows, profile(n))
	}
	for n := range mostParked + 100 {
		rows = append(rows, reading(n))
	}
	up := &played{}
	r := rigged(t, up, rows...)
	defer r.close()
	var once sync.Once
	open := make(chan struct{})
	r.lines[jobs.Betatel] = &way{blocked: open}
	up.ask = func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer { return done() }
	r.Observe = func(*jobs.Row, *jobs.Result) {}
	timer := time.AfterFunc(200*time.Millisecond, func() { once.Do(func() { close(open) }) })
	defer timer.Stop()
	require.Equal(t, tally(jobs.OK, len(rows)), r.run().Tally)
}

// A read that the file asks twice is sent once; both rows get the answer, each
// held against its own expect.
func TestRepeatedReads(t *testing.T) {
	up := &played{}
	r := rigged(t, up,
		expecting(1, "sim_status=active"), expecting(1, "sim_status=closed"), reading(1), reading(2), profile(1), reading(1))
	defer r.close()
	report := r.run()
	require.Equal(t, []jobs.Outcome{jobs.OK, jobs.Drift, jobs.OK, jobs.OK, jobs.OK, jobs.OK}, r.outcomes())
	require.Equal(t, tally(jobs.OK, 5, jobs.Drift, 1), report.Tally)
	require.Equal(t, 1, up.count("query_status "+string(card(1))))
	results := r.results()
	require.Equal(t, 1, results[0].Attempts)
	require.Zero(t, results[1].Attempts, "its answer cost nothing")
	require.Equal(t, "active", results[5].Data.SIMStatus)
}

// A SIM in another spelling is asked for again: what the upstream says of one
// number may not hold for the other.
func TestReadsInTwoSpellings(t *testing.T) {
	up := &played{}
	other := string(otherSpelling(card(1)))
	r := rigged(t, up, reading(1), other+",query_status,,", reading(1), other+",query_status,,")
	defer r.close()
	require.Equal(t, tally(jobs.OK, 4), r.run().Tally)
	require.Equal(t, []string{"query_status " + string(card(1)), "query_status " + other}, up.asked)
}

func TestRepeatedReadOfAFailure(t *testing.T) {
	up := &played{ask: func(context.Context, jobs.Action, jobs.ICCID) jobs.Answer { return ended(jobs.Timeout, jobs.MaybeSent) }}
	r := rigged(t, up, reading(1), expecting(1, "sim_status=closed"))
	defer r.close()
	require.Equal(t, tally(jobs.Failed, 2), r.run().Tally)
	require.Equal(t, jobs.Timeout, r.results()[1].Code)
	require.Equal(t, 1, up.count("query_status "+string(card(1))))
}

// Rows that are wrong in themselves are recorded, even where there is nothing
// to send and so no line.
func TestNothingToSend(t *testing.T) {
	r := rigged(t, &played{}, "12,query_status,,", string(card(1))+",fly,,", command(2)+"x=1")
	defer r.close()
	r.lines = nil
	report := r.run()
	require.Equal(t, tally(jobs.Invalid, 3), report.Tally)
	require.Zero(t, report.NotRun)
	require.Equal(t, []jobs.Outcome{jobs.Invalid, jobs.Invalid, jobs.Invalid}, r.outcomes())
}

// What became of an irreversible row is on disk before it is reported, and
// before the next row of its SIM sets out.
func TestRecordedBeforeTheNext(t *testing.T) {
	up := &played{}
	var rows []string
	for n := range 20 {
		rows = append(rows, command(n), reading(n), command(100+n))
	}
	r := rigged(t, up, rows...)
	defer r.close()
	disk, err := sql.Open("sqlite", "file:"+r.db.Path()+"?mode=ro&_pragma=busy_timeout(20000)")
	require.NoError(t, err)
	defer disk.Close()
	onDisk := func(iccid jobs.ICCID) {
		var act, outcome string
		err := disk.QueryRow(`SELECT acts.state, results.outcome FROM acts JOIN results ON results.id = acts.result WHERE acts.iccid = ?`, string(iccid)).Scan(&act, &outcome)
		assert.NoError(t, err)
		assert.Equal(t, "done ok", act+" "+outcome)
	}
	up.ask = func(_ context.Context, _ jobs.Action, iccid jobs.ICCID) jobs.Answer { onDisk(iccid); return done() }
	r.Observe = func(row *jobs.Row, _ *jobs.Result) { onDisk(row.ICCID) }
	require.Equal(t, tally(jobs.OK, 60), r.run().Tally)
}
