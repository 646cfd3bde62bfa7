// Package timeline keeps, in little memory, how a run's requests went over
// time: how many, how many of them throttled or failed, and how long the
// answers took. It leaves the drawing to the reports.
package timeline

import (
	"slices"
	"sync"
	"time"

	"bulk/internal/jobs"
)

// slots is how many stretches of time are kept for an upstream. When a run
// outgrows them each becomes twice as long: 10 minutes at a second, 20 at two.
// It bounds the memory to about half a MiB for an upstream.
const slots = 600

// Timeline collects requests as they are answered. It is safe for many
// goroutines. A nil Timeline collects nothing.
type Timeline struct {
	start time.Time

	mu        sync.Mutex
	width     time.Duration // of a slot
	last      int           // the latest slot with a request; -1: none
	upstreams []*upstream
}

// upstream is what was collected of one; slots without a request are nil.
type upstream struct {
	name  jobs.Upstream
	slots [slots]*slot
}

// slot is a stretch of time.
type slot struct {
	requests, throttled, failed int
	sum, longest                time.Duration
	latencies                   histogram
}

// New begins a timeline. Requests from before the start count as made at it.
func New(start time.Time) *Timeline {
	return &Timeline{start: start, width: time.Second, last: -1}
}

// Observe takes in one attempt at a request: when it ended, how long it took,
// whether the upstream refused it for the rate, and whether it failed on the
// way otherwise (no connection, time-out, unreadable answer). It takes some
// 100 ns.
func (t *Timeline) Observe(name jobs.Upstream, at time.Time, latency time.Duration, throttled, failed bool) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	index := t.index(at)
	u := t.upstream(name)
	s := u.slots[index]
	if s == nil {
		s = &slot{}
		u.slots[index] = s
	}
	s.requests++
	if throttled {
		s.throttled++
	} else if failed {
		s.failed++
	}
	latency = max(latency, 0)
	s.sum += latency
	s.longest = max(s.longest, latency)
	s.latencies[place(latency)]++
}

// index finds the slot of a time, and makes room for it.
func (t *Timeline) index(at time.Time) int {
	since := max(at.Sub(t.start), 0)
	for since >= t.width*slots {
		t.merge()
	}
	index := int(since / t.width)
	t.last = max(t.last, index)
	return index
}

func (t *Timeline) upstream(name jobs.Upstream) *upstream {
	for _, u := range t.upstreams {
		if u.name == name {
			return u
		}
	}
	u := &upstream{name: name}
	t.upstreams = append(t.upstreams, u)
	return u
}

// merge makes every slot twice as long.
func (t *Timeline) merge() {
	for _, u := range t.upstreams {
		var merged [slots]*slot
		for i, s := range u.slots {
			merged[i/2] = join(merged[i/2], s)
		}
		u.slots = merged
	}
	t.width *= 2
	t.last /= 2
}

// join adds what b holds to a.
func join(a, b *slot) *slot {
	switch {
	case b == nil:
		return a
	case a == nil:
		return b
	}
	a.requests += b.requests
	a.throttled += b.throttled
	a.failed += b.failed
	a.sum += b.sum
	a.longest = max(a.longest, b.longest)
	for i, n := range b.latencies {
		a.latencies[i] += n
	}
	return a
}

// Series gives what was collected, for each upstream that was asked, in at
// most so many points (at least one). All series have the same times.
func (t *Timeline) Series(points int) []Series {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last < 0 {
		return nil
	}
	step := t.last/max(points, 1) + 1 // slots to a point
	var all []Series
	for _, u := range t.upstreams {
		all = append(all, u.series(t.start, t.width, step, t.last+1))
	}
	slices.SortStableFunc(all, func(a, b Series) int {
		return slices.Index(jobs.Upstreams, a.Upstream) - slices.Index(jobs.Upstreams, b.Upstream)
	})
	return all
}

func (u *upstream) series(start time.Time, width time.Duration, step, used int) Series {
	s := Series{Upstream: u.name, Start: start, Width: width * time.Duration(step)}
	whole := &slot{}
	for from := 0; from < used; from += step {
		stretch := &slot{}
		for _, part := range u.slots[from:min(from+step, used)] {
			join(stretch, part)
		}
		join(whole, stretch)
		s.Points = append(s.Points, stretch.point())
	}
	s.Whole = whole.point()
	return s
}

func (s *slot) point() Point {
	p := Point{Requests: s.requests, Throttled: s.throttled, Failed: s.failed, Sum: s.sum, Max: s.longest}
	p.P50 = min(s.latencies.quantile(0.50, s.requests), s.longest)
	p.P90 = min(s.latencies.quantile(0.90, s.requests), s.longest)
	p.P99 = min(s.latencies.quantile(0.99, s.requests), s.longest)
	return p
}
