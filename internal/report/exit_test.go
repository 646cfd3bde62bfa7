package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

func TestExitCode(t *testing.T) {
	all := Counts{jobs.OK: 1, jobs.Drift: 1, jobs.Failed: 1, jobs.Unknown: 1, jobs.NotRun: 1}
	tests := map[string]struct {
		counts Counts
		ends   Ends
		want   int
	}{
		"no rows":                            {nil, Ends{}, 0},
		"all good outcomes":                  {Counts{jobs.OK: 1, jobs.Valid: 1, jobs.Planned: 1, jobs.Skipped: 1}, Ends{}, 0},
		"drift alone":                        {Counts{jobs.OK: 9, jobs.Drift: 1}, Ends{}, 6},
		"an invalid row beats drift":         {Counts{jobs.Drift: 5, jobs.Invalid: 1}, Ends{}, 3},
		"rejected":                           {Counts{jobs.Rejected: 1}, Ends{}, 3},
		"failed":                             {Counts{jobs.Failed: 1}, Ends{}, 3},
		"a guard beats failed rows":          {Counts{jobs.Failed: 60, jobs.NotRun: 9}, Ends{Broken: true}, 1},
		"interrupted":                        {Counts{jobs.OK: 1, jobs.NotRun: 9}, Ends{Interrupted: true}, 130},
		"interrupted as the last row ended":  {Counts{jobs.OK: 1}, Ends{Interrupted: true}, 130},
		"SIGTERM":                            {Counts{jobs.NotRun: 1}, Ends{Terminated: true}, 143},
		"Ctrl-C, then SIGTERM":               {Counts{jobs.NotRun: 1}, Ends{Interrupted: true, Terminated: true}, 143},
		"a signal beats a guard":             {Counts{jobs.Failed: 1}, Ends{Interrupted: true, Broken: true}, 130},
		"credentials beat a signal":          {Counts{jobs.Failed: 1}, Ends{Credentials: true, Interrupted: true, Broken: true}, 77},
		"unknown beats everything":           {all, Ends{Credentials: true, Interrupted: true, Terminated: true, Broken: true}, 5},
		"an earlier run's unknown":           {Counts{jobs.OK: 1, jobs.Unknown: 2}, Ends{StillUnknown: 2}, 3},
		"an earlier one's and a new one":     {Counts{jobs.Unknown: 3}, Ends{StillUnknown: 2}, 5},
		"a guard beats an earlier one's":     {Counts{jobs.Unknown: 2}, Ends{StillUnknown: 2, Broken: true}, 1},
		"credentials beat an earlier one's":  {Counts{jobs.Unknown: 2}, Ends{StillUnknown: 2, Credentials: true}, 77},
		"an earlier one's beats drift":       {Counts{jobs.Unknown: 1, jobs.Drift: 1}, Ends{StillUnknown: 1}, 3},
		"nobody can tell":                    {Counts{jobs.Unknown: 2}, Ends{StillUnknown: 2, CannotTell: 2}, 0},
		"of one nobody can tell":             {Counts{jobs.Unknown: 2}, Ends{StillUnknown: 2, CannotTell: 1}, 3},
		"not run, and nobody ended the run":  {Counts{jobs.OK: 1, jobs.NotRun: 1}, Ends{}, 1},
		"time was up":                        {Counts{jobs.OK: 1, jobs.NotRun: 9}, Ends{TimeUp: true}, 8},
		"a guard beats the time":             {Counts{jobs.NotRun: 9}, Ends{TimeUp: true, Broken: true}, 1},
		"the time beats failed rows":         {Counts{jobs.Failed: 1, jobs.NotRun: 9}, Ends{TimeUp: true}, 8},
		"planned, and asked for":             {Counts{jobs.OK: 1, jobs.Planned: 1}, Ends{Detailed: true}, 7},
		"drift beats planned":                {Counts{jobs.Drift: 1, jobs.Planned: 1}, Ends{Detailed: true}, 6},
		"nothing planned, and asked for":     {Counts{jobs.OK: 1}, Ends{Detailed: true}, 0},
		"counts that are there but are zero": {Counts{jobs.Unknown: 0, jobs.Failed: 0}, Ends{}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, ExitCode(test.counts, test.ends))
		})
	}
}

func TestExitMeaning(t *testing.T) {
	for _, code := range []int{0, 1, 3, 4, 5, 6, 7, 8, 64, 75, 77, 130, 143} {
		require.NotEmpty(t, ExitMeaning(code), code)
	}
	require.Empty(t, ExitMeaning(2))
}
