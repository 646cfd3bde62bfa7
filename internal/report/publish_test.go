package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// names lists a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	var list []string
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestPublish(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "fleet.results.csv")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	sum := sha256.Sum256([]byte("new"))
	want := hex.EncodeToString(sum[:])

	recorded := ""
	digest, err := Publish(path, func(digest string) error {
		recorded = digest
		require.Equal(t, "old", content(t, path), "the digest is recorded before the rename")
		list := names(t, dir)
		require.Len(t, list, 2)
		require.True(t, strings.HasPrefix(list[0], ".fleet.results.csv."))
		require.Equal(t, "new", content(t, filepath.Join(dir, list[0])), "and after the writing")
		return nil
	}, text("new"))
	require.NoError(t, err)
	require.Equal(t, want, digest)
	require.Equal(t, want, recorded)
	require.Equal(t, "new", content(t, path))
	require.Equal(t, []string{"fleet.results.csv"}, names(t, dir))
	requireMode(t, 0o600, path)

	_, err = publish(path, 0o644, nil, text("counts"))
	require.NoError(t, err)
	requireMode(t, 0o644, path)
}

// requireMode looks at who may do what with a file. Windows has no such modes.
func requireMode(t *testing.T, want os.FileMode, path string) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, want, info.Mode().Perm(), path)
	}
}

func TestPublishFailures(t *testing.T) {
	errOther := errors.New("the ledger is gone")
	tests := map[string]struct {
		path   string // under the test's folder
		record func(string) error
		write  func(io.Writer) error
		is     error
		says   string
	}{
		"the writing fails":      {"fleet.csv", nil, func(io.Writer) error { return errOther }, errOther, "the ledger is gone"},
		"the digest fails":       {"fleet.csv", func(string) error { return errOther }, text("new"), errOther, "recording its digest: the ledger is gone"},
		"the folder is missing":  {"missing/fleet.csv", nil, text("new"), os.ErrNotExist, ""},
		"the parent is a file":   {"fleet.csv/x.csv", nil, text("new"), syscall.ENOTDIR, ""},
		"the target is a folder": {"folder", nil, text("new"), nil, "is a folder; name a file in it"},
		"a folder that appears during the run": {"late", func(digest string) error { return nil }, func(w io.Writer) error {
			return os.Mkdir("late", 0o755)
		}, nil, "publishing late: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			require.NoError(t, os.WriteFile("fleet.csv", []byte("old"), 0o600))
			require.NoError(t, os.Mkdir("folder", 0o755))
			_, err := Publish(test.path, test.record, test.write)
			require.ErrorContains(t, err, "publishing "+test.path)
			require.ErrorContains(t, err, test.says)
			require.NotContains(t, err.Error(), ".tmp", "the hidden name means nothing to anyone")
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			require.Equal(t, "old", content(t, "fleet.csv"))
			for _, name := range names(t, ".") {
				require.NotContains(t, name, ".tmp")
			}
		})
	}
}

func TestPublishOnAFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil || runtime.GOOS == "windows" { // wine shows the one below it
		t.Skip("this system has no /dev/full")
	}
	dir := t.TempDir()
	b, err := newBeside(filepath.Join(dir, "fleet.csv"), 0o600)
	require.NoError(t, err)
	hidden := b.file.Name()
	b.file.Close()
	b.file = full
	_, err = b.fill(text("new"))
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, os.Remove(hidden)) // discard would remove the device
	full.Close()
	b.hold.release()
}

func TestPublishKeepsNothingAfterAPanic(t *testing.T) {
	dir := t.TempDir()
	require.Panics(t, func() {
		_, _ = Publish(filepath.Join(dir, "fleet.csv"), nil, func(io.Writer) error { panic("boom") })
	})
	require.Empty(t, names(t, dir))
}

func TestPublishSweeps(t *testing.T) {
	dir := t.TempDir()
	older, another := ".fleet.csv.1-77.tmp", ".fleet-2026-10-01.csv.bulk-1-77.tmp"
	others := []string{".notes.csv.1-77.tmp", ".fleet.csv.bulk-1-77.txt", "fleet.csv.bulk-1-77.tmp"}
	leaveBehind(t, dir, append(others, older, another)...)
	alive, err := newBeside(filepath.Join(dir, "fleet.csv"), 0o600)
	require.NoError(t, err)
	defer alive.discard()
	held := filepath.Base(alive.file.Name())
	longAgo(t, alive.file.Name())

	_, err = Publish(filepath.Join(dir, "fleet.csv"), nil, text("new"))
	require.NoError(t, err)
	require.ElementsMatch(t, append(others, held, "fleet.csv"), names(t, dir))
	leaveBehind(t, dir, another)
	require.NoError(t, Writable(filepath.Join(dir, "fleet-2026-10-02.csv")))
	require.NoFileExists(t, filepath.Join(dir, another))
}

// leaveBehind makes files that a killed process left under way.
func leaveBehind(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte("half"), 0o600))
		longAgo(t, path)
	}
}

// longAgo has a file last written two hours ago.
func longAgo(t *testing.T, path string) {
	t.Helper()
	then := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(path, then, then))
}

func TestPublishByManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "fleet.csv")
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 5 {
				if _, err := Publish(path, nil, text("whole")); err != nil {
					t.Errorf("one writer swept away another's file: %v", err)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, "whole", content(t, path))
	require.Equal(t, []string{"fleet.csv"}, names(t, dir))
}

func TestPublishALongName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 250)+".csv")
	_, err := Publish(path, nil, text("new"))
	require.NoError(t, err)
	require.Equal(t, "new", content(t, path))
}

func TestWritable(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("old.csv", []byte("old"), 0o600))
	require.NoError(t, os.Mkdir("folder", 0o755))
	tests := map[string]struct{ path, says string }{
		"a new file":            {"new.csv", ""},
		"an old one":            {"old.csv", ""},
		"in a folder":           {"folder/new.csv", ""},
		"a folder":              {"folder", "folder is a folder; name a file in it"},
		"a device":              {os.DevNull, os.DevNull + " is not an ordinary file; name one"},
		"a folder not yet made": {"missing/new.csv", "missing/new.csv cannot be written: the folder missing does not exist; make it first, or name a file elsewhere"},
		"a file for a folder":   {"old.csv/new.csv", "old.csv/new.csv cannot be written: old.csv is not a folder; name a file elsewhere"},
		"below a file":          {"old.csv/x/new.csv", "old.csv/x/new.csv cannot be written: not a directory; name a file elsewhere"},
		"nobody may write":      {"/proc/new.csv", "/proc/new.csv cannot be written: creating a file in /proc: "},
	}
	if runtime.GOOS == "windows" { // says of a folder below a file that it is missing, and has no /proc
		delete(tests, "below a file")
		delete(tests, "nobody may write")
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := Writable(test.path)
			if test.says == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.says)
			}
		})
	}
	require.Equal(t, []string{"folder", "old.csv"}, names(t, "."))
	require.Equal(t, "old", content(t, "old.csv"))
}
