package report

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
)

func eighty() int { return 80 }

func TestBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &terminal{}
		screen := NewScreen(out, eighty)
		progress := NewProgress(KindBar, screen, nil)
		var done atomic.Int64
		progress.Start(func() Snapshot { return Snapshot{Total: 100, Done: int(done.Load())} })
		require.Equal(t, []string{"  0% [........................................]  0/100"}, out.text(), "drawn at once")

		done.Store(50)
		time.Sleep(redraw + 1)
		require.Equal(t, []string{" 50% [===================>....................]  50/100"}, out.text())

		before := out.wrote
		time.Sleep(time.Minute)
		require.Equal(t, before, out.wrote, "nothing new, nothing written")

		fmt.Fprintln(screen, "a short line")
		require.Equal(t, []string{"a short line", " 50% [===================>....................]  50/100"}, out.text())
		fmt.Fprint(screen, "two parts")
		done.Store(75)
		time.Sleep(redraw + 1)
		require.Equal(t, []string{"a short line", "two parts"}, out.text(), "the bar waits for the line's end")
		fmt.Fprint(screen, " of a line\nand another\n")
		time.Sleep(redraw + 1)
		require.Equal(t, []string{"a short line", "two parts of a line", "and another",
			" 75% [=============================>..........]  75/100"}, out.text())

		progress.Stop()
		require.Equal(t, []string{"a short line", "two parts of a line", "and another", ""}, out.text(), "taken away")
		progress.Stop()
		fmt.Fprintln(screen, "after")
		require.Equal(t, "after", out.text()[3])
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
		progress := NewProgress(KindLog, nil, log)
		progress.Start(func() Snapshot { mu.Lock(); defer mu.Unlock(); return now })

		time.Sleep(4500 * time.Millisecond)
		set(with(func(s *Snapshot) {
			s.Upstreams[0].State, s.Upstreams[0].Detail = "held: upstream down", "next probe in 3s"
		}))
		time.Sleep(2 * time.Second)
		set(with(func(s *Snapshot) {
			s.Upstreams[0].State, s.Upstreams[0].Detail = "held: upstream down", "next probe in 1s"
		}))
		time.Sleep(5 * time.Second)
		set(underWay)
		time.Sleep(2 * time.Second)
		set(with(func(s *Snapshot) { s.Draining = true }))
		time.Sleep(2 * time.Second)
		progress.Stop()
		progress.Stop()
		time.Sleep(time.Minute)

		const state = "done=4200 total=10000 ok=4109 skipped=12 failed=78 unknown=1 elapsed=7m00s left=9m40s "
		const betatel = "betatel.rate=4.2 betatel.allowed=20 betatel.in_flight=2"
		require.Equal(t, []string{
			`t=0s level=INFO msg=started rows=10000`,
			`t=5s level=WARN msg="upstream held: upstream down" upstream=m2m detail="next probe in 3s"`,
			`t=10s level=INFO msg=progress ` + state + `m2m.rate=9.8 m2m.allowed=10 m2m.in_flight=7 m2m.state="held: upstream down, next probe in 1s" ` + betatel,
			`t=12s level=INFO msg="upstream well again" upstream=m2m was="held: upstream down"`,
			`t=14s level=WARN msg="stopping: no new rows; those in flight finish" done=4200 total=10000`,
			`t=15.5s level=INFO msg=ended ` + state + `m2m.rate=9.8 m2m.allowed=10 m2m.in_flight=7 ` + betatel,
			``,
		}, strings.Split(out.String(), "\n"))
	})
}

func TestProgressStopsWithoutAStart(t *testing.T) {
	for _, kind := range []Kind{KindBar, KindLog, KindNone} {
		out := &terminal{}
		progress := NewProgress(kind, NewScreen(out, eighty), slog.New(slog.NewTextHandler(out, nil)))
		progress.Stop()
		require.Empty(t, out.text())
	}
	none := NewProgress(KindNone, nil, nil)
	none.Start(func() Snapshot { panic("nobody looks") })
	none.Stop()
}

func TestChooseKind(t *testing.T) {
	tests := map[string]struct {
		asked    string
		terminal bool
		want     Kind
	}{
		"auto on a terminal": {"auto", true, KindBar},
		"auto elsewhere":     {"auto", false, KindLog},
		"a bar elsewhere":    {"bar", false, KindBar},
		"a log on one":       {"log", true, KindLog},
		"none":               {"none", true, KindNone},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			kind, err := ChooseKind(test.asked, test.terminal)
			require.NoError(t, err)
			require.Equal(t, test.want, kind)
		})
	}
	_, err := ChooseKind("loud", true)
	require.EqualError(t, err, `progress "loud" is not one of auto, bar, log, none`)
}
