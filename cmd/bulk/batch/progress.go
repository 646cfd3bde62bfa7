package batch

import (
	"fmt"
	"strings"
	"time"

	"bulk/cmd/bulk/console"
	"bulk/internal/jobs"
	"bulk/internal/jobs/runner"
	"bulk/internal/report/human"
	"bulk/internal/report/progress"
	"bulk/internal/upstream"
)

// showProgress shows how far the run is, until the returned function is called.
func (j *connected) showProgress(r *runner.Runner, sig *console.Listening) (stop func()) {
	kind, err := progress.Choose(j.s.Progress, j.u.Terminal() && !j.u.Dumb())
	if err != nil || j.survey.Selected == 0 || j.u.Quiet {
		return func() {}
	}
	screen := progress.NewScreen(j.p.Stderr, j.u.Width)
	back := j.u.Through(screen)
	shown := progress.New(kind, screen, j.u.Log)
	meter, bound := &rateMeter{}, &boundMeter{most: j.s.MaxInDoubt}
	begun := j.p.Now()
	shown.Start(func() progress.Snapshot {
		s := snapshot(r, j.up.lines, j.p.Now().Sub(begun))
		s.Stopping = sig.Last() != nil
		meter.measure(&s, requestsBy(j.up.lines), j.p.Now())
		bound.look(&s, r.BoundByDoubt(), j.p.Now())
		return s
	})
	return func() {
		shown.Stop()
		back()
	}
}

func snapshot(r *runner.Runner, lines map[jobs.Upstream]*upstream.Line, elapsed time.Duration) progress.Snapshot {
	done, total, tally := r.Progress()
	s := progress.Snapshot{Total: total, Done: done, Outcomes: tally, Elapsed: elapsed}
	for _, u := range jobs.Upstreams {
		if line, ok := lines[u]; ok {
			s.Upstreams = append(s.Upstreams, upstreamNow(u, line.Stats()))
		}
	}
	return s
}

func upstreamNow(u jobs.Upstream, stats upstream.Stats) progress.Upstream {
	now := progress.Upstream{Name: u, Limit: stats.Wanted, InFlight: stats.InFlight}
	switch {
	case stats.Held:
		now.Trouble, now.Detail = progress.Down, fmt.Sprintf("next try in %s", stats.NextProbe.Round(time.Second))
	case stats.Paused > 0:
		now.Trouble, now.Detail = progress.Throttled, fmt.Sprintf("pausing %s", stats.Paused.Round(time.Second))
	case stats.Slowed:
		now.Trouble, now.Detail = progress.Throttled, human.Rate(stats.Rate)+"/s"
	}
	return now
}

// holdsEvery is how often it is looked whether an upstream is down or back.
const holdsEvery = 200 * time.Millisecond

// tellHolds says when an upstream goes down and when it is back, until the
// returned function is called, however progress is shown.
func (j *connected) tellHolds() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	h := &holds{u: j.u, longest: j.s.MaxOutage}
	look := func() {
		for _, of := range countedFrom(j.up.lines, 0).Upstreams {
			h.look(of)
		}
	}
	go func() {
		defer close(done)
		tick := time.NewTicker(holdsEvery)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				look()
				return
			case <-tick.C:
				look()
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// holds says when an upstream goes down, why, and when it is back.
type holds struct {
	u       *console.UI
	longest time.Duration
	held    map[jobs.Upstream]time.Duration // how long it had been held in all before
}

func (h *holds) look(now countedOf) {
	if h.held == nil {
		h.held = map[jobs.Upstream]time.Duration{}
	}
	down := now.Trouble == progress.Down
	before, was := h.held[now.Name]
	switch {
	case down && !was:
		h.held[now.Name] = now.Held
		text := fmt.Sprintf("%s cannot be used now (%s); its rows wait for it", now.Name, strings.TrimSuffix(now.Why, "."))
		if h.longest > 0 {
			text += fmt.Sprintf(", up to --max-outage %s", h.longest)
		}
		h.u.Warn("%s", text)
	case !down && was:
		delete(h.held, now.Name)
		h.u.Say("%s is back after %s", now.Name, (now.Held - before).Round(time.Second))
	}
}

// rateMeter measures, from one snapshot to a later one, how fast things go.
type rateMeter struct {
	at       time.Time
	done     int
	begun    int
	requests map[jobs.Upstream]int
	rates    map[jobs.Upstream]float64
}

const meterSpan = 2 * time.Second

func requestsBy(lines map[jobs.Upstream]*upstream.Line) map[jobs.Upstream]int {
	requests := map[jobs.Upstream]int{}
	for u, line := range lines {
		requests[u] = line.Stats().Requests
	}
	return requests
}

// measure is told how many requests there were by now, in all.
func (m *rateMeter) measure(s *progress.Snapshot, requests map[jobs.Upstream]int, now time.Time) {
	if m.at.IsZero() {
		m.at, m.done, m.begun = now, s.Done, s.Done
		m.requests, m.rates = requests, map[jobs.Upstream]float64{}
	}
	if span := now.Sub(m.at); span >= meterSpan {
		for u, n := range requests {
			m.rates[u] = float64(n-m.requests[u]) / span.Seconds()
		}
		m.at, m.done, m.requests = now, s.Done, requests
	}
	for i := range s.Upstreams {
		s.Upstreams[i].Rate = m.rates[s.Upstreams[i].Name]
	}
	// The time left is told by the rows of this session alone: those of an
	// earlier one took no time now.
	if gone := s.Done - m.begun; gone >= 10 && s.Elapsed > 2*time.Second {
		s.Left = time.Duration(float64(s.Elapsed) / float64(gone) * float64(s.Total-s.Done))
	}
}
