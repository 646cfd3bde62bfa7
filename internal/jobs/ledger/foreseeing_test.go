package ledger

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger/sqlite"
	"bulk/internal/jobs/ledger/store"
)

// counting counts how often acts are asked for.
type counting struct {
	store.Store
	asked int
}

func (c *counting) Acts(ctx context.Context, q store.ActQuery) ([]store.Act, error) {
	c.asked++
	return c.Store.Acts(ctx, q)
}

// counted is a fresh ledger that counts, on a clock that goes on when it is told.
func counted(t *testing.T) (*DB, *counting, *time.Time) {
	t.Helper()
	now := began
	o := Options{Create: true, Now: func() time.Time { return now }, User: "ann", Host: "box"}
	path := filepath.Join(t.TempDir(), "ledger.db")
	kept, err := sqlite.Open(t.Context(), path, o)
	require.NoError(t, err)
	c := &counting{Store: kept}
	db, err := New(t.Context(), c, path, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db, c, &now
}

// commands are rows for the SIMs from 0 to n, of which none occurs twice.
func commands(n int) iter.Seq2[jobs.Row, error] {
	return func(yield func(jobs.Row, error) bool) {
		for i := range n {
			row := command(i, sim(i), "L100")
			row.Ordered = false
			if !yield(row, nil) {
				return
			}
		}
	}
}

func all(*jobs.Row) bool { return true }

func TestForeseenStandingsAreAskedForTogether(t *testing.T) {
	db, c, _ := counted(t)
	run := starts(t, db, Real, "a")
	sends(t, run, command(0, sim(7), "L100"), jobs.OK)
	sends(t, run, command(1, sim(300), "L200"), jobs.Unknown)
	before, n := c.asked, 0
	for row, err := range db.Foreseeing(t.Context(), account, commands(600), all) {
		require.NoError(t, err)
		require.Equal(t, n, row.Seq, "in their order")
		n++
		want := map[int]jobs.StandingState{7: jobs.DoneEarlier, 300: jobs.InDoubt}[row.Seq]
		require.Equal(t, want, standing(t, db, row.ICCID).State, row.Seq)
	}
	require.Equal(t, 600, n)
	require.Equal(t, 3, c.asked-before, "600 rows, 256 at a time")
}

// What was foreseen is good for one question, asked soon.
func TestForeseenStandingsDoNotOutliveTheirUse(t *testing.T) {
	db, c, now := counted(t)
	run := starts(t, db, Real, "a")
	for row, err := range db.Foreseeing(t.Context(), account, commands(3), all) {
		require.NoError(t, err)
		switch row.Seq {
		case 0: // barred by the unique key, a row asks again and hears why
			require.Equal(t, jobs.Untouched, standing(t, db, row.ICCID).State)
			sends(t, run, command(0, row.ICCID, "L100"), jobs.OK)
			require.Equal(t, jobs.DoneEarlier, standing(t, db, row.ICCID).State)
		case 1: // another process may have done it meanwhile
			sends(t, run, command(1, row.ICCID, "L100"), jobs.OK)
			*now = now.Add(time.Second)
			require.Equal(t, jobs.DoneEarlier, standing(t, db, row.ICCID).State)
		case 2: // a clock that was set back says nothing
			sends(t, run, command(2, row.ICCID, "L100"), jobs.OK)
			*now = began.Add(-time.Second)
			require.Equal(t, jobs.DoneEarlier, standing(t, db, row.ICCID).State)
		}
	}
	require.Equal(t, 4, c.asked, "the three ahead, and each that was asked again")
}

// A row that shares its SIM with another must see what that did; one that is not
// sent asks nothing; and what another account did is not this one's.
func TestNotForeseen(t *testing.T) {
	db, c, _ := counted(t)
	run := starts(t, db, Real, "a")
	twins := func(yield func(jobs.Row, error) bool) {
		_ = yield(command(0, sim(1), "L100"), nil) && yield(command(1, sim(1), "L100"), nil)
	}
	for row, err := range db.Foreseeing(t.Context(), account, twins, all) {
		require.NoError(t, err)
		if row.Seq == 0 {
			sends(t, run, row, jobs.OK)
			continue
		}
		require.Equal(t, jobs.DoneEarlier, standing(t, db, row.ICCID).State)
	}
	before := c.asked
	for _, err := range db.Foreseeing(t.Context(), account, commands(3), func(*jobs.Row) bool { return false }) {
		require.NoError(t, err)
	}
	require.Equal(t, before, c.asked)
	for row, err := range db.Foreseeing(t.Context(), other, commands(3), all) {
		require.NoError(t, err)
		if row.Seq == 1 {
			require.Equal(t, jobs.DoneEarlier, standing(t, db, row.ICCID).State)
		}
	}
}

func TestForeseeingPassesOnHowTheRowsEnd(t *testing.T) {
	db, _, _ := counted(t)
	broken := errors.New("the file is cut")
	rows := func(yield func(jobs.Row, error) bool) {
		for row := range commands(2) {
			if !yield(row, nil) {
				return
			}
		}
		yield(jobs.Row{}, broken)
	}
	var seen []error
	for _, err := range db.Foreseeing(t.Context(), account, rows, all) {
		seen = append(seen, err)
	}
	require.Equal(t, []error{nil, nil, broken}, seen)
	for range db.Foreseeing(t.Context(), account, rows, all) {
		break
	}
}
