package batch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report/progress"
)

func TestBoundMeter(t *testing.T) {
	m := &boundMeter{most: 20}
	begin := time.Date(2026, 10, 1, 2, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		after   time.Duration
		bound   time.Duration    // in all, by then
		trouble progress.Trouble // of m2m before
		want    progress.Trouble
		detail  string
	}{
		{name: "at the start nothing is known"},
		{name: "rows wait, for a second", after: time.Second, bound: time.Second},
		{name: "for most of two", after: 2 * time.Second, bound: 1500 * time.Millisecond, want: progress.Waiting, detail: "--max-in-doubt 20"},
		{name: "what else is wrong goes first", after: 3 * time.Second, bound: 2500 * time.Millisecond, trouble: progress.Throttled, want: progress.Throttled},
		{name: "no more", after: 4 * time.Second, bound: 2500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := progress.Snapshot{Upstreams: []progress.Upstream{{Name: jobs.M2M, Trouble: c.trouble}, {Name: jobs.Betatel}}}
			m.look(&s, c.bound, begin.Add(c.after))
			require.Equal(t, c.want, s.Upstreams[0].Trouble)
			require.Equal(t, c.detail, s.Upstreams[0].Detail)
			require.Empty(t, s.Upstreams[1].Trouble, "betatel takes no commands")
		})
	}
}

func TestBoundNote(t *testing.T) {
	require.Empty(t, boundNote(20, 900*time.Millisecond, time.Second))
	require.Empty(t, boundNote(20, 5*time.Second, time.Minute))
	require.Equal(t, "for 50s of 1m00s answers set the speed, not the rate: never more than 20 commands may be unanswered or unknown together (--max-in-doubt 20)",
		boundNote(20, 50*time.Second, time.Minute))
}
