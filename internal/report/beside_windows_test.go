package report

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// openElsewhere has a file open as Excel has it.
func openElsewhere(t *testing.T, path string) io.Closer {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	return file
}

func TestOpenInAnotherProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "Größen 2026.csv")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	other := openElsewhere(t, path)

	var inUse *InUse
	require.ErrorAs(t, Writable(path), &inUse)
	require.Equal(t, path, inUse.Path)
	require.ErrorContains(t, Writable(path), "Größen 2026.csv is open in ")

	recorded := 0
	_, err := Publish(path, func(string) error { recorded++; return nil }, text("new"))
	require.ErrorAs(t, err, &inUse)
	require.Equal(t, 1, recorded, "what was recorded is the content, wherever it goes then")
	require.Equal(t, "old", content(t, path))
	require.Equal(t, []string{"Größen 2026.csv"}, names(t, filepath.Dir(path)), "nothing half done is left")

	require.NoError(t, other.Close())
	require.NoError(t, Writable(path))
	_, err = Publish(path, nil, text("new"))
	require.NoError(t, err)
	require.Equal(t, "new", content(t, path))
}

// A virus scanner has a file open for a moment.
func TestOpenForAMoment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.csv")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	for name, do := range map[string]func() error{
		"asked":     func() error { return Writable(path) },
		"published": func() error { _, err := Publish(path, nil, text("new")); return err },
	} {
		t.Run(name, func(t *testing.T) {
			other := openElsewhere(t, path)
			time.AfterFunc(5*replacePoll, func() { other.Close() })
			require.NoError(t, do())
		})
	}
	require.Equal(t, "new", content(t, path))
}

func TestReadOnlyTarget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fleet.csv")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o400))
	require.ErrorContains(t, Writable(path), "marked read-only")
	require.NoError(t, os.Chmod(path, 0o600)) // or the folder could not be removed
}
