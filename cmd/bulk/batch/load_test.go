package batch

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
)

// A file of --current-groups that cannot be used is refused before anything of standard
// input is read.
func TestCurrentGroupsComeFirst(t *testing.T) {
	groups := filepath.Join(t.TempDir(), "groups.csv")
	require.NoError(t, os.WriteFile(groups, []byte("iccid,site\n"), 0o600))
	p := &settings.Sources{Process: &console.Process{Stdin: iotest.ErrReader(errors.New("standard input was read"))}}
	take := func(groups string) error {
		_, _, _, err := TakeBoth(t.Context(), p, &settings.Options{CurrentIn: groups}, "-", t.TempDir(), nil)
		return err
	}
	require.ErrorContains(t, take(groups), "the header has no column current_group or group")
	require.ErrorContains(t, take(""), "standard input was read")
}
