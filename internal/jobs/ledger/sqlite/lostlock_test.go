package sqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
)

// sent lists what processes sent, each as often as it was.
func sent(t *testing.T, path string) map[string]int {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	all := map[string]int{}
	for line := range bytes.Lines(text) {
		all[strings.TrimSpace(string(line))]++
	}
	return all
}

// Two processes send to the same SIMs; in mid-run what keeps them apart is taken
// away. No SIM is sent to twice, and at most one process goes on.
func TestTwoSendersWithoutTheirLock(t *testing.T) {
	for _, c := range []struct {
		name string
		lose func(t *testing.T, path string)
	}{
		{"the folder with the locks deleted", func(t *testing.T, path string) { require.NoError(t, os.RemoveAll(path+".d")) }},
		{"the folder with the locks renamed", func(t *testing.T, path string) { require.NoError(t, os.Rename(path+".d", path+".old")) }},
		{"the locks deleted one by one", func(t *testing.T, path string) {
			locks, err := filepath.Glob(path + ".d/*.lock")
			require.NoError(t, err)
			require.NotEmpty(t, locks)
			for _, lock := range locks {
				require.NoError(t, os.Remove(lock))
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := place(t)
			sends := filepath.Join(t.TempDir(), "sent")
			first, second := ledgertest.Spawn(t, p, ledgertest.ChildSends, sends), ledgertest.Spawn(t, p, ledgertest.ChildSends, sends)
			require.Equal(t, "open", first.Says(t))
			require.Equal(t, "open", second.Says(t))
			first.Go(t)
			require.Equal(t, "begun", first.Says(t))
			require.Eventually(t, func() bool { return len(sent(t, sends)) > 20 }, 20*time.Second, time.Millisecond)
			c.lose(t, p.Where)
			second.Go(t)
			require.Equal(t, "begun", second.Says(t), "nothing keeps it out any more")
			ended := strings.Join(first.Rest(), "\n")
			require.Contains(t, ended, ledger.ErrFenced.Error())
			require.Empty(t, second.Rest())
			for iccid, n := range sent(t, sends) {
				require.Equal(t, 1, n, "%s was sent to %d times", iccid, n)
			}
			for _, a := range actsAt(t, p.Where) {
				require.NotEqual(t, ledger.Intended, a.State)
			}
			require.GreaterOrEqual(t, len(sent(t, sends)), 148, "the second does the rest, but for what the first had on its way")
		})
	}
}

// A ledger that is deleted, and made anew by another process, is noticed before
// anything more is sent.
func TestSenderWhoseLedgerIsRemade(t *testing.T) {
	p := place(t)
	sends := filepath.Join(t.TempDir(), "sent")
	first := ledgertest.Spawn(t, p, ledgertest.ChildSends, sends)
	require.Equal(t, "open", first.Says(t))
	first.Go(t)
	require.Equal(t, "begun", first.Says(t))
	require.Eventually(t, func() bool { return len(sent(t, sends)) > 20 }, 20*time.Second, time.Millisecond)
	for _, suffix := range []string{"", "-journal", ".d"} {
		require.NoError(t, os.RemoveAll(p.Where+suffix))
	}
	before := len(sent(t, sends))
	h := ledgertest.Opened(t, p)
	h.Starts(t, ledger.Real, "anew")
	said := strings.Join(first.Rest(), "\n")
	require.True(t, strings.Contains(said, "the ledger is gone") || strings.Contains(said, "was replaced by another one"), said)
	require.LessOrEqual(t, len(sent(t, sends)), before+2, "only what was begun already")
	require.Empty(t, actsAt(t, p.Where), "and nothing of it went into the new one")
}

// However the lock is lost, the process that held it begins nothing more, but
// what it had on its way is still written down.
func TestLostLockIsNoticed(t *testing.T) {
	h := fresh(t)
	run := h.Starts(t, ledger.Real, "d1")
	flying := ledgertest.Command(0, ledgertest.SIM(0), "L100")
	ledgertest.Begins(t, run, flying)
	require.NoError(t, os.RemoveAll(h.Path()+".d"))
	err := run.Intend(ledgertest.Account, new(ledgertest.Command(1, ledgertest.SIM(1), "L100")), jobs.Standing{}).Begin(t.Context())
	require.ErrorIs(t, err, ledger.ErrFenced)
	require.ErrorContains(t, err, "was removed or replaced")
	ledgertest.Record(t, run, flying, jobs.OK, "")
	require.Equal(t, []ledger.State{ledger.DoneState}, h.States(t, ledgertest.SIM(0)))

	// Another lock in its place is not this one.
	again := at(t, h.Path())
	again.Take(t, ledgertest.Account)
	err = run.Intend(ledgertest.Account, new(ledgertest.Command(2, ledgertest.SIM(2), "L100")), jobs.Standing{}).Begin(t.Context())
	require.ErrorIs(t, err, ledger.ErrFenced)
}

// A ledger with a second name is refused, until there is one again.
func TestHardLink(t *testing.T) {
	h := fresh(t)
	h.Starts(t, ledger.Real, "d1")
	require.NoError(t, h.Close())
	link := filepath.Join(filepath.Dir(h.Path()), "link.db")
	require.NoError(t, os.Link(h.Path(), link))
	for _, path := range []string{h.Path(), link} {
		_, err := ledger.Open(t.Context(), path, ledgertest.Options(true))
		require.ErrorContains(t, err, "second hard link")
	}
	require.NoError(t, os.Remove(link))
	at(t, h.Path())
}

// What a process left that was killed while it made the ledger is swept; what a
// living one is making is not.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "led[ger].db") // a name that is a pattern, too
	old, young, foreign := path+".new-1", path+".new-2", filepath.Join(dir, "other.db.new-1")
	for _, name := range []string{old, young, foreign} {
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	long := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(old, long, long))
	require.NoError(t, os.Chtimes(foreign, long, long))
	h := at(t, path)
	h.Starts(t, ledger.Real, "d1")
	require.NoError(t, h.Close())
	require.NoFileExists(t, old)
	require.FileExists(t, young)
	require.FileExists(t, foreign)

	// Killed between the two names of the new ledger.
	require.NoError(t, os.Link(path, path+".new-3"))
	at(t, path)
	require.NoFileExists(t, path+".new-3")
	require.NotEmpty(t, fmt.Sprint(h.ID()))
}
