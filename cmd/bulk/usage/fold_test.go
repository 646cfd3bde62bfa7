package usage

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFold(t *testing.T) {
	const text = `A paragraph that is
broken otherwise, in shorter lines.

Codes:
  1  a short one
  20 not a list's entry but indented
130  a long one that goes on and on
Several at once.`
	require.Equal(t, `A paragraph that is
broken otherwise, in
shorter lines.

Codes:
  1  a short one
  20 not a list's
  entry but indented
130  a long one that
     goes on and on
Several at once.`, Fold(text, 20))
	require.Equal(t, text[:0], Fold("", 20))
}

// A long example can still be pasted: the shell sees the same words.
func TestPasted(t *testing.T) {
	got := pasted("  bulk run fleet.csv --reason \"a b c d e f\" --yes # for a job\n  bulk runs", 40)
	require.Equal(t, `  # for a job
  bulk run fleet.csv --reason \
      "a b c d e f" --yes
  bulk runs`, got)
	for line := range strings.Lines(got) {
		require.LessOrEqual(t, len(line), 41)
	}
	require.Equal(t, []string{"averyveryverylongword"}, continued("averyveryverylongword", 10), "it cannot be broken")
}
