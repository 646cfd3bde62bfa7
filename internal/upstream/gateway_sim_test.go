package upstream

import (
	"context"
	"sync"
	"time"

	"bulk/internal/jobs"
)

// sim is an upstream under fake time: it takes latency for each request and
// refuses what is above limit in any sliding second, or in each whole one.
type sim struct {
	mu       sync.Mutex
	latency  time.Duration
	limit    int // in a sliding second; 0: none
	whole    bool
	stray    func() bool // refuses one, limit or not; nil: none
	refusal  Attempt
	down     func(now time.Time) bool
	accepted []time.Time
	all      []time.Time
	refused  int
	inside   int
	most     int
}

func (s *sim) once(ctx context.Context) Attempt {
	s.mu.Lock()
	now := time.Now()
	s.all = append(s.all, now)
	s.inside++
	s.most = max(s.most, s.inside)
	latency, a := s.latency, s.decide(now)
	s.mu.Unlock()
	select {
	case <-time.After(latency):
	case <-ctx.Done():
		a = Attempt{Verdict: jobs.MaybeSent, Code: jobs.Interrupted}
	}
	s.mu.Lock()
	s.inside--
	s.mu.Unlock()
	return a
}

func (s *sim) decide(now time.Time) Attempt {
	if s.down != nil && s.down(now) {
		return Attempt{Verdict: jobs.SurelyNotSent, Code: jobs.Connection, Detail: "connection refused", Trouble: Down}
	}
	if s.stray != nil && s.stray() {
		s.refused++
		return s.refusal
	}
	if s.limit > 0 {
		recent := 0
		for i := len(s.accepted) - 1; i >= 0 && s.counts(s.accepted[i], now); i-- {
			recent++
		}
		if recent >= s.limit {
			s.refused++
			return s.refusal
		}
	}
	s.accepted = append(s.accepted, now)
	return Attempt{Verdict: jobs.Done, HTTPStatus: 200}
}

// counts reports whether one that was accepted still counts.
func (s *sim) counts(accepted, now time.Time) bool {
	if s.whole {
		return accepted.Unix() == now.Unix()
	}
	return now.Sub(accepted) < time.Second
}

// between counts the accepted requests of a span.
func (s *sim) between(from, to time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range s.accepted {
		if !t.Before(from) && t.Before(to) {
			n++
		}
	}
	return n
}

// densest is the most requests in any sliding second.
func densest(times []time.Time) int { return densestIn(times, time.Second) }

// densestIn is the most requests in any sliding span.
func densestIn(times []time.Time, span time.Duration) int {
	most, from := 0, 0
	for i, t := range times {
		for t.Sub(times[from]) >= span {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// drive sends rows through a line until ctx ends or n have been sent, as the
// runner does, and returns the answers that were not Done.
func drive(ctx context.Context, l *Line, s *sim, n int) (bad []jobs.Answer, done int) {
	var group sync.WaitGroup
	var mu sync.Mutex
	for i := 0; i < n && ctx.Err() == nil; i++ {
		turn, err := l.Reserve(ctx)
		if err != nil {
			break
		}
		group.Go(func() {
			defer turn.Release()
			a := l.Read(ctx, turn, jobs.ICCID(time.Duration(i).String()), s.once)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case a.Verdict == jobs.Done:
				done++
			case a.Code != jobs.Interrupted:
				bad = append(bad, a)
			}
		})
	}
	group.Wait()
	return bad, done
}

func (s *sim) mostInside() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}
