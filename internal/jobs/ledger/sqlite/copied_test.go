package sqlite_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/dicetest"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

// busyFleet is a ledger under heavy commits, and what it has confirmed.
type busyFleet struct {
	db  *ledgertest.Handle
	run *ledger.Run

	mu        sync.Mutex
	confirmed map[jobs.ICCID]jobs.StandingState // what bars the SIM, as far as was confirmed
}

// confirm notes how a SIM stands for good, but for later acts of its own.
func (b *busyFleet) confirm(iccid jobs.ICCID, s jobs.StandingState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.confirmed[iccid] = s
}

// so is what has been confirmed.
func (b *busyFleet) so() map[jobs.ICCID]jobs.StandingState {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[jobs.ICCID]jobs.StandingState, len(b.confirmed))
	for iccid, s := range b.confirmed {
		all[iccid] = s
	}
	return all
}

// work commands SIMs of its own until ctx ends: most once, some again, some are
// surely not sent at first.
func (b *busyFleet) work(ctx context.Context, t *testing.T, worker int, dice *rand.Rand) {
	for n := worker; ctx.Err() == nil; n += 8 {
		iccid := ledgertest.SIM(dice.IntN(300)*8 + worker) // all over the index
		row := ledgertest.Command(n, iccid, "L100")
		row.Ordered = dice.IntN(4) == 0
		s, err := b.db.Standing(context.Background(), ledgertest.Account, iccid)
		if err != nil || s.State == jobs.InDoubt {
			continue
		}
		act := b.run.Intend(ledgertest.Account, &row, s)
		if !b.must(t, act.Begin(context.Background())) {
			return
		}
		if s.State == jobs.Untouched && dice.IntN(5) == 0 {
			if !b.must(t, act.NotSent()) || !b.must(t, act.Begin(context.Background())) {
				return
			}
		}
		b.confirm(iccid, jobs.InDoubt)
		if dice.IntN(10) == 0 {
			continue // left on its way
		}
		if !b.must(t, b.run.Record(&row, new(ledgertest.Result(row, jobs.OK, "")), ledgertest.Never(t))) {
			return
		}
		if row.Ordered {
			b.confirm(iccid, jobs.DoneEarlier)
		}
		if dice.IntN(40) == 0 {
			time.Sleep(time.Duration(dice.IntN(60)) * time.Millisecond)
		}
	}
}

func (b *busyFleet) must(t *testing.T, err error) bool {
	if err != nil {
		t.Error(err)
	}
	return err == nil
}

// A copy of the file alone, made page by page while it is written to, holds
// every act that was confirmed before, or is refused as damaged.
func TestCopiedWhileWritten(t *testing.T) {
	dice := dicetest.For(t)
	ledgers := 1
	if ledgertest.Long() {
		ledgers = 10 // each anew: a copy is read whole, and a ledger under heavy commits soon is long
	}
	for range ledgers {
		copiedWhileWritten(t, dice, 40)
	}
}

func copiedWhileWritten(t *testing.T, dice *rand.Rand, copies int) {
	db := fresh(t)
	b := &busyFleet{db: db, run: db.Starts(t, ledger.Real, "d1"), confirmed: map[jobs.ICCID]jobs.StandingState{}}
	ctx, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	for worker := range 8 {
		own := rand.New(rand.NewPCG(dice.Uint64(), 0))
		workers.Go(func() { b.work(ctx, t, worker, own) })
	}
	file, err := os.Open(db.Path())
	require.NoError(t, err)
	refused, taken := 0, 0
	for n := range copies {
		confirmed := b.so()
		pause := time.Duration(dice.IntN(300)) * time.Microsecond
		if n%3 == 0 {
			pause = 0
		}
		path := copySlowly(t, file, pause)
		if holdsAll(t, path, confirmed) {
			taken++
		} else {
			refused++
		}
		require.NoError(t, os.RemoveAll(filepath.Dir(path)))
	}
	stop()
	workers.Wait()
	require.NoError(t, db.Flush(t.Context()))
	path := copySlowly(t, file, 0)
	require.True(t, holdsAll(t, path, b.so()), "at rest nothing is wrong with a copy")
	require.NoError(t, db.Close())
	require.NoError(t, file.Close()) // not before: it would take away SQLite's locks on the file
	t.Logf("%d copies of up to %d SIMs: %d held all, %d were refused", copies, len(b.so()), taken, refused)
	require.Positive(t, taken)
	require.Positive(t, refused)
}

func copySlowly(t *testing.T, file *os.File, pause time.Duration) (path string) {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "copy-*")
	require.NoError(t, err)
	path = filepath.Join(dir, "ledger.db")
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	page := make([]byte, 4096)
	for at := int64(0); ; at += int64(len(page)) {
		n, err := file.ReadAt(page, at)
		if n == 0 {
			require.Error(t, err)
			break
		}
		_, err = to.WriteAt(page[:n], at)
		require.NoError(t, err)
		if pause > 0 {
			time.Sleep(pause)
		}
	}
	require.NoError(t, to.Close())
	return path
}

// holdsAll opens a copy: false where it is refused as damaged; else it must bar
// all that was confirmed.
func holdsAll(t *testing.T, path string, confirmed map[jobs.ICCID]jobs.StandingState) bool {
	t.Helper()
	db, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
	if err != nil {
		require.True(t, errors.Is(err, ledger.ErrCorrupt), "%v", err)
		return false
	}
	defer db.Close()
	h := ledgertest.Held(db)
	for iccid, was := range confirmed {
		s := h.Stands(t, iccid)
		require.NotEqual(t, jobs.Untouched, s.State, "%s was %v", iccid, was)
		if s.State == jobs.InDoubt {
			continue // it may have been sent again since
		}
		require.Equal(t, jobs.DoneEarlier, s.State)
	}
	require.NoError(t, db.Close())
	ofOneMoment(t, path)
	return true
}

// ofOneMoment holds a ledger's acts against each other: none is missing before
// another, and what was replaced has its successor.
func ofOneMoment(t *testing.T, path string) {
	t.Helper()
	last := int64(0)
	replaced := map[int64]bool{}
	for _, a := range actsAt(t, path) {
		require.Equal(t, last+1, a.ID, "an act is missing")
		last = a.ID
		if a.State == ledger.Replaced {
			replaced[a.ID] = true
		}
		if a.Replaces != 0 && a.State != ledger.NotSentState {
			require.True(t, replaced[a.Replaces], "act %d replaces %d, which is not so", a.ID, a.Replaces)
			delete(replaced, a.Replaces)
		}
	}
	require.Empty(t, replaced, "replaced by nothing")
}
