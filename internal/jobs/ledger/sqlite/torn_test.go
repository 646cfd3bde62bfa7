package sqlite_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/dicetest"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

// A file that has some pages of before a commit and some of after it, whichever,
// is what was before, or what is after, or refused as damaged.
func TestTornByOneCommit(t *testing.T) {
	dice := dicetest.For(t)
	db := fresh(t)
	run := db.Starts(t, ledger.Real, "d1")
	for n, which := range dice.Perm(300) {
		ledgertest.Sends(t, run, ledgertest.Command(n, ledgertest.SIM(which*2), "L100"), jobs.OK)
	}
	flying := ledgertest.Command(1000, ledgertest.SIM(1), "L100")
	act := run.Intend(ledgertest.Account, &flying, jobs.Standing{})
	done := ledgertest.Command(1001, ledgertest.SIM(3), "L100")
	for _, c := range []struct {
		name   string
		commit func(t *testing.T)
	}{
		{"an intent", func(t *testing.T) { require.NoError(t, act.Begin(t.Context())) }},
		{"not sent", func(t *testing.T) { require.NoError(t, act.NotSent()) }},
		{"another attempt", func(t *testing.T) { require.NoError(t, act.Begin(t.Context())) }},
		{"an outcome", func(t *testing.T) { ledgertest.Record(t, run, flying, jobs.OK, "") }},
		{"one more", func(t *testing.T) { ledgertest.Sends(t, run, done, jobs.OK) }},
		{"an intent over another act", func(t *testing.T) {
			require.NoError(t, run.Intend(ledgertest.Account, &flying, db.Stands(t, flying.ICCID)).Begin(t.Context()))
		}},
		{"unknown", func(t *testing.T) { ledgertest.Record(t, run, flying, jobs.Unknown, jobs.Timeout) }},
		{"a person's word", func(t *testing.T) {
			_, err := db.Resolve(t.Context(), ledgertest.Account, flying.ICCID, ledger.FoundNotDone, "", "ann", "looked")
			require.NoError(t, err)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := bytesOf(t, db)
			c.commit(t)
			after := bytesOf(t, db)
			was, is := actsIn(t, before), actsIn(t, after)
			require.False(t, slices.Equal(was, is))
			var changed []int
			for at := 0; at < len(after); at += 4096 {
				if at >= len(before) || !bytes.Equal(before[at:at+4096], after[at:at+4096]) {
					changed = append(changed, at)
				}
			}
			refused, ways := 0, 1<<len(changed)
			t.Logf("%d pages changed", len(changed))
			most := 30
			if ledgertest.Long() {
				most = 1500
			}
			for way := range ways {
				if dice.IntN(ways) > most {
					continue
				}
				torn := bytes.Clone(after)
				for i, at := range changed {
					if way&(1<<i) == 0 && at < len(before) {
						copy(torn[at:], before[at:at+4096])
					}
				}
				if found := actsIn(t, torn); found == nil {
					refused++
				} else if !slices.Equal(found, was) && !slices.Equal(found, is) {
					t.Errorf("what was taken is neither what was nor what is, where of the changed pages %v are new: %b", changed, way)
				}
			}
			require.Positive(t, refused)
		})
	}
}

// bytesOf is a ledger's file as it is.
func bytesOf(t *testing.T, db *ledgertest.Handle) []byte {
	t.Helper()
	text, err := os.ReadFile(snapshot(t, db.Path()))
	require.NoError(t, err)
	return text
}

// actsIn lists the acts of a ledger's file; nil where it is refused as damaged.
func actsIn(t *testing.T, text []byte) (all []ledger.ActInfo) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	defer os.Remove(path)
	db, err := ledger.Open(t.Context(), path, ledgertest.Options(false))
	if err != nil {
		require.True(t, errors.Is(err, ledger.ErrCorrupt), "%v", err)
		return nil
	}
	require.NoError(t, db.Close())
	return actsAt(t, path)
}
