package input

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// Each action has a mark of its own.
func TestThereAreMarksForAllActions(t *testing.T) {
	var taken uint8 = repeated
	for _, action := range jobs.Actions {
		mark := actionMark(action)
		require.NotZero(t, mark&allMarks, action)
		require.Zero(t, mark&taken, action)
		taken |= mark
	}
}
