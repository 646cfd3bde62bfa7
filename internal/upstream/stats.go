package upstream

import (
	"time"

	"bulk/internal/jobs"
)

// Stats is what a line did, for the person.
type Stats struct {
	Requests    int           // attempts sent
	Retries     int           // of them, those after a row's first
	Throttled   int           // refused for the rate
	InFlight    int           // unanswered now
	MostAtOnce  int           // most ever unanswered together
	Rate        float64       // what is allowed now, requests a second; 0: no limit
	Wanted      float64       // --rate; 0: no limit
	Slowed      bool          // the rate is below --rate
	MeanRate    float64       // requests a second between the first and the last
	Paused      time.Duration // how much longer a Retry-After lasts
	Held        bool          // the upstream is taken to be down
	HeldFor     time.Duration // in all, this hold included
	NextProbe   time.Duration // until the next try of an upstream that is down
	LastTrouble string        // what was wrong last, in words
	held        time.Duration
	first, last time.Time
}

func (s *Stats) sent(inside int, now time.Time) {
	if s.Requests == 0 {
		s.first = now
	}
	s.last = now
	s.Requests++
	s.MostAtOnce = max(s.MostAtOnce, inside)
}

func (s *Stats) answered(trouble Trouble, o seen) {
	switch trouble {
	case Throttling:
		s.Throttled++
		s.LastTrouble = o.Detail
	case Down:
		s.LastTrouble = o.Detail
	}
}

// Stats is what the line did so far and what it is doing.
func (l *Line) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, s, state := time.Now(), l.stats, &l.state
	s.InFlight, s.Wanted, s.Rate = state.inside, l.Settings.Rate, state.control.Rate(now)
	s.Slowed = state.control.Slowed(now)
	if span := s.last.Sub(s.first); span > 0 {
		s.MeanRate = float64(s.Requests-1) / span.Seconds()
	}
	s.Paused = max(0, state.pause.Sub(now))
	s.HeldFor = s.held
	if state.down() {
		s.Held, s.NextProbe = true, max(0, state.nextProbe.Sub(now))
		s.HeldFor += now.Sub(state.downSince)
	}
	return s
}

func (l *Line) retried() {
	l.mu.Lock()
	l.stats.Retries++
	l.mu.Unlock()
}

// Name names the line's upstream.
func (l *Line) Name() jobs.Upstream { return l.Settings.Upstream }
