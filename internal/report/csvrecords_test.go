package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzCSVRecords holds the writer to encoding/csv's, byte for byte.
func FuzzCSVRecords(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "a,b", `say "hi"`, "two\nlines", "cr\rlf\r\n", " space", "\ttab", "\u00a0space", "\\.", `\.x`, "é", "\xff", `"`, ",", "x ", "8944",
	} {
		f.Add(seed, "next")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		record := []string{first, second, first + second}
		var ours, theirs bytes.Buffer
		w, reference := newCSVRecords(&ours), csv.NewWriter(&theirs)
		for range 3 {
			require.NoError(t, w.Write(record))
			require.NoError(t, reference.Write(record))
		}
		require.NoError(t, w.Flush())
		reference.Flush()
		require.Equal(t, theirs.String(), ours.String())
	})
}

func TestCSVRecordsPassesOnWhatFails(t *testing.T) {
	full := errors.New("no space left")
	w := newCSVRecords(failing{full})
	require.NoError(t, w.Write([]string{"held back"}))
	require.ErrorIs(t, w.Flush(), full)
	require.ErrorIs(t, w.Write([]string{strings.Repeat("x", csvHold)}), full)
	require.ErrorIs(t, w.Flush(), full, "for good")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
