package settings

import (
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

// A run that is handed over is done as its flags say, all of them.
func TestHandedFlagsComeBack(t *testing.T) {
	s := &Options{}
	f := pflag.NewFlagSet("run", pflag.ContinueOnError)
	s.RegisterInput(f)
	s.RegisterOutput(f, "")
	s.RegisterRun(f)
	require.NoError(t, f.Parse([]string{"--action", "set_aa_group", "--group", "L100", "--column", `iccid=SIM, the`, "--only", "failed,not_run", "--canary", "3",
		"--rate", "m2m=5,betatel=7", "--preflight", "none", "--max-in-doubt", "7", "--max-failures", "3%", "--grace", "20s", "--retries", "2", "--redact",
		"--command-timeout", "3m", "--no-api-id-check", "--iccid-check", "luhn", "--again", "2", "--reason", "x"}))
	handed := Handed{Flags: handedFlags(f), Deadline: time.Date(2026, 5, 1, 5, 0, 0, 0, time.UTC), DeadlineFlag: "--until 05:00"}
	read, err := ReadHanded(handed.Text())
	require.NoError(t, err)
	got, err := read.Options()
	require.NoError(t, err)
	require.NoError(t, s.check())
	require.Equal(t, s.Record(), got.Record())
	for _, same := range []struct{ want, got any }{
		{s.Checked.Rates, got.Checked.Rates}, {s.Checked.Preflight, got.Checked.Preflight}, {s.Checked.Failures, got.Checked.Failures},
		{s.Checked.Refusals, got.Checked.Refusals}, {s.Checked.Grace, got.Checked.Grace}, {s.Checked.Workers, got.Checked.Workers},
		{s.MaxInDoubt, got.MaxInDoubt}, {s.Canary, got.Canary}, {s.Retries, got.Retries}, {s.CommandTimeout, got.CommandTimeout},
		{s.NoAPIIDCheck, got.NoAPIIDCheck}, {s.Reason, got.Reason}, {s.Again, got.Again}, {5.0, got.Checked.Rates[jobs.M2M]},
	} {
		require.Equal(t, same.want, same.got)
	}
	at, flag, set := got.Deadline(time.Now())
	require.True(t, set && at.Equal(handed.Deadline))
	require.Equal(t, "--until 05:00", flag)
}

// A worker that does not know a flag leaves the run to one that does.
func TestHandedByANewerBulk(t *testing.T) {
	for _, name := range []string{"gentleness", "yes", "ledger"} {
		_, err := Handed{Flags: map[string][]string{name: {"1"}}}.Options()
		require.ErrorContains(t, err, "use the newer one", name)
	}
	_, err := Handed{Flags: map[string][]string{"rate": {"m2m=fast"}}}.Options()
	require.Error(t, err)
}
