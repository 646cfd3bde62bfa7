package report

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

var underWay = Snapshot{
	Total: 10000, Done: 4200, Elapsed: 7 * time.Minute, Left: 9*time.Minute + 40*time.Second,
	Outcomes: Counts{jobs.OK: 4109, jobs.Skipped: 12, jobs.Failed: 78, jobs.Unknown: 1},
	Upstreams: []UpstreamNow{
		{Name: jobs.M2M, Rate: 9.83, Allowed: 10, InFlight: 7},
		{Name: jobs.Betatel, Rate: 4.2, Allowed: 20, InFlight: 2},
	},
}

// with gives the snapshot of a run in some trouble.
func with(change func(*Snapshot)) Snapshot {
	s := underWay
	s.Upstreams = append([]UpstreamNow{}, underWay.Upstreams...)
	change(&s)
	return s
}

func TestBarLine(t *testing.T) {
	held := with(func(s *Snapshot) {
		s.Upstreams[0].State, s.Upstreams[0].Detail = "held: upstream down", "next probe in 3s"
	})
	tests := []struct {
		name  string
		s     Snapshot
		width int
		want  string
	}{
		{"40 columns", underWay, 40, " 42%  4,200/10,000  9m40s left"},
		{"60 columns", underWay, 60, " 42%  4,200/10,000  9m40s left  1 unknown, 78 failed"},
		{"80 columns", underWay, 80, " 42% [=========>..............]  4,200/10,000  9m40s left  1 unknown, 78 failed"},
		{"120 columns", underWay, 120, " 42% [=========>................]  4,200/10,000  9m40s left  1 unknown, 78 failed  m2m 9.8 of 10/s  betatel 4.2 of 20/s"},
		{"160 columns", underWay, 160, " 42% [===============>........................]  4,200/10,000  9m40s left  1 unknown, 78 failed  m2m 9.8 of 10/s  betatel 4.2 of 20/s  4,109 ok, 12 skipped"},
		{"held, 40 columns", held, 40, " 42%  4,200/10,000  m2m held: upstream.."},
		{"held, 80 columns", held, 80, " 42%  4,200/10,000  9m40s left  m2m held: upstream down, next probe in 3s"},
		{"stopping", with(func(s *Snapshot) { s.Draining = true }), 80,
			" 42% [====>........]  4,200/10,000  stopping, 9 in flight  1 unknown, 78 failed"},
		{"throttled", with(func(s *Snapshot) { s.Upstreams[1].State, s.Upstreams[1].Detail = "throttled", "4.2/s" }), 80,
			" 42%  4,200/10,000  9m40s left  betatel throttled, 4.2/s  1 unknown, 78 failed"},
		{"nothing done yet", Snapshot{Total: 500}, 80, "  0% [........................................]  0/500"},
		{"a millionth done", Snapshot{Total: 1000000, Done: 1}, 80, "  0% [........................................]  1/1,000,000"},
		{"all done", Snapshot{Total: 500, Done: 500}, 80, "100% [========================================]  500/500"},
		{"more than all", Snapshot{Total: 500, Done: 501}, 80, "100% [========================================]  501/500"},
		{"no rows", Snapshot{}, 80, "  0%  0/0"},
		{"no limit", Snapshot{Total: 1, Upstreams: []UpstreamNow{{Name: jobs.M2M, Rate: 1234.5}}}, 40, "  0% [..............]  0/1  m2m 1,235/s"},
		{"hardly a terminal", underWay, 10, " 42%  4,.."},
		{"no room at all", underWay, 0, ""},
		{"a state of many lines", with(func(s *Snapshot) { s.Upstreams[0].State = "held:\x1b[2J\nboo" }), 80,
			" 42%  4,200/10,000  9m40s left  m2m held: [2J boo  1 unknown, 78 failed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, barLine(test.s, test.width))
		})
	}
	for width := range 200 {
		for _, s := range []Snapshot{underWay, held, {Total: 5}} {
			require.LessOrEqual(t, utf8.RuneCountInString(barLine(s, width)), width)
		}
	}
}
