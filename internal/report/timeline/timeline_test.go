package timeline

import (
	"bytes"
	"compress/gzip"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"bulk/internal/jobs"
)

var start = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)

func TestSeries(t *testing.T) {
	line := New(start)
	line.Observe(jobs.Betatel, start.Add(2500*time.Millisecond), 90*time.Millisecond, false, true)
	line.Observe(jobs.M2M, start.Add(-time.Second), 40*time.Millisecond, false, false)
	line.Observe(jobs.M2M, start.Add(900*time.Millisecond), 60*time.Millisecond, true, false)
	line.Observe(jobs.M2M, start.Add(3*time.Second), 50*time.Millisecond, false, false)

	all := line.Series(300)
	require.Len(t, all, 2)
	m2m, betatel := all[0], all[1]
	require.Equal(t, jobs.M2M, m2m.Upstream, "in the usual order, whoever was asked first")
	require.Equal(t, time.Second, m2m.Width)
	require.Equal(t, start, m2m.Start)
	require.Equal(t, []int{2, 0, 0, 1}, requests(m2m), "early ones count as made at the start")
	require.Equal(t, []int{0, 0, 1, 0}, requests(betatel), "as long as the other")
	require.Equal(t, 1, m2m.Points[0].Throttled)
	require.Equal(t, 60*time.Millisecond, m2m.Points[0].Max)
	require.Equal(t, 1, betatel.Points[2].Failed)
	require.Equal(t, 3, m2m.Whole.Requests)
	require.Equal(t, 150*time.Millisecond, m2m.Whole.Sum)
	require.Equal(t, 60*time.Millisecond, m2m.Whole.Max)

	require.Equal(t, []int{2, 1}, requests(line.Series(2)[0]))
	require.Equal(t, []int{3}, requests(line.Series(1)[0]))
	require.Equal(t, []int{3}, requests(line.Series(0)[0]))
}

func requests(s Series) []int {
	var counts []int
	for _, p := range s.Points {
		counts = append(counts, p.Requests)
	}
	return counts
}

func TestNothing(t *testing.T) {
	require.Empty(t, New(start).Series(300))
	var none *Timeline
	none.Observe(jobs.M2M, start, time.Second, false, false)
	require.Empty(t, none.Series(300))
}

// However long a run, its memory is bounded and nothing is lost.
func TestLongRuns(t *testing.T) {
	for name, length := range map[string]time.Duration{
		"ten minutes": 10*time.Minute - time.Second, "just over": 10 * time.Minute, "an hour": time.Hour, "a week": 7 * 24 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			line := New(start)
			const n = 5000
			for i := range n {
				at := start.Add(length * time.Duration(i) / (n - 1))
				line.Observe(jobs.M2M, at, time.Duration(i)*time.Microsecond, i%10 == 0, i%10 == 1)
			}
			s := line.Series(300)[0]
			require.LessOrEqual(t, len(s.Points), 300)
			require.Greater(t, len(s.Points), 149, "and as fine as it can be")
			require.GreaterOrEqual(t, s.Width*time.Duration(len(s.Points)), length)
			total := 0
			for _, p := range s.Points {
				total += p.Requests
			}
			require.Equal(t, n, total)
			require.Equal(t, Point{Requests: n, Throttled: n / 10, Failed: n / 10, P50: s.Whole.P50, P90: s.Whole.P90, P99: s.Whole.P99,
				Max: (n - 1) * time.Microsecond, Sum: n * (n - 1) / 2 * time.Microsecond}, s.Whole)
		})
	}
	line := New(start)
	line.Observe(jobs.M2M, start.Add(1<<62), time.Second, false, false)
	require.LessOrEqual(t, len(line.Series(300)[0].Points), 300, "a clock that jumped")
}

func TestPercentiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() time.Duration{
		"even":   func() time.Duration { return time.Duration(random.Int64N(int64(time.Second))) },
		"skewed": func() time.Duration { return time.Duration(random.ExpFloat64() * float64(80*time.Millisecond)) },
		"tiny": func() time.Duration {
			return 200*time.Microsecond + time.Duration(random.Int64N(int64(time.Millisecond)))
		},
		"minutes": func() time.Duration { return time.Duration(random.Int64N(int64(5 * time.Minute))) },
	} {
		t.Run(name, func(t *testing.T) {
			line := New(start)
			var all []time.Duration
			for range 20_000 {
				latency := draw()
				all = append(all, latency)
				line.Observe(jobs.M2M, start, latency, false, false)
			}
			slices.Sort(all)
			whole := line.Series(1)[0].Whole
			for _, check := range []struct {
				share float64
				got   time.Duration
			}{{0.5, whole.P50}, {0.9, whole.P90}, {0.99, whole.P99}} {
				require.InEpsilon(t, all[int(check.share*20_000)], check.got, 0.06, check.share)
			}
			require.Equal(t, all[len(all)-1], whole.Max)
		})
	}
}

func TestPlaces(t *testing.T) {
	for i := range places {
		require.Equal(t, i, place(begins(i)), i)
		require.Equal(t, i, place(begins(i+1)-1), i)
		require.LessOrEqual(t, begins(i+1)-begins(i), max(unit, begins(i)/8), i)
	}
	require.Equal(t, places-1, place(1<<62))
	require.Equal(t, 0, place(0))
}

func FuzzObserve(f *testing.F) {
	f.Add(int64(0), int64(time.Second), int64(1<<62), int64(-5))
	f.Add(int64(time.Hour), int64(time.Minute), int64(time.Second), int64(1<<50))
	f.Fuzz(func(t *testing.T, at, latency, at2, latency2 int64) {
		line := New(start)
		line.Observe(jobs.M2M, start.Add(time.Duration(at)), time.Duration(latency), false, false)
		line.Observe(jobs.M2M, start.Add(time.Duration(at2)), time.Duration(latency2), true, true)
		s := line.Series(300)[0]
		require.LessOrEqual(t, len(s.Points), 300)
		require.Equal(t, 2, s.Whole.Requests)
		require.LessOrEqual(t, s.Whole.P50, s.Whole.P99)
		require.LessOrEqual(t, s.Whole.P99, s.Whole.Max)
	})
}

func TestByMany(t *testing.T) {
	line := New(start)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 1000 {
				line.Observe(jobs.Upstreams[i%2], start.Add(time.Duration(j)*time.Second), time.Millisecond, false, false)
			}
			line.Series(10)
		})
	}
	all.Wait()
	for _, s := range line.Series(300) {
		require.Equal(t, 4000, s.Whole.Requests)
	}
}

func BenchmarkObserve(b *testing.B) {
	line := New(start)
	at := start
	b.ReportAllocs()
	for b.Loop() {
		at = at.Add(100 * time.Microsecond)
		line.Observe(jobs.Betatel, at, 80*time.Millisecond, false, false)
	}
}

func BenchmarkObserveByMany(b *testing.B) {
	line := New(start)
	line.Observe(jobs.M2M, start, time.Millisecond, false, false)
	b.RunParallel(func(pb *testing.PB) {
		for at := start; pb.Next(); at = at.Add(time.Millisecond) {
			line.Observe(jobs.Betatel, at, 80*time.Millisecond, false, false)
		}
	})
}

// What several processes collected of a run, one after the other, is as if one had.
func TestKeptAndAdded(t *testing.T) {
	whole := New(start)
	var parts []*Timeline
	for i, begun := range []time.Duration{0, 3 * time.Second, 40 * time.Minute} {
		part := New(start.Add(begun))
		for n := range 50 {
			at, took := start.Add(begun+time.Duration(n*(i+1))*time.Second), time.Duration(n*n)*time.Millisecond
			for _, line := range []*Timeline{whole, part} {
				line.Observe(jobs.Upstreams[n%2], at, took, n%7 == 0, n%5 == 0)
			}
		}
		parts = append(parts, part)
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}} {
		var all [][]byte
		for _, i := range order {
			text, err := parts[i].Keep()
			require.NoError(t, err)
			all = append(all, text)
		}
		sum, err := Sum(all...)
		require.NoError(t, err)
		require.Equal(t, whole.Series(300), sum.Series(300))
	}

	none, err := New(start).Keep()
	require.NoError(t, err)
	require.Empty(t, none)
	sum, err := Sum(none)
	require.NoError(t, err)
	require.Nil(t, sum)
	_, err = Sum([]byte("x"))
	require.ErrorContains(t, err, "reading a timeline")
	var endless bytes.Buffer
	packed := gzip.NewWriter(&endless)
	_, err = packed.Write([]byte(`{}`))
	require.NoError(t, errors.Join(err, packed.Close()))
	_, err = Sum(endless.Bytes())
	require.ErrorContains(t, err, "slots of 0 seconds")
}
