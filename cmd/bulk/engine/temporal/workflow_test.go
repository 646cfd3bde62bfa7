package temporal

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

// story is a run's way through a workflow, in a time of its own.
type story struct {
	*testsuite.TestWorkflowEnvironment
	standings []Standing // what the ledger says, look by look; the last one from then on
	do        func(context.Context) error
	began     time.Time
	looks     []time.Duration // when the ledger was looked at
	legs      int
}

func tell(standings ...Standing) *story {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{slog.New(slog.DiscardHandler)})
	s := &story{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), standings: standings,
		do: func(context.Context) error { return nil }}
	s.SetTestTimeout(time.Minute)
	s.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: workflowName})
	s.RegisterActivityWithOptions(s.look, activity.RegisterOptions{Name: lookName})
	s.RegisterActivityWithOptions(s.leg, activity.RegisterOptions{Name: legName})
	s.began = s.Now()
	return s
}

func (s *story) look(context.Context, int64) (Standing, error) {
	now := s.standings[min(len(s.looks), len(s.standings)-1)]
	s.looks = append(s.looks, s.Now().Sub(s.began))
	return now, nil
}

func (s *story) leg(ctx context.Context, _ int64) error {
	s.legs++
	return s.do(ctx)
}

func (s *story) knockAt(d time.Duration) {
	s.RegisterDelayedCallback(func() { s.SignalWorkflow(knock, nil) }, d)
}

func (s *story) goes(t *testing.T) error {
	t.Helper()
	s.ExecuteWorkflow(workflowName, int64(12))
	require.True(t, s.IsWorkflowCompleted())
	return s.GetWorkflowError()
}

func TestRunIsLookedAtBeforeAnything(t *testing.T) {
	s := tell(Over)
	require.NoError(t, s.goes(t))
	require.Zero(t, s.legs)
}

func TestKnock(t *testing.T) {
	s := tell(Waits, Ready, Over)
	s.knockAt(3 * time.Second)
	require.NoError(t, s.goes(t))
	require.Equal(t, 1, s.legs)
	require.Equal(t, []time.Duration{0, 3 * time.Second, 3 * time.Second}, s.looks)
}

// A knock says nothing: that a run is approved stands in the ledger or nowhere.
func TestKnockIsNoApproval(t *testing.T) {
	s := tell(Waits, Waits, Waits, Over)
	s.knockAt(time.Second)
	s.knockAt(2 * time.Second)
	require.NoError(t, s.goes(t))
	require.Zero(t, s.legs)
	require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, 2*time.Second + lookEvery}, s.looks)
}

func TestLostKnock(t *testing.T) {
	s := tell(Waits, Ready, Over)
	require.NoError(t, s.goes(t))
	require.Equal(t, 1, s.legs)
	require.Equal(t, lookEvery, s.looks[1], "it costs time, not the run")
}

func TestPausedAndContinued(t *testing.T) {
	s := tell(Ready, Waits, Waits, Ready, Over)
	s.knockAt(lookEvery + 7*time.Second)
	require.NoError(t, s.goes(t))
	require.Equal(t, 2, s.legs)
	require.Equal(t, lookEvery+7*time.Second, s.looks[3])
}

// Whatever a leg ends with, it means one thing: look at the ledger.
func TestLegsError(t *testing.T) {
	for name, err := range map[string]error{
		"that is for good":  sdk.NewNonRetryableApplicationError("no", "leg", nil),
		"that it timed out": sdk.NewTimeoutError(0, errors.New("not heard of")),
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(Ready, Ready, Over)
			s.do = func(context.Context) error {
				if s.legs == 1 {
					return err
				}
				return nil
			}
			require.NoError(t, s.goes(t))
			require.Equal(t, 2, s.legs)
		})
	}
}

// One that may be tried again is tried again without another look.
func TestLegIsTriedAgain(t *testing.T) {
	s := tell(Ready, Over)
	s.do = func(context.Context) error {
		if s.legs < 7 { // the library tests no more than ten

			return errors.New("no route")
		}
		return nil
	}
	require.NoError(t, s.goes(t))
	require.Equal(t, 7, s.legs)
	require.Len(t, s.looks, 2)
}

func TestHistoryDoesNotGrowForEver(t *testing.T) {
	s := tell(Ready)
	var anew *workflow.ContinueAsNewError
	require.ErrorAs(t, s.goes(t), &anew)
	require.Equal(t, roundsMost, s.legs)
	require.Equal(t, workflowName, anew.WorkflowType.Name)
}

// Somebody cancels the workflow at the server: it ends once the leg has. The run stays
// the workers' in the ledger.
func TestCancelledAtTheServer(t *testing.T) {
	s := tell(Ready)
	s.do = func(context.Context) error {
		s.CancelWorkflow()
		return nil
	}
	err := s.goes(t)
	require.True(t, sdk.IsCanceledError(err), "%v", err)
	require.Equal(t, 1, s.legs)
	require.Len(t, s.looks, 1)
}

func TestCancelledWhileItWaits(t *testing.T) {
	s := tell(Waits)
	s.RegisterDelayedCallback(s.CancelWorkflow, 5*time.Second)
	require.True(t, sdk.IsCanceledError(s.goes(t)))
	require.Len(t, s.looks, 1)
}

// A run that was over and is given to the workers once more, while its workflow ends,
// is looked at once more.
func TestKnockAtTheEnd(t *testing.T) {
	s := tell(Ready, Over, Ready, Over)
	s.do = func(context.Context) error {
		if s.legs == 1 {
			s.SignalWorkflow(knock, nil)
		}
		return nil
	}
	require.NoError(t, s.goes(t))
	require.Equal(t, 2, s.legs)
}
