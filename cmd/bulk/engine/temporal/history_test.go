package temporal

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// histories are some that workers of this or an earlier version made on a real server.
// TestHistoriesAreRecorded makes such; what was released stays.
func histories(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 4)
	return files
}

// A run that was begun by an older worker is gone on with by this one: the workflow
// takes the same steps.
func TestRecordedHistories(t *testing.T) {
	for _, file := range histories(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			replayer := worker.NewWorkflowReplayer()
			replayer.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: workflowName})
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(quiet{slog.New(slog.DiscardHandler)}, file))
		})
	}
}

// allowed is all that a server may be told: a run's number, what is to be done with it,
// and nothing.
var allowed = regexp.MustCompile(`^(\d+|"waits"|"ready"|"over"|)$`)

func TestHistoriesHoldRunNumbersOnly(t *testing.T) {
	payloads := 0
	for _, file := range histories(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, `89\d{17}|m2m|betatel|postgres:`, string(text), file)
		var history any
		require.NoError(t, json.Unmarshal(text, &history))
		eachObject(history, func(o map[string]any) {
			if message, is := o["message"].(string); is {
				require.Regexp(t, "^(the worker's log says why|activity .*|.*the worker's log says why)$", message, file)
			}
			if _, is := o["metadata"]; !is {
				return
			}
			payloads++
			data, _ := o["data"].(string)
			said, err := base64.StdEncoding.DecodeString(data)
			require.NoError(t, err)
			require.Regexp(t, allowed, string(said), file)
		})
	}
	require.Greater(t, payloads, 30)
}

func eachObject(in any, do func(map[string]any)) {
	switch v := in.(type) {
	case map[string]any:
		do(v)
		for _, inner := range v {
			eachObject(inner, do)
		}
	case []any:
		for _, inner := range v {
			eachObject(inner, do)
		}
	}
}
