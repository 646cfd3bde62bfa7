package batch

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/cmd/bulk/console"
	"bulk/cmd/bulk/settings"
	"bulk/internal/report"
)

func TestWithoutAddresses(t *testing.T) {
	for _, c := range []struct{ name, args, masked, bare string }{
		{"none", "run a.csv --yes", "run a.csv --yes", "run a.csv --yes"},
		{"one", "run --notify https://h/SECRET a.csv", "run --notify=https://h/*** a.csv", "run a.csv"},
		{"joined", "run --notify=https://h/SECRET a.csv", "run --notify=https://h/*** a.csv", "run a.csv"},
		{"several by comma", "run --notify https://h/SECRET,https://i/SECRET", "run --notify=https://h/***,https://i/***", "run"},
		{"one that is wrong", "run --notify hooks/SECRET", "run --notify=***", "run"},
		{"and the beginning", "run --notify https://h/SECRET --notify-start a.csv", "run --notify=https://h/*** --notify-start a.csv", "run a.csv"},
		{"the beginning, to addresses of the settings", "run --notify-start a.csv", "run --notify-start a.csv", "run --notify-start a.csv"},
		{"without its value", "run --notify", "run --notify", "run --notify"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := strings.Fields(c.args)
			require.Equal(t, c.masked, strings.Join(settings.WithoutAddresses(args, true), " "))
			require.Equal(t, c.bare, strings.Join(settings.WithoutAddresses(args, false), " "))
		})
	}
}

// What --on-finish leaves running does not hold bulk up.
func TestAfterwards(t *testing.T) {
	var stderr bytes.Buffer
	p := &settings.Sources{Process: &console.Process{Stderr: &stderr}}
	begun := time.Now()
	err := runAfterwards(t.Context(), p, `cat >&2; echo "$BULK_EXIT_CODE $BULK_RUN"; sleep 60 &`, nil, report.Summary{ExitCode: 3, Run: "7"}, []byte(`{"run":"7"}`))
	require.NoError(t, err)
	require.Less(t, time.Since(begun), 30*time.Second)
	message, rest, _ := strings.Cut(stderr.String(), "\n")
	require.True(t, json.Valid([]byte(message)), message)
	require.Equal(t, "3 7\n", rest)
	require.EqualError(t, runAfterwards(t.Context(), p, "exit 9", nil, report.Summary{}, nil), "exit status 9")
}
