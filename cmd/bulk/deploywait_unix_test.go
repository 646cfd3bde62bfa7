//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// group is what GitHub lets one job of at a time.
type group struct {
	Group  string
	Queue  string
	Cancel bool `yaml:"cancel-in-progress"`
}

// shipped is a workflow under deploy.
type shipped struct {
	Concurrency *group
	Jobs        map[string]struct {
		Concurrency *group
		Steps       []struct{ Run string }
	}
}

func shippedWorkflow(t *testing.T, name string) (w shipped) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../deploy", name))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &w))
	return w
}

// A run that waits for its approval holds the groups that it is in: none of them may
// keep a newer commit from being planned. An apply that waits is not thrown away.
func TestWhatWaitsInTheShippedWorkflows(t *testing.T) {
	approval := shippedWorkflow(t, "github-actions.yml")
	require.Nil(t, approval.Concurrency)
	require.Nil(t, approval.Jobs["apply"].Concurrency)
	require.Equal(t, &group{Group: "fleet-plan-${{ github.event.number }}", Cancel: true}, approval.Jobs["plan"].Concurrency)

	merge := shippedWorkflow(t, "github-actions-merge.yml")
	require.Nil(t, merge.Concurrency)
	require.Equal(t, &group{Group: "fleet-apply", Queue: "max"}, merge.Jobs["apply"].Concurrency)
}

// The run of an earlier commit, approved beside a newer one, ends before it applies.
func TestNewerCommitEndsAnEarlierApply(t *testing.T) {
	steps := shippedWorkflow(t, "github-actions.yml").Jobs["apply"].Steps
	require.NotEmpty(t, steps)
	bin := t.TempDir()
	gh := "#!/bin/sh\n[ \"$1 $2 $3 $4\" = 'api repos/o/r/pulls/7 --jq .head.sha' ] && echo \"$HEAD_NOW\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "gh"), []byte(gh), 0o700))
	for now, applies := range map[string]bool{"aaaa": true, "bbbb": false, "": false} {
		step := exec.Command("sh", "-ec", steps[0].Run)
		step.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "GITHUB_REPOSITORY=o/r", "NUMBER=7", "PLANNED=aaaa", "HEAD_NOW=" + now}
		said, err := step.CombinedOutput()
		if applies {
			require.NoError(t, err, "%s", said)
			continue
		}
		require.Error(t, err)
		require.Contains(t, string(said), "::error::Nothing is applied")
	}
}
