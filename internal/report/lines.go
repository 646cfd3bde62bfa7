package report

import (
	"log/slog"
	"sync"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/report/words"
)

// How often the lines look at the run, and how often one is written though
// nothing has changed.
const (
	lookEvery = time.Second
	lineEvery = 10 * time.Second
)

// lines is the progress in a log: a line at the start, at the end, when an
// upstream's state changes, and every ten seconds.
type lines struct {
	log *slog.Logger

	mu       sync.Mutex
	ticking  *ticking
	snapshot func() Snapshot
	// For the ticking goroutine, and for Stop after it has ended:
	looks    int
	draining bool
	states   map[jobs.Upstream]string
}

func (l *lines) Start(snapshot func() Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.snapshot = snapshot
	l.states = map[jobs.Upstream]string{}
	l.log.Info("started", slog.Int("rows", snapshot().Total))
	l.ticking = every(lookEvery, l.look)
}

func (l *lines) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ticking == nil {
		return
	}
	l.ticking.stop()
	l.ticking = nil
	l.line("ended", l.snapshot())
}

// look writes what has changed, or a line when its time has come.
func (l *lines) look() {
	s := l.snapshot()
	if s.Draining && !l.draining {
		l.log.Warn("stopping: no new rows; those in flight finish", slog.Int("done", s.Done), slog.Int("total", s.Total))
	}
	l.draining = s.Draining
	for _, u := range s.Upstreams {
		before := l.states[u.Name]
		if u.State == before {
			continue
		}
		l.states[u.Name] = u.State
		if u.State == "" {
			l.log.Info("upstream well again", slog.String("upstream", string(u.Name)), slog.String("was", before))
		} else {
			l.log.Warn("upstream "+words.Flat(u.State), slog.String("upstream", string(u.Name)), slog.String("detail", words.Flat(u.Detail)))
		}
	}
	if l.looks++; l.looks%int(lineEvery/lookEvery) == 0 {
		l.line("progress", s)
	}
}

// line writes the whole state on one line.
func (l *lines) line(message string, s Snapshot) {
	attrs := []any{slog.Int("done", s.Done), slog.Int("total", s.Total)}
	for _, outcome := range jobs.Outcomes {
		if n := s.Outcomes[outcome]; n != 0 {
			attrs = append(attrs, slog.Int(string(outcome), n))
		}
	}
	attrs = append(attrs, slog.String("elapsed", words.Span(s.Elapsed)))
	if s.Left > 0 {
		attrs = append(attrs, slog.String("left", words.Span(s.Left)))
	}
	for _, u := range s.Upstreams {
		upstream := []any{slog.String("rate", words.Pace(u.Rate))}
		if u.Allowed > 0 {
			upstream = append(upstream, slog.String("allowed", words.Pace(u.Allowed)))
		}
		upstream = append(upstream, slog.Int("in_flight", u.InFlight))
		if u.State != "" {
			upstream = append(upstream, slog.String("state", words.Flat(u.trouble())))
		}
		attrs = append(attrs, slog.Group(string(u.Name), upstream...))
	}
	l.log.Info(message, attrs...)
}
