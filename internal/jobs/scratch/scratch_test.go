package scratch

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be a process that makes a folder and lives until
// its input ends or it is killed.
func TestMain(m *testing.M) {
	if parent := os.Getenv("SCRATCH_PARENT"); parent != "" {
		d, err := New(parent)
		if err != nil {
			panic(err)
		}
		if err := os.WriteFile(filepath.Join(d.Path, "input.csv"), []byte("iccid\n"), 0o600); err != nil {
			panic(err)
		}
		os.Stdout.WriteString(d.Path + "\n")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	os.Exit(m.Run())
}

// other starts another process with a folder in parent.
func other(t *testing.T, parent string) (dir string, cmd *exec.Cmd) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SCRATCH_PARENT="+parent)
	_, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line), cmd
}

// What a killed process left goes; what a living one has stays.
func TestKilledAndLiving(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "inputs")
	killed, cmd := other(t, parent)
	living, _ := other(t, parent)
	mine, err := New(parent)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(killed, "input.csv"))
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()

	second, err := New(parent)
	require.NoError(t, err)
	require.NoDirExists(t, killed)
	require.FileExists(t, filepath.Join(living, "input.csv"))
	require.DirExists(t, mine.Path)
	info, err := os.Stat(mine.Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())

	require.NoError(t, mine.Remove())
	require.NoError(t, mine.Remove())
	require.NoError(t, second.Remove())
	require.NoDirExists(t, mine.Path)
	require.DirExists(t, living)
}

// What is no folder of ours is left alone.
func TestOthersAreLeftAlone(t *testing.T) {
	parent := t.TempDir()
	keep := []string{"bulk-results", "bulk-scratch-new", "bulk-scratch-strange/lock", "other/lock"}
	for _, name := range keep {
		require.NoError(t, os.MkdirAll(filepath.Join(parent, name), 0o700))
	}
	require.NoError(t, os.WriteFile(filepath.Join(parent, "bulk-scratch-file"), nil, 0o600))
	Sweep(parent)
	for _, name := range append(keep, "bulk-scratch-file") {
		_, err := os.Stat(filepath.Join(parent, name))
		require.NoError(t, err, name)
	}
	// One whose process was killed before it made its lock.
	old := time.Now().Add(-2 * unlocked)
	require.NoError(t, os.Chtimes(filepath.Join(parent, "bulk-scratch-new"), old, old))
	Sweep(parent)
	require.NoDirExists(t, filepath.Join(parent, "bulk-scratch-new"))
}

// Many who make folders at once and sweep do not take each other's away.
func TestManyAtOnce(t *testing.T) {
	parent := t.TempDir()
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 20 {
				d, err := New(parent)
				if err == nil {
					err = os.WriteFile(filepath.Join(d.Path, "x"), nil, 0o600)
				}
				if err == nil {
					Sweep(parent)
					_, err = os.Stat(filepath.Join(d.Path, "x"))
				}
				if err != nil {
					t.Error(err)
					return
				}
				if err := d.Remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	left, err := os.ReadDir(parent)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestSweepOld(t *testing.T) {
	folder := t.TempDir()
	old := time.Now().Add(-48 * time.Hour)
	for name, age := range map[string]time.Time{"input-1.csv": old, "input-2.csv": time.Now(), "fleet.csv": old, "rows-1.csv": old} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Chtimes(path, age, age))
	}
	require.NoError(t, os.Mkdir(filepath.Join(folder, "input-3.csv"), 0o700))
	require.NoError(t, os.Chtimes(filepath.Join(folder, "input-3.csv"), old, old))
	SweepOld(folder, 24*time.Hour, "input-*.csv", "rows-*.csv")
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(folder, "fleet.csv"), filepath.Join(folder, "input-2.csv"), filepath.Join(folder, "input-3.csv")}, left)
}
