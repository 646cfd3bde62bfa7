package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/dicetest"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

const damagedSIMs = 60

// use gives every SIM a group or leaves it in doubt.
func use(t *testing.T, db *ledgertest.Handle) {
	t.Helper()
	run := db.Starts(t, ledger.Real, "d1")
	for n := range damagedSIMs {
		ledgertest.Sends(t, run, ledgertest.Command(n, ledgertest.SIM(n), "L100"), wellUsedOutcome(n))
	}
}

// wellUsed makes a ledger of some twenty pages.
func wellUsed(t *testing.T) []byte {
	t.Helper()
	db := fresh(t)
	use(t, db)
	require.NoError(t, db.Close())
	whole, err := os.ReadFile(db.Path())
	require.NoError(t, err)
	return whole
}

func wellUsedOutcome(n int) jobs.Outcome {
	if n%10 == 3 {
		return jobs.Unknown
	}
	return jobs.OK
}

// stillBars opens a damaged ledger: either it is refused, in a word for what it
// is, or every SIM's standing is what it was.
func stillBars(t *testing.T, path, what string) (refused bool) {
	t.Helper()
	db, err := ledger.Open(t.Context(), path, ledgertest.Options(true))
	if err != nil {
		require.True(t, errors.Is(err, ledger.ErrCorrupt) || errors.Is(err, ledger.ErrNewer), "%s: %v", what, err)
		return true
	}
	defer db.Close()
	for n := range damagedSIMs {
		s, err := db.Standing(t.Context(), ledgertest.Account, ledgertest.SIM(n))
		if err != nil {
			require.ErrorIs(t, err, ledger.ErrCorrupt, what)
			continue
		}
		want := jobs.DoneEarlier
		if wellUsedOutcome(n) == jobs.Unknown {
			want = jobs.InDoubt
		}
		require.Equal(t, want, s.State, "%s: SIM %d", what, n)
		require.Equal(t, "L100", s.Group, "%s: SIM %d", what, n)
	}
	return false
}

func TestTruncated(t *testing.T) {
	whole := wellUsed(t)
	require.False(t, stillBars(t, damaged(t, whole), "whole"))
	dice := dicetest.For(t)
	var lengths []int
	for at := 0; at < len(whole); at += 4096 {
		lengths = append(lengths, at, at+1, at+dice.IntN(4096))
	}
	for _, length := range lengths {
		if length < len(whole) {
			what := fmt.Sprintf("cut to %d of %d bytes", length, len(whole))
			refused := stillBars(t, damaged(t, whole[:length]), what)
			// Of the last page a few zeros may be cut off that nobody needs.
			require.True(t, refused || length > len(whole)-4096 && length%512 == 0, what)
		}
	}
}

func damaged(t *testing.T, text []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ledger.db")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func TestBitFlipped(t *testing.T) {
	whole := wellUsed(t)
	dice := dicetest.For(t)
	flips := 60
	if ledgertest.Long() {
		flips = 3000
	}
	refused := 0
	for i := range flips {
		bit := dice.IntN(len(whole) * 8)
		switch i % 4 {
		case 0:
			bit = dice.IntN(100 * 8) // the header
		case 1:
			bit = dice.IntN(len(whole)/4096)*4096*8 + dice.IntN(64*8) // a page's header and cell pointers
		}
		text := append([]byte(nil), whole...)
		text[bit/8] ^= 1 << (bit % 8)
		if stillBars(t, damaged(t, text), fmt.Sprintf("bit %d of byte %d", bit%8, bit/8)) {
			refused++
		}
	}
	t.Logf("%d of %d flips were refused, the others changed nothing that bars a command", refused, flips)
}

// Every bit of the file's header, for there SQLite has words of its own for what
// is wrong.
func TestHeaderBitFlipped(t *testing.T) {
	whole := wellUsed(t)
	dice := dicetest.For(t)
	for bit := range 100 * 8 {
		if !ledgertest.Long() && dice.IntN(6) > 0 {
			continue
		}
		text := append([]byte(nil), whole...)
		text[bit/8] ^= 1 << (bit % 8)
		stillBars(t, damaged(t, text), fmt.Sprintf("bit %d of byte %d", bit%8, bit/8))
	}
}

func TestPageZeroed(t *testing.T) {
	whole := wellUsed(t)
	for at := 0; at < len(whole); at += 4096 {
		text := append([]byte(nil), whole...)
		clear(text[at : at+4096])
		what := fmt.Sprintf("page at %d zeroed", at)
		require.True(t, stillBars(t, damaged(t, text), what), what)
	}
}

// A ledger that is written to by another process is not taken for damaged.
func TestOpenWhileWritten(t *testing.T) {
	db := fresh(t)
	run := db.Starts(t, ledger.Real, "d1")
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			act := run.Intend(ledgertest.Account, new(ledgertest.Command(0, ledgertest.SIM(0), "L100")), jobs.Standing{})
			if err := errors.Join(act.Begin(t.Context()), act.NotSent()); err != nil {
				stopped <- err
				return
			}
		}
	}()
	for range 20 {
		other, err := ledger.Open(t.Context(), db.Path(), ledgertest.Options(false))
		require.NoError(t, err)
		require.NoError(t, other.Close())
	}
	close(stop)
	require.NoError(t, <-stopped)
}
