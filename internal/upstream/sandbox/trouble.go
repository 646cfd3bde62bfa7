package sandbox

import (
	"context"
	"fmt"
	"slices"

	"bulk/internal/jobs"
)

// ParseOutage reads "none", "reset" or "503".
func ParseOutage(text string) (Outage, error) {
	switch o := Outage(text); o {
	case "none", NoOutage:
		return NoOutage, nil
	case OutageReset, Outage503:
		return o, nil
	}
	return NoOutage, fmt.Errorf("outage %q: want none, reset or 503", text)
}

// ParseRateStyle reads one of RateStyles.
func ParseRateStyle(text string) (Kind, error) {
	if k := Kind(text); slices.Contains(RateStyles(), k) {
		return k, nil
	}
	return "", fmt.Errorf("rate style %q: want one of %v", text, RateStyles())
}

// SetRateLimit changes the limit of an upstream ("": of each of them) to so many
// requests a second, 0 for none, and how requests over it are refused: one of
// RateStyles; anything else counts as 429, and throttle-200 does for betatel.
func (s *Sandbox) SetRateLimit(u jobs.Upstream, perSecond float64, style Kind) {
	if !slices.Contains(RateStyles(), style) {
		style = "429"
	}
	s.each(u, func(up *upstream) {
		up.limit, up.rateStyle = newLimiter(perSecond), style
	})
}

// SetOutage takes an upstream ("": both) down, or with NoOutage up again. What
// is answered already is not taken back; latency does not apply.
func (s *Sandbox) SetOutage(u jobs.Upstream, o Outage) {
	s.each(u, func(up *upstream) { up.outage = o })
}

func (s *Sandbox) each(u jobs.Upstream, change func(*upstream)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, up := range s.upstreams {
		if u == "" || u == name {
			change(up)
		}
	}
}

// SetLatency changes the latency of answers to requests that arrive from now on.
func (s *Sandbox) SetLatency(l Latency) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = l
}

// SetFaults puts these in the place of all earlier faults, except the SIMs' own,
// and counts their matches from the start.
func (s *Sandbox) SetFaults(faults []Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	for _, f := range faults {
		s.faults = append(s.faults, faultCount{Fault: f})
	}
}

// Hold keeps the requests of the scope that arrive from now on, before anything
// is done for them, until Release; Stats tells how many are held. One whose
// client leaves is dropped. An earlier gate is released.
func (s *Sandbox) Hold(scope Scope) {
	s.setGate(&gate{scope: scope, open: make(chan struct{})})
}

// Release lets go on what Hold keeps.
func (s *Sandbox) Release() { s.setGate(nil) }

func (s *Sandbox) setGate(g *gate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate != nil {
		close(s.gate.open)
	}
	s.gate = g
}

func (s *Sandbox) waitAtGate(ctx context.Context, g *gate) bool {
	s.addHeld(g, 1)
	defer s.addHeld(g, -1)
	select {
	case <-g.open:
		return true
	case <-ctx.Done():
		return false
	case <-s.closed:
		return false
	}
}

func (s *Sandbox) addHeld(g *gate, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.held += n
}
