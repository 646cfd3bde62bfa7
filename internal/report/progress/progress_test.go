package progress

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
	"bulk/internal/report"
)

var underWay = Snapshot{
	Total: 10000, Done: 4200, Elapsed: 7 * time.Minute, Left: 9*time.Minute + 40*time.Second,
	Outcomes: report.Counts{jobs.OK: 4109, jobs.Skipped: 12, jobs.Failed: 78, jobs.Unknown: 1},
	Upstreams: []Upstream{
		{Name: jobs.M2M, Rate: 9.83, Limit: 10, InFlight: 7},
		{Name: jobs.Betatel, Rate: 4.2, Limit: 20, InFlight: 2},
	},
}

// with gives the snapshot of a run in some trouble.
func with(change func(*Snapshot)) Snapshot {
	s := underWay
	s.Upstreams = append([]Upstream{}, underWay.Upstreams...)
	change(&s)
	return s
}

// drawn is the bar's line on a terminal after a run went from its first rows to
// a snapshot, at ten rows a second.
func drawn(t *testing.T, s Snapshot, columns int) (line string) {
	synctest.Test(t, func(t *testing.T) {
		out := newTerminal(columns)
		progress := New(Bar, NewScreen(out, out.width), nil)
		begun := time.Now()
		progress.Start(func() Snapshot {
			now := s
			now.Done = min(s.Done, s.Done-200+int(time.Since(begun)/(100*time.Millisecond)))
			return now
		})
		time.Sleep(20*time.Second + redraw/2)
		lines := out.text()
		require.Len(t, lines, 1)
		line = lines[0]
		progress.Stop()
		require.Equal(t, []string{""}, out.text(), "taken away")
	})
	return line
}

func TestBarLine(t *testing.T) {
	held := with(func(s *Snapshot) { s.Upstreams[0].Trouble, s.Upstreams[0].Detail = Down, "next try in 3s" })
	fine := with(func(s *Snapshot) { s.Outcomes = report.Counts{jobs.OK: 4200} })
	for _, c := range []struct {
		name    string
		s       Snapshot
		columns int
		want    string
	}{
		{"a narrow window", underWay, 50, "1 unknown, 78 failed   3% [...] (200/6000, 10.."},
		{"a narrow window, all well", fine, 50, "   3% [.................] (200/6000, 10 rows/s)"},
		{"a narrow window, down", held, 50, "1 unknown, 78 failed  m2m down, next try in 3.."},
		{"all well", fine, 80, "4,200 ok   3% [...........................] (200/6000, 10 rows/s) [20s:9m40s]"},
		{"80 columns", underWay, 80, "1 unknown, 78 failed   3% [...............] (200/6000, 10 rows/s) [20s:9m40s]"},
		{"down", held, 80, "1 unknown, 78 failed  m2m down, next try in 3s   3% [...] (200/6000, 10 row.."},
		{"stopping", with(func(s *Snapshot) { s.Stopping = true }), 80,
			"1 unknown, 78 failed  stopping, 9 in flight   3% [....] (200/6000, 10 rows/s)"},
		{"throttled", with(func(s *Snapshot) { s.Upstreams[1].Trouble, s.Upstreams[1].Detail = Throttled, "4.2/s" }), 100,
			"1 unknown, 78 failed  betatel throttled, 4.2/s   3% [.........] (200/6000, 10 rows/s) [20s:9m40s]"},
		{"a wide window", underWay, 160,
			"1 unknown, 78 failed  4,109 ok, 12 skipped   3% [>.......................................] (200/6000, 10 rows/s) [20s:9m40s]"},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, drawn(t, c.s, c.columns)) })
	}
}

// While the words of the line grow, its end is not cut off: the bar itself gives way.
func TestBarGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTerminal(80)
		progress := New(Bar, NewScreen(out, out.width), nil)
		begun := time.Now()
		progress.Start(func() Snapshot {
			done := int(time.Since(begun) / (5 * time.Millisecond))
			return Snapshot{Total: 9000, Done: done, Outcomes: report.Counts{jobs.OK: done - done/40, jobs.Rejected: done / 40}}
		})
		time.Sleep(redraw / 2)
		for range 150 {
			time.Sleep(redraw)
			require.False(t, strings.HasSuffix(out.text()[0], ".."), out.text()[0])
		}
		progress.Stop()
	})
}

func TestBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTerminal(80)
		screen := NewScreen(out, out.width)
		progress := New(Bar, screen, nil)
		var done atomic.Int64
		progress.Start(func() Snapshot { return Snapshot{Total: 100, Done: int(done.Load())} })
		require.Len(t, out.text(), 1)
		require.Contains(t, out.text()[0], "0% [", "drawn at once")

		done.Store(50)
		time.Sleep(redraw + 1)
		require.Contains(t, out.text()[0], " 50% [=")

		fmt.Fprintln(screen, "a short line")
		require.Equal(t, "a short line", out.text()[0])
		require.Contains(t, out.text()[1], " 50% [=")
		fmt.Fprint(screen, "two parts")
		done.Store(75)
		time.Sleep(redraw + 1)
		require.Equal(t, []string{"a short line", "two parts"}, out.text(), "the bar waits for the line's end")
		fmt.Fprint(screen, " of a line\nand another\n")
		time.Sleep(redraw + 1)
		require.Equal(t, []string{"a short line", "two parts of a line", "and another"}, out.text()[:3])
		require.Contains(t, out.text()[3], " 75% [=")

		done.Store(100)
		time.Sleep(redraw + 1)
		require.Contains(t, out.text()[3], "100% [=")
		progress.Stop()
		require.Equal(t, []string{"a short line", "two parts of a line", "and another", ""}, out.text(), "taken away")
		progress.Stop()
		fmt.Fprintln(screen, "after")
		require.Equal(t, "after", out.text()[3])
	})
}

// Before the first row there is no rate, and beside it no rate of nothing.
func TestBarBeforeTheFirstRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTerminal(100)
		progress := New(Bar, NewScreen(out, out.width), nil)
		var done atomic.Int64
		progress.Start(func() Snapshot { return Snapshot{Total: 100, Done: int(done.Load())} })
		defer progress.Stop()
		require.Contains(t, out.text()[0], "(0/100)")
		time.Sleep(20*time.Second + redraw/2)
		require.Contains(t, out.text()[0], "(0/100)")
		done.Store(10)
		time.Sleep(redraw)
		require.Regexp(t, `\(10/100, 30 rows/min\)`, out.text()[0])
	})
}

// A run that stalls has no time left to tell, and what it was before is not
// counted as done now.
func TestBarOfARunThatStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newTerminal(100)
		progress := New(Bar, NewScreen(out, out.width), nil)
		begun := time.Now()
		progress.Start(func() Snapshot {
			return Snapshot{Total: 1100, Done: 1000 + min(50, int(time.Since(begun)/time.Second))}
		})
		defer progress.Stop()
		time.Sleep(30*time.Second + redraw)
		require.Contains(t, out.text()[0], "(30/100, ")
		require.Contains(t, out.text()[0], ":1m1")
		time.Sleep(30 * time.Second)
		require.Contains(t, out.text()[0], "(50/100, ")
		require.NotContains(t, out.text()[0], ":", "no time left that is a guess")
	})
}

func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		began := time.Now()
		log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey && len(groups) == 0 {
				return slog.String("t", time.Since(began).String())
			}
			return a
		}}))
		var mu sync.Mutex
		now := with(func(s *Snapshot) { s.Done, s.Outcomes, s.Left = 0, nil, 0 })
		set := func(s Snapshot) { mu.Lock(); now = s; mu.Unlock() }
		progress := New(Log, nil, log)
		progress.Start(func() Snapshot { mu.Lock(); defer mu.Unlock(); return now })

		time.Sleep(4500 * time.Millisecond)
		set(with(func(s *Snapshot) {
			s.Upstreams[0].Trouble, s.Upstreams[0].Detail = Throttled, "4.2/s"
		}))
		time.Sleep(2 * time.Second)
		set(with(func(s *Snapshot) {
			s.Upstreams[0].Trouble, s.Upstreams[0].Detail = Down, "next try in 1s"
		}))
		time.Sleep(5 * time.Second)
		set(underWay)
		time.Sleep(2 * time.Second)
		set(with(func(s *Snapshot) { s.Stopping = true }))
		time.Sleep(2 * time.Second)
		progress.Stop()
		progress.Stop()
		time.Sleep(time.Minute)

		const state = "done=4200 total=10000 ok=4109 skipped=12 failed=78 unknown=1 elapsed=7m00s"
		const betatel = "betatel.rate=4.2 betatel.limit=20 betatel.in_flight=2"
		require.Equal(t, []string{
			`t=0s level=INFO msg=started rows=10000`,
			`t=5s level=WARN msg="throttled: the upstream asked for fewer requests" upstream=m2m now=4.2/s`,
			`t=10s level=INFO msg=progress ` + state + ` left=9m40s m2m.rate=9.8 m2m.limit=10 m2m.in_flight=7 m2m.state="down, next try in 1s" ` + betatel,
			`t=12s level=INFO msg="throttled no more" upstream=m2m`,
			`t=15.5s level=INFO msg=ended ` + state,
			``,
		}, strings.Split(out.String(), "\n"))
	})
}

func TestProgressStopsWithoutAStart(t *testing.T) {
	for _, kind := range []Kind{Bar, Log, Quiet} {
		out := newTerminal(80)
		progress := New(kind, NewScreen(out, out.width), slog.New(slog.NewTextHandler(out, nil)))
		progress.Stop()
		require.Equal(t, []string{""}, out.text())
	}
	none := New(Quiet, nil, nil)
	none.Start(func() Snapshot { panic("nobody looks") })
	none.Stop()
}

func TestChoose(t *testing.T) {
	tests := map[string]struct {
		asked    string
		terminal bool
		want     Kind
	}{
		"auto on a terminal": {"auto", true, Bar},
		"auto elsewhere":     {"auto", false, Log},
		"a bar elsewhere":    {"bar", false, Bar},
		"a log on one":       {"log", true, Log},
		"none":               {"none", true, Quiet},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			kind, err := Choose(test.asked, test.terminal)
			require.NoError(t, err)
			require.Equal(t, test.want, kind)
		})
	}
	_, err := Choose("loud", true)
	require.EqualError(t, err, `progress "loud" is not one of auto, bar, log, none`)
}
