package mark_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger/mark"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// act is the nth of a ledger, a second after the one before.
func act(n int64) mark.Act {
	return mark.Act{Number: n, SIM: "8944500102030001010", At: noon.Add(time.Duration(n) * time.Second)}
}

func markOf(ledger, account string, n int64) mark.Mark {
	return mark.Mark{Ledger: ledger, Account: account, Path: "/var/lib/bulk/ledger.db", Act: act(n), Seen: noon}
}

func TestMarksAreKeptApart(t *testing.T) {
	f := mark.In(filepath.Join(t.TempDir(), "state [old]*", "marks"))
	_, found, err := f.Of(t.Context(), "one", "m2m:u@h")
	require.NoError(t, err)
	require.False(t, found)
	require.NoDirExists(t, f.Dir(), "looking makes nothing")

	all := []mark.Mark{markOf("one", "m2m:u@h", 5), markOf("one", "m2m:v@h", 7), markOf("two", "m2m:u@h", 3)}
	for _, m := range all {
		require.NoError(t, f.Move(t.Context(), m))
	}
	for _, want := range all {
		got, found, err := f.Of(t.Context(), want.Ledger, want.Account)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, want, got)
	}
	there, err := f.At(t.Context(), "/var/lib/bulk/ledger.db", "m2m:u@h")
	require.NoError(t, err)
	require.Equal(t, []mark.Mark{all[0], all[2]}, there)
	there, err = f.At(t.Context(), "/elsewhere", "m2m:u@h")
	require.NoError(t, err)
	require.Empty(t, there)
}

func TestMarksArePrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are another thing there")
	}
	f := mark.In(filepath.Join(t.TempDir(), "marks"))
	require.NoError(t, f.Move(t.Context(), markOf("one", "m2m:u@h", 5)))
	dir, err := os.Stat(f.Dir())
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), dir.Mode().Perm())
	entries, err := os.ReadDir(f.Dir())
	require.NoError(t, err)
	require.Len(t, entries, 2, "the mark and the lock: %v", entries)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
	}
}

func TestAMarkGoesForwardOnly(t *testing.T) {
	f := mark.In(t.TempDir())
	for _, c := range []struct {
		what string
		put  func() error
		want int64
	}{
		{"the first", func() error { return f.Move(t.Context(), markOf("one", "a", 5)) }, 5},
		{"further", func() error { return f.Move(t.Context(), markOf("one", "a", 9)) }, 9},
		{"not back", func() error { return f.Move(t.Context(), markOf("one", "a", 7)) }, 9},
		{"back, where a person accepted it", func() error { return f.Replace(t.Context(), markOf("one", "a", 7)) }, 7},
		{"on from there", func() error { return f.Move(t.Context(), markOf("one", "a", 8)) }, 8},
	} {
		require.NoError(t, c.put(), c.what)
		got, _, err := f.Of(t.Context(), "one", "a")
		require.NoError(t, err)
		require.Equal(t, c.want, got.Act.Number, c.what)
	}
}

// A ledger may have moved; the same act at another place is noted.
func TestAMarkFollowsItsLedger(t *testing.T) {
	f := mark.In(t.TempDir())
	m := markOf("one", "a", 5)
	require.NoError(t, f.Move(t.Context(), m))
	m.Path = "/new/ledger.db"
	require.NoError(t, f.Move(t.Context(), m))
	there, err := f.At(t.Context(), "/new/ledger.db", "a")
	require.NoError(t, err)
	require.Equal(t, []mark.Mark{m}, there)
	there, err = f.At(t.Context(), "/var/lib/bulk/ledger.db", "a")
	require.NoError(t, err)
	require.Empty(t, there)
}

// A mark that cannot be trusted is an error, not a mark that is not there.
func TestDamagedMarks(t *testing.T) {
	for what, damage := range map[string]func(text []byte) []byte{
		"empty":             func([]byte) []byte { return nil },
		"cut":               func(text []byte) []byte { return text[:len(text)/2] },
		"not a mark":        func([]byte) []byte { return []byte("{}\n") },
		"of another ledger": func([]byte) []byte { return []byte(`{"ledger":"two","account":"a","act":{"number":1}}`) },
		"nothing but NULs":  func(text []byte) []byte { return make([]byte, len(text)) },
		"an act without a number": func([]byte) []byte {
			return []byte(`{"ledger":"one","account":"a","act":{"sim":"8944500102030001010"}}`)
		},
	} {
		t.Run(what, func(t *testing.T) {
			f := mark.In(t.TempDir())
			require.NoError(t, f.Move(t.Context(), markOf("one", "a", 5)))
			files, err := filepath.Glob(filepath.Join(f.Dir(), "*.mark"))
			require.NoError(t, err)
			require.Len(t, files, 1)
			text, err := os.ReadFile(files[0])
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(files[0], damage(text), 0o600))

			_, _, err = f.Of(t.Context(), "one", "a")
			require.ErrorIs(t, err, mark.ErrDamaged)
			require.ErrorContains(t, err, filepath.Base(files[0]), "it says which")
			_, err = f.At(t.Context(), "/var/lib/bulk/ledger.db", "a")
			require.ErrorIs(t, err, mark.ErrDamaged)
			require.ErrorIs(t, f.Move(t.Context(), markOf("one", "a", 6)), mark.ErrDamaged, "nor is it written over")
		})
	}
}

// What a killed process left half written does no harm.
func TestAHalfWrittenMarkIsNone(t *testing.T) {
	f := mark.In(t.TempDir())
	m := markOf("one", "a", 5)
	require.NoError(t, f.Move(t.Context(), m))
	files, err := filepath.Glob(filepath.Join(f.Dir(), "*.mark"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(files[0]+".new", []byte(`{"ledg`), 0o600))
	there, err := f.At(t.Context(), m.Path, "a")
	require.NoError(t, err)
	require.Equal(t, []mark.Mark{m}, there)
	m.Act = act(6)
	require.NoError(t, f.Move(t.Context(), m))
	require.NoFileExists(t, files[0]+".new")
}

// Many at once: the furthest stays, and nobody ever reads half a mark.
func TestManyMoveAMarkAtOnce(t *testing.T) {
	dir := t.TempDir()
	const movers, each = 6, 15
	var all sync.WaitGroup
	for i := range movers {
		all.Go(func() {
			f := mark.In(dir)
			for n := range each {
				if err := f.Move(t.Context(), markOf("one", "a", int64(1+n*movers+i))); err != nil {
					t.Errorf("moving: %v", err)
				}
				if err := f.Move(t.Context(), markOf(fmt.Sprint("other ", i), "a", int64(n+1))); err != nil {
					t.Errorf("moving another: %v", err)
				}
				if _, err := f.At(t.Context(), "/var/lib/bulk/ledger.db", "a"); err != nil {
					t.Errorf("reading: %v", err)
				}
			}
		})
	}
	all.Wait()
	got, _, err := mark.In(dir).Of(t.Context(), "one", "a")
	require.NoError(t, err)
	require.Equal(t, act(movers*each), got.Act)
	there, err := mark.In(dir).At(t.Context(), "/var/lib/bulk/ledger.db", "a")
	require.NoError(t, err)
	require.Len(t, there, movers+1)
}

func TestAFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.ErrorContains(t, mark.In(filepath.Join(file, "marks")).Move(t.Context(), markOf("one", "a", 5)), "keeping the mark of the ledger in "+file)
}

func TestClosed(t *testing.T) {
	f, ctx := mark.In(filepath.Join(t.TempDir(), "marks")), t.Context()
	_, closed, err := f.Closed(ctx, "a")
	require.NoError(t, err)
	require.False(t, closed, "there is no folder")
	m := mark.Moved{Ledger: "a", To: "postgres://db/bulk", At: time.Date(2026, 5, 1, 2, 0, 0, 0, time.UTC)}
	require.NoError(t, f.Close(ctx, m))
	found, closed, err := f.Closed(ctx, "a")
	require.NoError(t, err)
	require.True(t, closed)
	require.Equal(t, m, found)
	_, closed, err = f.Closed(ctx, "b")
	require.NoError(t, err)
	require.False(t, closed)
	all, err := f.At(ctx, "", "")
	require.NoError(t, err)
	require.Empty(t, all, "it is no mark of an act")
	require.NoError(t, os.WriteFile(f.File(m), []byte("{}"), 0o600))
	_, _, err = f.Closed(ctx, "a")
	require.ErrorIs(t, err, mark.ErrDamaged)
}
