package m2m

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/upstream/words"
)

// TestOnlyThrottlingMayBeSentAgain: and only words that admit that the work was
// begun leave a readable failure in doubt.
func TestOnlyThrottlingMayBeSentAgain(t *testing.T) {
	require.Len(t, reasons, int(words.Maintenance)+1, "each meaning leads somewhere")
	for meaning, r := range reasons {
		require.Equal(t, meaning == words.TooFast, r.verdict == jobs.SurelyNotSent, r.detail)
		require.Equal(t, meaning == words.TimedOut || meaning == words.UnderWay, r.verdict == jobs.MaybeSent, r.detail)
		require.NotEqual(t, jobs.Done, r.verdict)
		require.NotEmpty(t, r.detail)
	}
}
