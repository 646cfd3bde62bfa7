package settings

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseAge(t *testing.T) {
	for text, want := range map[string]time.Duration{"90d": 90 * 24 * time.Hour, "2w": 14 * 24 * time.Hour, "36h": 36 * time.Hour, "0s": 0, "10000w": 70_000 * 24 * time.Hour} {
		got, err := ParseAge("--older-than", text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	_, err := ParseAge("--older-than", "90")
	require.ErrorContains(t, err, `--older-than is an age with its unit, such as 90d for days or 90h for hours; not "90"`)
	for _, wrong := range []string{"", "999999", "-1d", "-3h", "200000d", "99999999999999999999d", "20000w", "soon"} {
		_, err := ParseAge("--older-than", wrong)
		require.ErrorContains(t, err, "an age such as 90d or 36h", wrong)
	}
}
