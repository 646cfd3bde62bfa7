package settings

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/console"
	"bulk/internal/upstream/wire"
)

// A secret from a file is read once more where it was refused; what is new and
// can be used counts as changed.
func TestRereading(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	holds := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	holds("first\n")
	p := &Sources{Process: &console.Process{Env: func(name string) (string, bool) {
		value, ok := map[string]string{"BULK_M2M_PASSWORD_FILE": file, "BULK_BETATEL_API_KEY": "as it is"}[name]
		return value, ok
	}}}
	var used []wire.Secret
	usable := error(nil)
	use := func(s wire.Secret) error { used = append(used, s); return usable }

	require.Nil(t, p.Rereading("BULK_BETATEL_API_KEY", "as it is", use), "no file holds it")
	changed := p.Rereading("BULK_M2M_PASSWORD", "first", use)
	require.False(t, changed(), "it is the same")
	holds("second\n")
	require.True(t, changed())
	require.False(t, changed(), "it has been used already")
	holds("")
	require.False(t, changed(), "there is none")
	require.NoError(t, os.Remove(file))
	require.False(t, changed(), "nor a file")
	holds("unusable")
	usable = errors.New("it holds a character that XML cannot carry")
	require.False(t, changed())
	usable = nil
	require.True(t, changed(), "what was not used is not known")
	require.Equal(t, []wire.Secret{"second", "unusable", "unusable"}, used)
}
