package sandbox

import (
	"net/http"
	"time"

	"bulk/internal/jobs"
)

// unknownOperation is how a request for what an API lacks is counted.
const unknownOperation = "unknown"

const (
	plain manner = iota
	otherID
	noID
	otherSpelling
)

// serve takes a request through everything that the package's comment lists.
func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, x exchange) {
	c := x.call()
	t := s.arrive(c)
	status := 0
	defer func() { s.leave(c, status) }()
	switch t.outage {
	case OutageReset:
		status = reset(s, w, r, answer{})
		return
	case Outage503:
		status = whole(s, w, r, x.bare(http.StatusServiceUnavailable))
		return
	}
	if t.gate != nil && !s.waitAtGate(r.Context(), t.gate) {
		panic(http.ErrAbortHandler)
	}
	a := s.answer(x, c, t)
	if !s.wait(r.Context(), t.latency) {
		panic(http.ErrAbortHandler)
	}
	send := a.send
	if send == nil {
		send = whole
	}
	status = send(s, w, r, a)
}

func (s *Sandbox) answer(x exchange, c call, t ticket) answer {
	switch {
	case t.refused != "":
		e := effects[t.refused]
		if e.m2mOnly && c.upstream != jobs.M2M {
			return x.bare(http.StatusTooManyRequests)
		}
		return e.change(x, answer{})
	case !c.trusted:
		s.countRejected(c)
		return x.refuse(s.config.BadCredentials.status(c.upstream), "authentication failed")
	}
	e, ok := s.pickFault(c)
	if !ok {
		return x.perform(plain)
	}
	var a answer
	if e.done {
		a = x.perform(e.manner)
	}
	if e.change != nil {
		a = e.change(x, a)
	}
	return a
}

func (r Refusal) status(u jobs.Upstream) int {
	switch {
	case r == RefuseWith403:
		return http.StatusForbidden
	case r == RefuseWith200 && u == jobs.M2M:
		return http.StatusOK
	default:
		return http.StatusUnauthorized
	}
}

// ticket is what was decided about a request when it arrived.
type ticket struct {
	outage  Outage
	gate    *gate
	latency time.Duration
	refused Kind // for the rate limit; empty: it is not
}

func (s *Sandbox) arrive(c call) ticket {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Since(s.started)
	u := s.upstreams[c.upstream]
	u.Requests++
	u.Operations[c.operation]++
	u.InFlight++
	u.MaxInFlight = max(u.MaxInFlight, u.InFlight)
	u.peak.add(now)
	t := ticket{outage: u.outage, latency: s.latency.draw(s.rng)}
	if t.outage != NoOutage {
		return t
	}
	if !u.limit.allow(now) {
		u.RefusedForRate++
		t.refused = u.rateStyle
	}
	if s.gate != nil && s.gate.scope.holds(c) {
		t.gate = s.gate
	}
	return t
}

func (s *Sandbox) leave(c call, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.upstreams[c.upstream]
	u.InFlight--
	u.Statuses[status]++
}

func (s *Sandbox) countRejected(c call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upstreams[c.upstream].RejectedCredentials++
}

// pickFault finds the fault that hits the request: the SIM's own come first. A
// fault that another one forestalls has not matched, and is not used up.
func (s *Sandbox) pickFault(c call) (effect, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind := s.ownFault(c)
	for i := 0; kind == "" && i < len(s.faults); i++ {
		f := &s.faults[i]
		if !f.matches(c) {
			continue
		}
		if f.hits(f.seen, s.rng) {
			kind = f.Kind
		}
		f.seen++
	}
	if kind == "" {
		return effect{}, false
	}
	s.upstreams[c.upstream].Faults[kind]++
	return effects[kind], true
}

// ownFault is the kind of the SIM's own fault that hits the request; empty: none.
func (s *Sandbox) ownFault(c call) Kind {
	sm, ok := s.find(c.iccid)
	if !ok {
		return ""
	}
	for i, f := range s.fleet.faults[s.fleet.sims[sm].faults] {
		if !f.matches(c) {
			continue
		}
		own := ownFault{sm, i}
		seen := s.ownSeen[own]
		s.ownSeen[own]++
		if f.hits(seen, s.rng) {
			return f.Kind
		}
	}
	return ""
}
