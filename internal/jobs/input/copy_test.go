package input

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestTakeKeepAdopt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "private")
	text := []byte("iccid,action\r\n" + sim1 + ",query_status\r\n")
	c, err := Take(iotest.OneByteReader(bytes.NewReader(text)), dir)
	require.NoError(t, err)
	sum := sha256.Sum256(text)
	require.Equal(t, hex.EncodeToString(sum[:]), c.Digest)
	require.EqualValues(t, len(text), c.Size)
	require.Equal(t, dir, filepath.Dir(c.Path))
	info, err := os.Stat(c.Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	got, err := os.ReadFile(c.Path)
	require.NoError(t, err)
	require.Equal(t, text, got)

	taken, kept := c.Path, filepath.Join(dir, c.Digest)
	require.NoError(t, c.Keep(kept))
	require.Equal(t, kept, c.Path)
	require.NoFileExists(t, taken)
	again, err := Adopt(kept)
	require.NoError(t, err)
	require.Equal(t, c, again)
	require.NoError(t, again.Remove())
	require.NoFileExists(t, kept)
	_, err = Adopt(kept)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorIs(t, c.Keep(taken), os.ErrNotExist)
}

func TestTakeLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	_, err := Take(iotest.ErrReader(errors.New("the pipe broke")), dir)
	require.ErrorContains(t, err, "copying the input: the pipe broke")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}
