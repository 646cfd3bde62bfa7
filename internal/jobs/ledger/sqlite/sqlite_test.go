package sqlite_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs/ledger"
	"bulk/internal/jobs/ledger/ledgertest"
	"bulk/internal/jobs/ledger/sqlite"
	"bulk/internal/jobs/ledger/store"
)

func TestMain(m *testing.M) { os.Exit(ledgertest.Main(m, open)) }

func open(ctx context.Context, path string, options ledger.Options) (*ledger.DB, error) {
	return ledger.Open(ctx, path, options)
}

// place is a new file.
func place(t *testing.T) ledgertest.Place {
	return ledgertest.Place{Where: filepath.Join(t.TempDir(), "ledger.db"), Open: open, Child: true}
}

func TestConformance(t *testing.T) { ledgertest.Run(t, place) }

// at opens the ledger at path, making it where it is not there, and closes it at
// the end.
func at(t testing.TB, path string) *ledgertest.Handle {
	t.Helper()
	return ledgertest.Opened(t, ledgertest.Place{Where: path, Open: open, Child: true})
}

func fresh(t testing.TB) *ledgertest.Handle {
	t.Helper()
	return at(t, filepath.Join(t.TempDir(), "ledger.db"))
}

// snapshot copies the ledger's file as it is now. A process of its own does it:
// closing a file here would take away the locks that SQLite holds on it in this
// process.
func snapshot(t testing.TB, path string) (copied string) {
	t.Helper()
	to := t.TempDir()
	out, err := exec.Command("cp", path, to).CombinedOutput()
	require.NoError(t, err, string(out))
	return filepath.Join(to, filepath.Base(path))
}

// actsAt lists all acts of the ledger at path.
func actsAt(t testing.TB, path string) []store.Act {
	t.Helper()
	file, err := sqlite.Open(t.Context(), path, ledgertest.Options(false))
	require.NoError(t, err)
	defer file.Close()
	all, err := file.Acts(t.Context(), store.ActQuery{})
	require.NoError(t, err)
	return all
}
