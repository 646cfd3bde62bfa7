package progress

import (
	"log/slog"
	"sync"
	"time"

	"bulk/internal/jobs"
	"bulk/internal/report/human"
)

// How often the lines look at the run, and how often one is written though
// nothing has changed.
const (
	lookEvery = time.Second
	lineEvery = 10 * time.Second
)

// lines is the progress in a log: a line at the start, at the end, when an
// upstream throttles, and every ten seconds.
type lines struct {
	log *slog.Logger

	mu       sync.Mutex
	ticking  *ticking
	snapshot func() Snapshot
	// For the ticking goroutine, and for Stop after it has ended:
	looks     int
	throttled map[jobs.Upstream]bool
}

func (l *lines) Start(snapshot func() Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.snapshot = snapshot
	l.throttled = map[jobs.Upstream]bool{}
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
	l.log.Info("ended", rows(l.snapshot())...)
}

// look writes what has changed, or a line when its time has come.
func (l *lines) look() {
	s := l.snapshot()
	for _, u := range s.Upstreams {
		name := slog.String("upstream", string(u.Name))
		switch now := u.Trouble == Throttled; {
		case now && !l.throttled[u.Name]:
			l.log.Warn("throttled: the upstream asked for fewer requests", name, slog.String("now", human.OneLine(u.Detail)))
		case !now && l.throttled[u.Name] && u.Trouble == None:
			l.log.Info("throttled no more", name)
		case u.Trouble == Down:
			continue
		}
		l.throttled[u.Name] = u.Trouble == Throttled
	}
	if l.looks++; l.looks%int(lineEvery/lookEvery) == 0 {
		l.log.Info("progress", append(rows(s), upstreams(s)...)...)
	}
}

// rows is how far the run is.
func rows(s Snapshot) []any {
	attrs := []any{slog.Int("done", s.Done), slog.Int("total", s.Total)}
	for _, outcome := range jobs.Outcomes {
		if n := s.Outcomes[outcome]; n != 0 {
			attrs = append(attrs, slog.Int(string(outcome), n))
		}
	}
	return append(attrs, slog.String("elapsed", human.Duration(s.Elapsed)))
}

// upstreams is how fast it goes on.
func upstreams(s Snapshot) (attrs []any) {
	if s.Left >= time.Second {
		attrs = append(attrs, slog.String("left", human.Duration(s.Left)))
	}
	if s.Waits != "" {
		attrs = append(attrs, slog.String("state", s.Waits))
	}
	for _, u := range s.Upstreams {
		upstream := []any{slog.String("rate", human.Rate(u.Rate))}
		if u.Limit > 0 {
			upstream = append(upstream, slog.String("limit", human.Rate(u.Limit)))
		}
		upstream = append(upstream, slog.Int("in_flight", u.InFlight))
		if u.Trouble != None {
			upstream = append(upstream, slog.String("state", human.OneLine(u.trouble())))
		}
		attrs = append(attrs, slog.Group(string(u.Name), upstream...))
	}
	return attrs
}
