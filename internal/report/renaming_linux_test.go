package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// What could be written but not renamed into place is refused before anything is
// done; each of these fails when it is published.
func TestWritableMeansRenamable(t *testing.T) {
	for _, c := range []struct {
		name   string
		make   func(t *testing.T, dir string) (path string)
		reason string
	}{
		{"a name that is too long", func(_ *testing.T, dir string) string {
			return filepath.Join(dir, strings.Repeat("x", 256))
		}, "file name too long"},
		{"a file that is mounted by itself", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "out.csv")
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			run(t, "mount", "--bind", path, path)
			t.Cleanup(func() { run(t, "umount", path) })
			return path
		}, "cannot be written: a file that is mounted by itself cannot be replaced; mount its folder; name a file elsewhere"},
		{"a file that may not be changed", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "out.csv")
			require.NoError(t, os.WriteFile(path, nil, 0o600))
			run(t, "chattr", "+i", path)
			t.Cleanup(func() { run(t, "chattr", "-i", path) })
			return path
		}, "it may not be changed"},
		{"a folder where nothing may be renamed", func(t *testing.T, dir string) string {
			sub := filepath.Join(dir, "log")
			require.NoError(t, os.Mkdir(sub, 0o700))
			run(t, "chattr", "+a", sub)
			t.Cleanup(func() { run(t, "chattr", "-a", sub) })
			return filepath.Join(sub, "out.csv")
		}, "renaming a file in "},
		{"somebody else's file in a sticky folder", func(t *testing.T, dir string) string {
			sub := filepath.Join(dir, "tmp")
			require.NoError(t, os.Mkdir(sub, 0o700))
			path := filepath.Join(sub, "out.csv")
			require.NoError(t, os.WriteFile(path, nil, 0o666))
			require.NoError(t, os.Chown(path, 1, 1))
			require.NoError(t, os.Chown(sub, 2, 2))
			require.NoError(t, os.Chmod(sub, 0o777|os.ModeSticky))
			become(t, 65534)
			return path
		}, "it is somebody else's"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "renamable")
			require.NoError(t, err)
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			require.NoError(t, os.Chmod(dir, 0o711))
			path := c.make(t, dir)
			require.ErrorContains(t, Writable(path), c.reason)
			_, err = Publish(path, nil, text("new"))
			require.Error(t, err, "so it would have been")
			left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
			if c.reason != "renaming a file in " { // where nothing can be removed either
				require.Empty(t, left)
			}
		})
	}
}

// One's own file in a sticky folder is no trouble, nor is a link.
func TestWritableReplaces(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o777|os.ModeSticky))
	path := filepath.Join(dir, "out.csv")
	require.NoError(t, Writable(path))
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, Writable(path))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "link.csv")))
	require.NoError(t, Writable(filepath.Join(dir, "link.csv")))
	require.Equal(t, []string{"link.csv", "out.csv"}, names(t, dir))
}

// run runs a command that only root may; without it the test has nothing to say.
func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Skipf("%s: %v: %s", name, err, out)
	}
}

// become makes this goroutine's thread another user's until the test ends.
func become(t *testing.T, user int) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can be another user")
	}
	runtime.LockOSThread()
	set := func(user int) {
		_, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(user), ^uintptr(0))
		require.Zero(t, errno)
	}
	set(user)
	t.Cleanup(func() { set(0); runtime.UnlockOSThread() })
}
