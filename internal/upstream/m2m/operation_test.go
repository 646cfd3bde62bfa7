package m2m

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// What changes anything is a command, and nothing that a Client can send.
func TestEveryActionIsAReadOrACommand(t *testing.T) {
	for _, action := range jobs.Actions {
		read, command := reads[action], commands[action]
		mine := action.Upstream() == jobs.M2M
		require.Equal(t, mine && !action.Irreversible(), read != nil, action)
		require.Equal(t, mine && action.Irreversible(), command != nil, action)
		for _, op := range []*operation{read, command} {
			if op != nil {
				require.Equal(t, string(action), op.name)
			}
		}
	}
	require.Equal(t, jobs.Refused, (&Commander{}).Command(t.Context(), jobs.QueryStatus, sim, "L1").Verdict)
}
